"""The real scanner on evidence that is worth nothing: every time inconclusive, never pass."""

import json
import os
import shutil
import subprocess
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from fakes.gate_project import GateProject, Make
from fakes.images import debian_13, python_packages, write_clean, write_failing
from fakes.oci import write_layout

from lockage.cli.main import main_inner
from lockage.errors import GateFailed, Inconclusive
from lockage.gate.database import Prepared, read
from lockage.gate.policy import Policy
from lockage.gate.scan import Gate
from lockage.model.dist import DistDir
from lockage.model.ids import Digest
from lockage.model.verdict import Verdict
from lockage.tools.trivy import Trivy

pytestmark = pytest.mark.tools

POLICY = Policy(
    severities=("HIGH", "CRITICAL"),
    database_max_age_h=48,
    exceptions=(),
    scanner_config=Digest("sha256:" + "0" * 64),
)


def judged(dist: DistDir, trivy: Trivy, cache: Path, name: str = "image") -> Verdict:
    gate = Gate(dist, trivy, Prepared(cache=cache, facts=read(cache)), POLICY, lambda: datetime.now(UTC))
    return gate.examine(name).verdict


@pytest.fixture
def cache(fixture_database: Path, tmp_path: Path) -> Path:
    """A copy of the fixture, to be broken."""
    shutil.copytree(fixture_database, tmp_path / "cache")
    return tmp_path / "cache"


def _cut(folder: Path) -> None:
    database = folder / "trivy.db"
    database.write_bytes(database.read_bytes()[:30_000])


def _empty(folder: Path) -> None:
    (folder / "trivy.db").write_bytes(bytes(65_536))


def _other_schema(folder: Path) -> None:
    metadata = json.loads((folder / "metadata.json").read_text())
    (folder / "metadata.json").write_text(json.dumps({**metadata, "Version": 3}))


def _over_age(folder: Path) -> None:
    """A published database, as far as anyone can tell, that nobody updated for months."""
    (folder / "second-source.json").unlink()
    metadata = json.loads((folder / "metadata.json").read_text())
    (folder / "metadata.json").write_text(json.dumps({**metadata, "UpdatedAt": "2026-01-01T00:00:00Z"}))


BROKEN: dict[str, tuple[Callable[[Path], None], str]] = {
    "cut off": (_cut, "the scanner could not scan: trivy failed with exit code"),
    "zeros": (_empty, "invalid database"),
    "other schema": (_other_schema, "the database has schema 3; Trivy 0.74.0 reads 2"),
    "over age": (_over_age, "h old, of 2026-01-01T00:00:00Z; at most 48 h are allowed"),
    "no metadata": (lambda folder: (folder / "metadata.json").unlink(), "metadata.json does not exist"),
    "missing": (shutil.rmtree, "does not exist"),
}


@pytest.mark.parametrize("how", BROKEN)
def test_a_database_that_is_no_good_is_inconclusive(how: str, make_project: Make, trivy: Trivy, cache: Path) -> None:
    spoil, reason = BROKEN[how]
    spoil(cache / "db")
    verdict = judged(make_project({"image": write_clean}).dist, trivy, cache)
    assert verdict.outcome == "inconclusive"
    assert any(reason in one for one in verdict.reasons), verdict.reasons


def _write_without_system(directory: Path) -> str:
    return write_layout(directory, layers=[python_packages({"PyYAML": "5.3.1"})])


def _write_unknown_system(directory: Path) -> str:
    layer = debian_13({"glibc": "2.41"})
    layer["etc/os-release"] = b"ID=slackware\nVERSION_ID=15\n"
    del layer["etc/debian_version"]
    return write_layout(directory, layers=[layer])


def _write_unknown_version(directory: Path) -> str:
    return write_layout(directory, layers=[{**debian_13({"glibc": "2.41"}), "etc/debian_version": b"99.1\n"}])


def _write_without_packages(directory: Path) -> str:
    return write_layout(directory, layers=[debian_13({}), python_packages({"jinja2": "3.1.6"})])


BLIND = {
    "no system": (_write_without_system, "the operating system is unknown: the scanner saw none that it knows"),
    "unknown system": (_write_unknown_system, "the operating system is unknown: the scanner saw none that it knows"),
    "unknown version": (_write_unknown_version, "the operating system is unknown: the scanner saw debian 99.1"),
    "no packages": (_write_without_packages, "no package of the operating system was found (debian 13)"),
}


