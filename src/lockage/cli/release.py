"""``lockage release``: one manifest of what was pushed."""

from collections.abc import Mapping
from pathlib import Path

import click

from lockage import github
from lockage.aws.access import Access
from lockage.aws.bucket import Bucket
from lockage.aws.ecr import EcrClient
from lockage.cli import handed, wares
from lockage.cli.options import project_option
from lockage.config.load import load_project
from lockage.config.schema import Project
from lockage.console import Console
from lockage.errors import UsageError
from lockage.model.canonical import canonical
from lockage.model.dist import DistDir, write
from lockage.model.ids import Digest
from lockage.model.release import Release, archive_key, image_tag
from lockage.model.tool import UsedTool
from lockage.publish import acceptance, archives
from lockage.release import trend
from lockage.release.make import Source, ingredients, make, probe_event, with_parent
from lockage.release.store import ReleaseStore
from lockage.report.live import console as make_console
from lockage.report.timings import timed
from lockage.tools.locked import Locked


@click.command("release")
@project_option
@handed.options
def command(*, project_file: Path, evidence: Path | None, expect: dict[str, Digest] | None) -> None:
    """Write the release manifest of what was pushed, into dist/release.json and the release store.

    A release names every function's image or zip, and its layers, by digest, its declared configuration, and the
    evidence; its id is its own hash. Made again of the same, it is the same release. Runs as the project's publisher.
    Prints the id.
    """
    console = make_console()
    project, root = load_project(project_file), project_file.parent
    dist = DistDir(root / "dist")
    with timed("release", dist, console):
        used = ingredients(project)
        goods = dict(zip(used, wares.inspect(used, project, root, evidence=evidence, expect=expect), strict=True))
        access = Access.default(project.registry.region)
        access.require(project.registry.account, "the registry's account")
        with console.step("release") as step:
            release = _release(project, root, goods, access, console)
            write(dist.release(), canonical(release))
            step.made(f"{release.id[:12]}: {len(release.functions)} functions")
    github.set_output("release", release.id)
    print(release.id)


def _release(
    project: Project, root: Path, goods: Mapping[str, wares.Ware], access: Access, console: Console
) -> Release:
    source = wares.source(root)
    probes = {
        name: probe_event(name, function.probe, (root / function.probe).read_bytes())
        for name, function in project.functions.items()
    }
    proven = {name: ware.proven for name, ware in goods.items()}
    rehearsal = access.parameters().is_rehearsal(project.project)
    release = make(project, source, proven, probes, rehearsal=rehearsal, client=_client(Locked()))
    bucket = access.bucket(project.registry.store)
    for ware in goods.values():
        reasons = ware.proven.second_sources
        acceptance.hold_rehearsal(ware.artifact, reasons, project.registry.account, rehearsal=rehearsal)
        _hold_pushed(ware, source, access.images(), bucket)
    store = ReleaseStore(bucket)
    release = follow(release, project, store, console)
    for one in proven.values():
        for kind, content in one.documents.items():
            store.add_evidence(one.hashes[kind], content)
    if not store.add_release(release):
        console.note(f"release {release.id[:12]} was made before; it is the same")
    return release


def _client(tools: Locked) -> UsedTool | None:
    """What images are pushed with here; None where it is not installed, and so somebody else pushed them."""
    return tools.path("crane").used if tools.recorded("crane") else None


def follow(release: Release, project: Project, store: ReleaseStore, console: Console) -> Release:
    """Place a release after what the first environment runs, and tell what it weighs against its parent.

    That is the release which its manifest names: made again of the same while it runs already, not itself.
    """
    placed = with_parent(release, _newest(project, store))
    found = trend.trends(placed, store.release(placed.parent) if placed.parent else None)
    for line in trend.as_lines(found):
        console.note(line)
    github.add_summary(f"### Release `{placed.id[:12]}`\n\n{trend.as_markdown(found)}")
    return placed


def _newest(project: Project, store: ReleaseStore) -> Release | None:
    """What the first environment runs: there every release begins."""
    first = next(name for name, environment in project.environments.items() if environment.after is None)
    record, _ = store.record(first)
    return store.release(record.release) if record.release else None


def _hold_pushed(ware: wares.Ware, source: Source, images: EcrClient, bucket: Bucket) -> None:
    if isinstance(ware, wares.ImageWare):
        tag = image_tag(source.commit, ware.artifact.digest, dirty=source.dirty)
        there = images.digest_of(ware.repository, tag) == ware.artifact.digest
        why = f"{ware.repository}:{tag} does not name {ware.artifact.digest}"
    else:
        there = archives.hold(ware.artifact, bucket)
        why = f"the bucket {bucket.name} holds no {archive_key(ware.artifact.digest)}"
    if not there:
        raise UsageError(f"{ware.artifact.name} was not pushed", why=why, remedy="push it first: ./noxw -s push")
