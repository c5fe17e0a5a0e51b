"""Gathers what a rehearsal came to: from the trees it built, and from what the embedded AWS holds."""

from pathlib import Path
from typing import Any

import msgspec
from botocore.exceptions import BotoCoreError, ClientError

from lockage.config.schema import Project
from lockage.console import StepRecord
from lockage.errors import UsageError
from lockage.model.release import Release
from lockage.model.rollout import EnvironmentRecord
from lockage.rehearsal.perform import Performer
from lockage.rehearsal.story import environments
from lockage.rehearsal.tree import Tree
from lockage.report.summary import ArtifactLine, ReleaseLine


def artifacts(performer: Performer, project: Project) -> tuple[ArtifactLine, ...]:
    """Every artifact of every release, as far as they came."""
    lines = ((number, name, made) for number, made in performer.trees.items() for name in project.built)
    return tuple(line for number, name, made in lines if (line := _artifact(number, name, made)))


def releases(performer: Performer, project: Project) -> tuple[ReleaseLine, ...]:
    """Every release that was made, and what each environment's own record says of it."""
    records = [record for name in environments(project) if (record := _record(performer, project, name))]
    made = ((number, tree, tree.released()) for number, tree in performer.trees.items())
    return tuple(
        ReleaseLine(
            number=number,
            id=release.id,
            commit=tree.commit,
            passages=tuple(said for record in records if (said := _became(record, release))),
        )
        for number, tree, release in made
        if release
    )


def marks(performer: Performer) -> tuple[str, ...]:
    """Why nothing that was made may leave the rehearsal, each reason once."""
    found = (release.rehearsal_only for tree in performer.trees.values() if (release := tree.released()))
    return tuple(dict.fromkeys(reason for reasons in found for reason in reasons))


def failed_step(records: tuple[StepRecord, ...], error: str) -> str:
    """The step that ended the run: the last that failed so; others may have ended after it."""
    return next((one.name for one in reversed(records) if one.state == "failed" and one.reason == error), "")


def files(home: Path, performer: Performer, project: Project) -> tuple[tuple[str, str], ...]:
    """What this run leaves to read, below the project's folder; the log and the timings are written as it ends."""
    kept = {number: tree.kept for number, tree in performer.trees.items()}
    return (
        *(
            (
                f"{folder.relative_to(home)}/ARTIFACT/",
                f"release {number}: layout or archive, SBOMs, findings, verdict",
            )
            for number, folder in kept.items()
            if any((folder / name).is_dir() for name in project.built)
        ),
        ("dist/rehearsal/aws.log", "what the embedded AWS said"),
        ("dist/timings.json", "every step, its time, and why it was reused or skipped"),
    )


def _artifact(number: int, name: str, tree: Tree) -> ArtifactLine | None:
    made = tree.dist.find_artifact(name)
    if made is None:
        return None
    try:
        verdict = tree.dist.read_verdict(name)
    except UsageError:
        verdict = None
    return ArtifactLine(
        release=number,
        name=name,
        digest=made.digest,
        size=made.size,
        unpacked=made.unpacked,
        packages=verdict.packages if verdict else None,
        findings=verdict.counts if verdict else {},
        excepted=len(verdict.excepted) if verdict else 0,
        outcome=verdict.outcome if verdict else "not scanned",
    )


def _record(performer: Performer, project: Project, environment: str) -> EnvironmentRecord | None:
    registry = project.registry
    s3: Any = performer.operator(registry.account, registry.region).client("s3")
    try:
        body = s3.get_object(Bucket=registry.store, Key=f"environments/{environment}/current.json")["Body"].read()
    except (BotoCoreError, ClientError):
        return None  # nothing was rolled out there yet, or the embedded AWS is gone
    return msgspec.json.decode(body, type=EnvironmentRecord)


def _became(record: EnvironmentRecord, release: Release) -> str:
    states = [passage.state for passage in record.passages if passage.release == release.id]
    if not states:
        return ""
    return f"{record.environment}: {states[-1]}{', serving' * (record.release == release.id)}"
