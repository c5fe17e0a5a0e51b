from datetime import UTC, datetime
from pathlib import Path

import pytest

from lockage.console import Console, PlainView
from lockage.model.dist import DistDir
from lockage.report.timings import Timings, read, timed


@pytest.fixture
def dist(tmp_path: Path) -> DistDir:
    return DistDir(tmp_path / "dist")


def test_each_verb_keeps_the_steps_of_its_last_run(dist: DistDir) -> None:
    for verb, name in (("build", "old"), ("scan", "scan base"), ("build", "image base")):
        console = Console()
        with timed(verb, dist, console), console.step(name) as step:
            step.reused("its inputs are the same")
    found = read(dist.timings()).verbs
    assert {verb: [(step.name, step.state, step.reason) for step in run.steps] for verb, run in found.items()} == {
        "build": [("image base", "reused", "its inputs are the same")],
        "scan": [("scan base", "reused", "its inputs are the same")],
    }
    assert datetime.fromisoformat(found["build"].finished).tzinfo == UTC


def test_a_failed_run_keeps_its_steps_too(dist: DistDir) -> None:
    console = Console()
    with pytest.raises(ValueError, match="broken"), timed("build", dist, console), console.step("image base"):
        raise ValueError("broken")
    [step] = read(dist.timings()).verbs["build"].steps
    assert (step.state, step.reason) == ("failed", "broken")


def test_what_cannot_be_read_is_begun_anew(dist: DistDir) -> None:
    dist.root.mkdir()
    dist.timings().write_text("{")
    assert read(dist.timings()) == Timings()
    with timed("build", dist, Console()):
        pass
    assert list(read(dist.timings()).verbs) == ["build"]


def test_timings_that_cannot_be_kept_do_not_hide_how_the_run_ended(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "dist").write_text("a file")
    with pytest.raises(ValueError, match="broken"), timed("build", DistDir(tmp_path / "dist"), Console(PlainView())):
        raise ValueError("broken")
    assert "the timings were not kept" in capsys.readouterr().err
