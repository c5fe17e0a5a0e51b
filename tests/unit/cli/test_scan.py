"""``lockage scan``: all kinds in one run, and what another step is handed to scan by itself."""

from collections.abc import Callable
from pathlib import Path

import pytest
from fakes.archives import put_archive
from fakes.evidence import facts
from fakes.four_archives import put_clean, put_failing, put_lying
from fakes.gate_project import GateProject, Put
from fakes.images import write_clean
from fakes.scanner import FakeSyft, FakeTrivy

from lockage.cli import sbom, scan
from lockage.cli.main import main_inner
from lockage.errors import Inconclusive
from lockage.gate.database import Databases, Prepared
from lockage.inspect.describe import Describer
from lockage.inspect.truth import Untrue
from lockage.tools.locked import Locked


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., GateProject]:
    """Makes a project whose zips are described, with fakes for Trivy and Syft and a fixture that lies ready."""
    trivy, syft = FakeTrivy(), FakeSyft()
    ready = Prepared(cache=tmp_path / "cache", facts=facts(second_source="a fixture", systems=("amazon linux 2023",)))
    monkeypatch.setattr(Locked, "path", lambda _self, name: {"trivy": trivy.tool, "syft": syft.tool}[name])
    monkeypatch.setattr(scan, "Trivy", lambda _tool, _config: trivy)
    monkeypatch.setattr(sbom, "Syft", lambda _tool, _config: syft)
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
    assert sorted(steps) == ["scan bare  (pass)", "scan clean  (pass)", "scan image  (pass)"]
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


def test_what_has_no_sbom_gets_it_first(
    project: Callable[..., GateProject], capsys: pytest.CaptureFixture[str]
) -> None:
    made = project(clean=put_clean, bare=put_archive, changed=put_clean)
    for document in (made.dist.cyclonedx("clean"), made.dist.spdx("clean"), made.dist.profile("clean")):
        document.unlink()
    put_failing(made.dist, "changed")  # its SBOM is of the archive before it
    run(made, "image", "clean", "bare", "changed")
    steps = [line.partition(" s  ")[2].partition("  ")[0] for line in capsys.readouterr().err.splitlines()]
    assert sorted(steps[:2]) == ["sbom changed", "sbom clean"]
    assert sorted(steps[2:]) == ["scan bare", "scan changed", "scan clean", "scan image"]
    for name in ("clean", "changed"):
        assert made.dist.read_verdict(name).artifact == made.dist.read_artifact(name).digest
        assert made.dist.profile(name).is_file()


def test_one_that_lies_is_not_scanned(project: Callable[..., GateProject]) -> None:
    made = project(clean=put_clean)
    put_lying(made.dist, "clean")
    with pytest.raises(Untrue, match="lock, SBOM and metadata of clean do not agree; no SBOM was written"):
        run(made, "clean")
    assert not made.dist.verdict("clean").exists()


def test_beside_findings_of_another_step_no_sbom_is_written(
    project: Callable[..., GateProject], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ready = facts(second_source="a fixture", systems=("amazon linux 2023",))
    monkeypatch.setattr(scan, "read_handed", lambda *_: ready)
    made = project(clean=put_clean)
    run(made, "clean")
    made.dist.cyclonedx("clean").unlink()
    with pytest.raises(Inconclusive, match="the gate could not decide on clean, which stops") as caught:
        run(made, "--findings", str(made.dist.root), "--cache", str(tmp_path), "clean")
    assert caught.value.why == "clean: what is in clean is not known: it has no SBOM"
    assert caught.value.remedy == "write its SBOMs: ./noxw -s sbom -- clean"
    assert not made.dist.cyclonedx("clean").exists()


def test_one_that_cannot_be_decided_on_does_not_hide_the_others(project: Callable[..., GateProject]) -> None:
    made = project(clean=put_clean, bare=put_archive)
    made.dist.archive("clean").write_bytes(b"another")
    with pytest.raises(Inconclusive, match="the gate could not decide on clean, which stops") as caught:
        run(made, "clean", "bare")
    assert "archive.zip holds" in caught.value.why
    assert made.dist.read_verdict("bare").outcome == "pass"
