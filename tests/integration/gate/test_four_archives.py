"""Four zips through the real cataloguer and scanner: clean, failing, failing but excepted, and one that lies."""

import json
import re
import shutil
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from fakes.archives import put_archive
from fakes.four_archives import put_clean, put_failing, put_lying
from fakes.gate_project import GateProject, Make
from fakes.images import write_clean
from msgspec.structs import replace
from spdx_tools.spdx.parser.parse_anything import parse_file
from spdx_tools.spdx.validation.document_validator import validate_full_spdx_document

from lockage.cli.main import main_inner
from lockage.errors import GateFailed, Inconclusive
from lockage.gate.findings import Scan, parse
from lockage.inspect.truth import Untrue
from lockage.tools.trivy import Trivy

pytestmark = pytest.mark.tools

NEXT_MONTH = (datetime.now(UTC) + timedelta(days=30)).date().isoformat()
TRUE = {"clean": put_clean, "failing": put_failing, "excepted": put_failing}
GOLDEN = Path(__file__).parents[2] / "unit" / "gate" / "golden"


@pytest.fixture
def project(make_project: Make) -> GateProject:
    project = make_project({"image": write_clean}, {**TRUE, "lying": put_lying, "bare": put_archive})
    project.accept(
        {
            "id": "CVE-2019-10906",
            "package": "pkg:pypi/jinja2@2.10",
            "reason": "no sandbox is offered to anybody",
            "owner": "security@example.com",
            "expires": NEXT_MONTH,
            "artifacts": ["excepted"],
        }
    )
    return project


def sbom(project: GateProject, *names: str) -> None:
    main_inner(["sbom", "--project", str(project.file), *names])


def scan(project: GateProject, *arguments: str) -> None:
    main_inner(["scan", "--project", str(project.file), "--database", "fixture", *arguments])


def test_each_gets_the_verdict_it_deserves_beside_an_image(
    project: GateProject, capsys: pytest.CaptureFixture[str]
) -> None:
    sbom(project, *TRUE, "bare", "image")
    with pytest.raises(GateFailed) as caught:
        scan(project, *TRUE, "bare", "image")
    verdicts = {name: project.dist.read_verdict(name) for name in (*TRUE, "bare", "image")}
    assert {name: (verdict.outcome, verdict.packages) for name, verdict in verdicts.items()} == {
        "clean": ("pass", 2),
        "failing": ("fail", 2),
        "excepted": ("pass", 2),
        "bare": ("pass", 0),
        "image": ("pass", 3),
    }
    assert all(verdict.artifact == project.dist.read_artifact(name).digest for name, verdict in verdicts.items())
    assert [finding.id for finding in verdicts["failing"].blocking] == ["CVE-2019-10906"]
    assert [one.finding.id for one in verdicts["excepted"].excepted] == ["CVE-2019-10906"]
    assert caught.value.what == "the gate stopped failing"
    assert "jinja2: raise jinja2 in the requirements and lock again" in caught.value.remedy
    assert "artifacts: [failing]" in caught.value.remedy
    assert "lock, SBOM and metadata agree: 2 packages" in capsys.readouterr().err


def test_one_that_lies_is_found_out_lie_by_lie_and_gets_no_verdict(project: GateProject) -> None:
    with pytest.raises(Untrue) as caught:
        sbom(project, "lying")
    told = re.sub(r"sha256:[0-9a-f]{12}…", "sha256:…", caught.value.why).splitlines()
    inside = "/var/task/jinja2-2.10.dist-info"
    assert told == [
        (
            "shifted: jinja2: the lock says 2.10 (functions/lying/requirements.lock, line 1); the SBOM says 3.1.6 "
            f"(sbom.cdx.json, of {inside}/METADATA); metadata says 3.1.6 ({inside})"
        ),
        (
            "extra: stowaway: the lock does not name it; the SBOM says 1.0 (sbom.cdx.json, of "
            "/var/task/stowaway-1.0.dist-info/METADATA); metadata says 1.0 (/var/task/stowaway-1.0.dist-info)"
        ),
        f"changed: {inside}/METADATA: {inside}/RECORD says sha256:…; the file has sha256:…",
        f"changed: /var/task/jinja2/_loaders.py: {inside}/RECORD says sha256:…; the file has sha256:…",
    ]
    with pytest.raises(Untrue):
        scan(project, "lying")
    assert not project.dist.findings("lying").exists(), "by its own word there is nothing against it"
    assert not project.dist.verdict("lying").exists()


