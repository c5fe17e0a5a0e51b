import re

import pytest
from msgspec.structs import replace

from lockage.console import StepRecord
from lockage.model.ids import Digest
from lockage.report.summary import SLOWEST, ArtifactLine, ReleaseLine, Summary, as_markdown, as_text

PLATFORM = ArtifactLine(
    release=1,
    name="platform",
    digest=Digest("sha256:" + "a" * 64),
    size=101_600_000,
    unpacked=245_000_000,
    packages=121,
    findings={"CRITICAL": 0, "HIGH": 2, "LOW": 3},
    excepted=2,
    outcome="pass",
)
RELEASE = ReleaseLine(number=1, id="b" * 64, commit="c" * 40, passages=("preprod: good", "prod: good, serving"))
STEPS = (
    StepRecord(name="build", state="reused", seconds=0.01, reason="nothing changed"),
    *(StepRecord(name=f"step {n}", state="done", seconds=float(n)) for n in range(1, SLOWEST + 3)),
)


def summary(**changes: object) -> Summary:
    fields = {
        "subject": "platform at cccccccccccc",
        "seconds": 28.25,
        "artifacts": (PLATFORM,),
        "releases": (RELEASE,),
        "steps": STEPS,
        "files": (("dist/platform/", "image layout"),),
        "marks": ("stand-in for public.ecr.aws/…",),
    }
    return Summary(**{**fields, **changes})  # type: ignore[arg-type]  # any field by its name


def test_everything_a_person_asks_for_is_there() -> None:
    text = as_text(summary())
    cells = [re.split(r"\s{2,}", line.strip()) for line in text.splitlines()]
    assert ["release", "artifact", "digest", "to push", "unpacked", "packages", "findings", "gate"] in cells
    findings = "2 HIGH, 3 LOW, 2 excepted"
    assert ["release 1", "platform", "sha256:aaaaaaaaaaaa", "101.6 MB", "245 MB", "121", findings, "pass"] in cells
    assert ["release 1", "bbbbbbbbbbbb", "cccccccccccc", "preprod: good; prod: good, serving"] in cells
    assert ["dist/platform/", "image layout"] in cells
    assert "stand-in for public.ecr.aws/…" in text
    assert text.endswith(f"Rehearsal passed: platform at cccccccccccc, {len(STEPS)} steps (1 reused) in 28.2 s")


def test_a_job_s_summary_says_the_same() -> None:
    text = as_markdown(summary())
    for row in (
        "| dist/platform/ | image layout |",
        "| stand-in for public.ecr.aws/… |",
        "| reused | 0.01 s | build |",
    ):
        assert row in text


def test_what_is_the_same_in_several_releases_stands_there_once() -> None:
    other = replace(PLATFORM, release=2, digest=Digest("sha256:" + "b" * 64))
    text = as_text(summary(artifacts=(PLATFORM, other, replace(PLATFORM, release=3))))
    cells = [re.split(r"\s{2,}", line.strip())[:3] for line in text.splitlines()]
    assert ["release 1, 3", "platform", "sha256:aaaaaaaaaaaa"] in cells
    assert ["release 2", "platform", "sha256:bbbbbbbbbbbb"] in cells
    assert sum(row[1:2] == ["platform"] for row in cells) == 2


def test_the_slowest_steps_come_first_and_no_more_than_a_few() -> None:
    text = as_text(summary())
    slowest = text[text.index("Slowest steps") : text.index("Files")].split("\n")[1:]
    head, *names = [re.split(r"\s{2,}", line.strip())[1] for line in slowest if line]
    assert head == "step"
    assert names == [f"step {n}" for n in range(SLOWEST + 2, 2, -1)]


def test_a_failure_says_what_and_where() -> None:
    failed = summary(failed="ECR refused the tag (at: release 1: push platform)", artifacts=(), releases=())
    assert "FAILED" in as_text(failed)
    assert as_text(failed).endswith("in 28.2 s: ECR refused the tag (at: release 1: push platform)")
    assert as_markdown(failed).startswith("### Rehearsal FAILED")


def test_what_is_not_there_yet_leaves_no_empty_heading() -> None:
    text = as_text(summary(artifacts=(), releases=(), files=(), marks=()))
    for heading in ("Artifacts", "Releases", "Files", "For rehearsals only"):
        assert heading not in text
    bare = as_markdown(summary(artifacts=(), releases=(), steps=(), files=(), marks=()))
    assert bare.splitlines() == ["### Rehearsal passed: platform at cccccccccccc, 0 steps (0 reused) in 28.2 s"]


def test_what_was_not_scanned_says_so() -> None:
    unscanned = ArtifactLine(
        release=1,
        name="base",
        digest=PLATFORM.digest,
        size=1,
        unpacked=1,
        packages=None,
        findings={},
        excepted=0,
        outcome="not scanned",
    )
    assert re.search(r"\?\s+none\s+not scanned", as_text(summary(artifacts=(unscanned,))))


@pytest.mark.parametrize("text", ["a|b", "two\nlines"])
def test_markdown_tables_hold_any_reason(text: str) -> None:
    lines = as_markdown(summary(steps=(StepRecord(name="s", state="failed", seconds=1, reason=text),))).splitlines()
    (row,) = [line for line in lines if line.startswith("| failed")]
    assert row.replace("\\|", "").count("|") == 5