@pytest.mark.parametrize("what", BLIND)
def test_an_image_the_scanner_is_blind_for_is_inconclusive(
    what: str, make_project: Make, trivy: Trivy, fixture_database: Path
) -> None:
    write, reason = BLIND[what]
    verdict = judged(make_project({"image": write}).dist, trivy, fixture_database)
    assert verdict.outcome == "inconclusive"
    assert verdict.reasons[0].startswith(reason)


class Elsewhere:
    """Another step that runs the scanner, as a workflow does through an action: settings are environment variables."""

    def __init__(self, trivy: Trivy, cache: Path, root: Path) -> None:
        self._trivy = trivy
        self._cache = cache
        self._root = root

    def scan(self, name: str, **settings: str) -> None:
        environment = {
            "TRIVY_CACHE_DIR": str(self._cache),
            "TRIVY_INPUT": f"dist/{name}/layout",
            "TRIVY_OUTPUT": f"dist/{name}/findings.json",
            "TRIVY_CONFIG": "sbom/trivy.yaml",
            **settings,
        }
        subprocess.run(  # noqa: S603 - what is tested is that somebody else ran it
            [self._trivy.tool.path, "image", "."], cwd=self._root, env={**os.environ, **environment}, check=True
        )


def decide(project: GateProject, cache: Path, name: str) -> None:
    dist = str(project.dist.root)
    main_inner(["scan", "--project", str(project.file), "--findings", dist, "--cache", str(cache), name])


def test_another_step_is_told_where_the_database_is(
    make_project: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("GITHUB_OUTPUT", str(tmp_path / "output"))
    project = make_project({"clean": write_clean})
    main_inner(["scan", "--project", str(project.file), "--database", "fixture", "--prepare"])
    [told] = capsys.readouterr().out.splitlines()
    assert (Path(told) / "db" / "trivy.db").is_file()
    assert (tmp_path / "output").read_text() == f"cache={told}\n"
    assert not project.dist.findings("clean").exists()


def test_without_any_database_another_step_is_told_so(make_project: Make) -> None:
    project = make_project({"clean": write_clean})
    (project.root / "sbom" / "fixture-advisories.yaml").unlink()
    with pytest.raises(Inconclusive, match="no vulnerability database could be made ready") as caught:
        main_inner(["scan", "--project", str(project.file), "--database", "fixture", "--prepare"])
    assert "fixture-advisories.yaml: No such file or directory" in caught.value.why


def test_findings_of_another_step_are_decided_on(make_project: Make, trivy: Trivy, fixture_database: Path) -> None:
    project = make_project({"clean": write_clean, "failing": write_failing})
    elsewhere = Elsewhere(trivy, fixture_database, project.root)
    for name in ("clean", "failing"):
        elsewhere.scan(name)
    decide(project, fixture_database, "clean")
    assert project.dist.read_verdict("clean").outcome == "pass"
    with pytest.raises(GateFailed, match="the gate stopped failing"):
        decide(project, fixture_database, "failing")


def test_findings_of_another_image_are_refused(make_project: Make, trivy: Trivy, fixture_database: Path) -> None:
    project = make_project({"clean": write_clean, "failing": write_failing})
    Elsewhere(trivy, fixture_database, project.root).scan("clean")
    shutil.copy(project.dist.findings("clean"), project.dist.findings("failing"))
    with pytest.raises(Inconclusive, match="could not decide on failing") as caught:
        decide(project, fixture_database, "failing")
    assert "the findings are of another image" in caught.value.why
    assert project.dist.read_verdict("failing").outcome == "inconclusive"


def test_an_ignore_file_in_another_step_is_noticed(make_project: Make, trivy: Trivy, fixture_database: Path) -> None:
    project = make_project({"failing": write_failing})
    (project.root / ".trivyignore").write_text("CVE-2020-14343\nCVE-2025-15281\n")
    Elsewhere(trivy, fixture_database, project.root).scan("failing")
    with pytest.raises(Inconclusive) as caught:
        decide(project, fixture_database, "failing")
    assert "the scanner was told to leave findings out: CVE-2020-14343 (ignored by .trivyignore)" in caught.value.why


def test_the_same_ignore_file_does_not_reach_our_own_scan(make_project: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    project = make_project({"failing": write_failing})
    (project.root / ".trivyignore").write_text("CVE-2020-14343\nCVE-2025-15281\n")
    monkeypatch.chdir(project.root)
    monkeypatch.setenv("TRIVY_SEVERITY", "LOW")
    with pytest.raises(GateFailed):
        main_inner(["scan", "--database", "fixture", "failing"])
    assert len(project.dist.read_verdict("failing").blocking) == 2
