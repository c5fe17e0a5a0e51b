"""The README's first command, from the outside: it must end well, and say of every step how long it took."""

from pathlib import Path

import pytest

from lockage.report import timings
from lockage.tools import process

pytestmark = [pytest.mark.docker, pytest.mark.aws, pytest.mark.tools]

ROOT = Path(__file__).parents[2]


def test_a_release_travels_the_whole_path_and_back() -> None:
    done = process.run(["lockage", "rehearse"], cwd=ROOT, ok=tuple(range(256)), timeout=1500)
    assert done.code == 0, f"{done.stderr}\n{done.stdout}"
    steps = timings.read(ROOT / "dist" / "timings.json").verbs["rehearse"].steps
    assert [step.name for step in steps if step.state == "failed"] == []
    assert [step.name for step in steps if step.state == "skipped" and not step.reason] == []
    assert len(steps) > 10
