"""What a rehearsal tells at its end, ended well or not: for a terminal, and as Markdown for a step summary."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Literal

import msgspec

from lockage.console import StepRecord
from lockage.model.ids import Digest
from lockage.model.verdict import Outcome, Severity
from lockage.report.tables import markdown_table, text_table

_ARTIFACT_HEAD = ("release", "artifact", "digest", "to push", "unpacked", "packages", "findings", "gate")
_RELEASE_HEAD = ("release", "id", "commit", "became")
SLOWEST = 6


class ArtifactLine(msgspec.Struct, frozen=True, kw_only=True):
    """One artifact of one release."""

    release: int
    name: str
    digest: Digest
    size: int
    """Compressed bytes of all layers."""
    unpacked: int
    packages: int | None
    """None when nobody counted them yet."""
    findings: dict[Severity, int]
    excepted: int
    outcome: Outcome | Literal["not scanned"]


class ReleaseLine(msgspec.Struct, frozen=True, kw_only=True):
    """One release, and what became of it."""

    number: int
    id: str
    commit: str
    passages: tuple[str, ...]
    """Such as ``preprod: good, serving``."""


class Summary(msgspec.Struct, frozen=True, kw_only=True):
    """All of it."""

    subject: str
    """What was rehearsed: a commit, and whether the tree held more."""
    seconds: float
    artifacts: tuple[ArtifactLine, ...]
    releases: tuple[ReleaseLine, ...]
    steps: tuple[StepRecord, ...]
    files: tuple[tuple[str, str], ...]
    """Path and what it is."""
    marks: tuple[str, ...]
    """Why what was made may serve a rehearsal only."""
    failed: str = ""
    """What failed, in one line, and where; empty when nothing did."""


def as_text(summary: Summary) -> str:
    """For a terminal or a log, in plain text."""
    parts = [
        _block("Artifacts", text_table(_artifacts(summary.artifacts), _ARTIFACT_HEAD)),
        _block("Releases", text_table(map(_release, summary.releases), _RELEASE_HEAD)),
        _block("Slowest steps", text_table(map(_step, _slowest(summary.steps)), ("time", "step", "state"))),
        _block("Files", text_table(summary.files, ("where", "what"))),
        _block("For rehearsals only", list(summary.marks)),
    ]
    return "\n".join([*filter(None, parts), headline(summary)])


def as_markdown(summary: Summary) -> str:
    """For GitHub's step summary."""
    parts = [f"### {headline(summary)}\n"]
    parts.append(markdown_table(_ARTIFACT_HEAD, _artifacts(summary.artifacts)))
    parts.append(markdown_table(_RELEASE_HEAD, map(_release, summary.releases)))
    steps = ((step.state, f"{step.seconds:.2f} s", step.name, step.reason) for step in summary.steps)
    parts += _folded("Steps", markdown_table(("state", "time", "step", "reason"), steps))
    parts += _folded("Files", markdown_table(("where", "what"), summary.files))
    parts.append(markdown_table(("for rehearsals only",), ((mark,) for mark in summary.marks)))
    return "\n".join(filter(None, parts))


def _folded(title: str, table: str) -> list[str]:
    """A table that a click opens; nothing for an empty one."""
    return [f"<details><summary>{title}</summary>\n", table, "</details>\n"] if table else []


def headline(summary: Summary) -> str:
    """One line that says how it ended."""
    count = sum(step.state == "reused" for step in summary.steps)
    steps = f"{len(summary.steps)} steps ({count} reused) in {summary.seconds:.1f} s"
    if summary.failed:
        return f"Rehearsal FAILED: {summary.subject}, after {steps}: {summary.failed}"
    return f"Rehearsal passed: {summary.subject}, {steps}"


def _artifacts(lines: Iterable[ArtifactLine]) -> Iterator[tuple[str, ...]]:
    """A row an artifact: what is the same in several releases stands there once."""
    releases: dict[tuple[str, ...], list[int]] = {}
    for line in lines:
        releases.setdefault(_artifact(line), []).append(line.release)
    for cells, numbers in releases.items():
        yield f"release {', '.join(map(str, numbers))}", *cells


def _artifact(line: ArtifactLine) -> tuple[str, ...]:
    found = ", ".join(f"{number} {severity}" for severity, number in line.findings.items() if number) or "none"
    return (
        line.name,
        line.digest[: len("sha256:") + 12],
        f"{line.size / 1e6:.1f} MB",
        f"{line.unpacked / 1e6:.0f} MB",
        "?" if line.packages is None else str(line.packages),
        f"{found}, {line.excepted} excepted" if line.excepted else found,
        line.outcome,
    )


def _release(line: ReleaseLine) -> tuple[str, ...]:
    return (f"release {line.number}", line.id[:12], line.commit[:12], "; ".join(line.passages) or "rolled out nowhere")


def _step(step: StepRecord) -> tuple[str, ...]:
    return (f"{step.seconds:.2f} s", step.name, step.state)


def _slowest(steps: Sequence[StepRecord]) -> list[StepRecord]:
    return sorted(steps, key=lambda step: -step.seconds)[:SLOWEST]


def _block(title: str, lines: list[str]) -> str:
    return "\n".join(["", title, *(f"  {line}" for line in lines)]) if lines else ""
