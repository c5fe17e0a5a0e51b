"""``lockage sbom``: all kinds in one run, each with its step; what does not agree stops it by name."""

from collections.abc import Callable
from pathlib import Path

import pytest
from fakes.archives import put_archive
from fakes.four_archives import put_clean, put_lying
from fakes.gate_project import GateProject, Put
from fakes.images import write_clean
from fakes.scanner import FakeSyft

from lockage.cli import sbom
from lockage.cli.main import main_inner
from lockage.errors import UsageError
from lockage.inspect.truth import Untrue
from lockage.tools.locked import Locked


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., GateProject]:
    """Makes a project, in which a cataloguer stands in for Syft."""
    syft = FakeSyft()
    monkeypatch.setattr(Locked, "path", lambda _self, _name: syft.tool)
    monkeypatch.setattr(sbom, "Syft", lambda _tool, _config: syft)

    def make(**zips: Put) -> GateProject:
        return GateProject(tmp_path / "project", {"image": write_clean}, zips)

    return make


def run(project: GateProject, *names: str) -> None:
    main_inner(["sbom", "--project", str(project.file), *names])


def test_every_kind_has_its_step_and_says_what_agrees(
    project: Callable[..., GateProject], capsys: pytest.CaptureFixture[str]
) -> None:
    run(project(clean=put_clean, bare=put_archive), "image", "clean", "bare")
    said = [line.partition(" s  ")[2] for line in capsys.readouterr().err.splitlines()]
    assert sorted(said) == [
        "sbom bare  (no packages; lock, SBOM and metadata agree: no packages)",
        "sbom clean  (2 packages; lock, SBOM and metadata agree: 2 packages)",
        "sbom image  (1 package, 1 of them the system's; lock, SBOM and metadata agree: no packages)",
    ]


def test_what_stands_is_said_to_be_reused(
    project: Callable[..., GateProject], capsys: pytest.CaptureFixture[str]
) -> None:
    made = project(clean=put_clean)
    run(made, "clean")
    capsys.readouterr()
    run(made, "clean")
    assert "sbom clean  (it, its lock, Syft and its configuration are the same)" in capsys.readouterr().err


def test_one_that_lies_stops_the_line(project: Callable[..., GateProject]) -> None:
    with pytest.raises(Untrue, match="lock, SBOM and metadata of lying do not agree"):
        run(project(lying=put_lying), "lying")


def test_what_is_not_declared_is_not_described(project: Callable[..., GateProject]) -> None:
    with pytest.raises(UsageError, match="no artifact called claen can be taken here"):
        run(project(clean=put_clean), "claen")
