"""``lockage scan``: all kinds in one run, and what another step is handed to scan by itself."""

from collections.abc import Callable
from pathlib import Path

import pytest
from fakes.archives import put_archive
from fakes.evidence import facts
from fakes.four_archives import put_clean
from fakes.gate_project import GateProject, Put
from fakes.images import write_clean
from fakes.scanner import FakeSyft, FakeTrivy

from lockage.cli import scan
from lockage.cli.main import main_inner
from lockage.errors import Inconclusive
from lockage.gate.database import Databases, Prepared
from lockage.inspect.describe import Describer
from lockage.tools.locked import Locked


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., GateProject]:
    """Makes a project whose zips are described, with a scanner in place of Trivy and a fixture that lies ready."""
    trivy = FakeTrivy()
    ready = Prepared(cache=tmp_path / "cache", facts=facts(second_source="a fixture", systems=("amazon linux 2023",)))
    monkeypatch.setattr(Locked, "path", lambda _self, _name: trivy.tool)
    monkeypatch.setattr(scan, "Trivy", lambda _tool, _config: trivy)
    monkeypatch.setattr(Databases, "prepare", lambda *_: ready)

    def make(**zips: Put) -> GateProject:
        made = GateProject(tmp_path / "project", {"image": write_clean}, zips)
        for name in zips:
            Describer(made.dist, made.root, FakeSyft()).describe(name)
        return made

    return make


def run(project: GateProject, *arguments: str) -> None:
    main_inner(["scan", "--project", str(project.file), *arguments])


def test_every_kind_has_its_step_in_one_run(
    project: Callable[..., GateProject], capsys: pytest.CaptureFixture[str]
) -> None:
    made = project(clean=put_clean, bare=put_archive)
    run(made, "image", "clean", "bare")
    told = capsys.readouterr()
    steps = [line.partition(" s  ")[2] for line in told.err.splitlines()]
    assert steps == ["scan image  (pass)", "scan clean  (pass)", "scan bare  (pass)"]
    assert [line.split()[0] for line in told.out.splitlines()] == ["image", "clean", "bare"]
    for name in ("image", "clean", "bare"):
        assert made.dist.read_verdict(name).artifact == made.dist.read_artifact(name).digest


def test_another_step_is_handed_the_database_and_every_tree(
    project: Callable[..., GateProject],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("GITHUB_OUTPUT", str(tmp_path / "output"))
    made = project(clean=put_clean)
    run(made, "--prepare", "image", "clean")
    digest = made.dist.read_artifact("clean").digest.removeprefix("sha256:")
    tree = made.dist.folder("clean").absolute() / "tree" / digest
    assert capsys.readouterr().out.splitlines() == [str(tmp_path / "cache"), f"clean {tree}"]
    assert (tmp_path / "output").read_text() == f"cache={tmp_path}/cache\ntree-clean={tree}\n"
    assert (tree / "var" / "task" / "jinja2").is_dir()


def test_one_that_cannot_be_decided_on_does_not_hide_the_others(project: Callable[..., GateProject]) -> None:
    made = project(clean=put_clean, bare=put_archive)
    made.dist.cyclonedx("clean").unlink()
    with pytest.raises(Inconclusive, match="the gate could not decide on clean, which stops") as caught:
        run(made, "clean", "bare")
    assert caught.value.remedy == "write its SBOMs: ./noxw -s sbom -- clean"
    assert made.dist.read_verdict("bare").outcome == "pass"