def test_a_verdict_stands_and_is_of_these_bytes(project: GateProject, capsys: pytest.CaptureFixture[str]) -> None:
    sbom(project, "clean")
    scan(project, "clean")
    first = project.dist.verdict("clean").read_bytes()
    capsys.readouterr()
    scan(project, "clean")
    assert "reused" in capsys.readouterr().err
    assert project.dist.verdict("clean").read_bytes() == first
    shutil.copy(project.dist.archive("failing"), project.dist.archive("clean"))
    with pytest.raises(Inconclusive) as caught:
        scan(project, "clean")
    assert f"archive.zip holds {project.dist.read_artifact('failing').digest}, but built was" in caught.value.why


def test_the_golden_report_is_what_the_scanner_writes(project: GateProject) -> None:
    sbom(project, "failing")
    with pytest.raises(GateFailed):
        scan(project, "failing")
    written, golden = (parse(path.read_bytes()) for path in (project.dist.findings("failing"), GOLDEN / "tree.json"))
    assert isinstance(written, Scan)
    assert isinstance(golden, Scan)
    assert written == replace(golden, created_at=written.created_at, report=written.report), (
        f"copy {project.dist.findings('failing')} there"
    )


def test_another_step_is_handed_a_tree_and_may_scan_nothing_else(
    project: GateProject,
    trivy: Trivy,
    fixture_database: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("GITHUB_OUTPUT", str(tmp_path / "output"))
    sbom(project, "failing", "clean")
    capsys.readouterr()
    scan(project, "--prepare", "failing", "clean", "image")
    cache, *trees = capsys.readouterr().out.splitlines()
    places = dict(line.split(" ", 1) for line in trees)
    assert sorted(places) == ["clean", "failing"]
    assert f"tree-failing={places['failing']}\n" in (tmp_path / "output").read_text()
    for name, place in (("failing", places["failing"]), ("clean", places["failing"])):
        output = str(project.dist.findings(name))
        settings = {"TRIVY_CACHE_DIR": cache, "TRIVY_CONFIG": "sbom/trivy.yaml", "TRIVY_OUTPUT": output}
        subprocess.run(  # noqa: S603 - what is tested is that somebody else ran it
            [trivy.tool.path, "rootfs", place], cwd=project.root, env=settings, check=True
        )
    handed = ["--findings", str(project.dist.root), "--cache", str(fixture_database)]
    with pytest.raises(GateFailed, match="the gate stopped failing"):
        main_inner(["scan", "--project", str(project.file), *handed, "failing"])
    with pytest.raises(Inconclusive) as caught:
        main_inner(["scan", "--project", str(project.file), *handed, "clean"])
    assert f"the findings are of something else: filesystem {places['failing']} was scanned" in caught.value.why


@pytest.mark.parametrize("name", ["clean", "bare"])
def test_all_documents_are_valid_to_others(project: GateProject, name: str) -> None:
    sbom(project, name)
    for path in (project.dist.cyclonedx(name), project.dist.profile(name)):
        assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(path.read_text()) is None
    document = parse_file(str(project.dist.spdx(name)))
    assert document.creation_info.spdx_version == "SPDX-2.3"
    assert validate_full_spdx_document(document) == []


def test_they_name_what_is_installed_in_its_real_place_not_what_is_asked_for(project: GateProject) -> None:
    put_archive(project.dist, "bare", spoil=lambda files: files.update({"shop/requirements.txt": b"django==1.0\n"}))
    put_clean(project.dist, "clean")
    sbom(project, "clean", "bare")
    clean, bare = (json.loads(project.dist.cyclonedx(name).read_bytes()) for name in ("clean", "bare"))
    places = [
        prop["value"]
        for component in clean["components"]
        for prop in component["properties"]
        if re.fullmatch(r"syft:location:0:path", prop["name"])
    ]
    assert places == ["/var/task/jinja2-3.1.6.dist-info/METADATA", "/var/task/MarkupSafe-3.0.3.dist-info/METADATA"]
    assert bare["components"] == []


def test_the_same_archive_elsewhere_has_the_same_documents(project: GateProject, tmp_path: Path) -> None:
    elsewhere = GateProject(tmp_path / "else" / "where", {}, {"clean": put_clean})
    for one in (project, elsewhere):
        sbom(one, "clean")
    for place in ("cyclonedx", "spdx", "profile"):
        ours, theirs = (getattr(one.dist, place)("clean").read_bytes() for one in (project, elsewhere))
        assert ours == theirs
