"""Four images through the real scanner: clean, failing, failing but excepted, and one shaped like Amazon Linux 2023."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from fakes.gate_project import GateProject, Make
from fakes.images import write_amazon, write_clean, write_failing
from msgspec.structs import replace

from lockage.cli.main import main_inner
from lockage.errors import GateFailed
from lockage.gate.findings import Scan, parse
from lockage.tools.locked import Locked

pytestmark = pytest.mark.tools

NEXT_MONTH = (datetime.now(UTC) + timedelta(days=30)).date().isoformat()
IMAGES = {"clean": write_clean, "failing": write_failing, "excepted": write_failing, "amazon": write_amazon}
ACCEPTED = (
    ("CVE-2020-14343", "pkg:pypi/PyYAML@5.3.1"),
    ("CVE-2025-15281", "pkg:deb/debian/glibc@2.41-12?arch=amd64"),
)
GOLDEN = Path(__file__).parents[2] / "unit" / "gate" / "golden"


@pytest.fixture
def project(make_project: Make) -> GateProject:
    project = make_project(IMAGES)
    project.accept(
        *(
            {
                "id": vulnerability,
                "package": package,
                "reason": "never given input from outside",
                "owner": "security@example.com",
                "expires": NEXT_MONTH,
                "artifacts": ["excepted"],
            }
            for vulnerability, package in ACCEPTED
        )
    )
    return project


def scan(project: GateProject, *arguments: str) -> None:
    main_inner(["scan", "--project", str(project.file), "--database", "fixture", *arguments])


def test_each_image_gets_the_verdict_it_deserves(project: GateProject, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(GateFailed) as caught:
        scan(project, *IMAGES)
    verdicts = {name: project.dist.read_verdict(name) for name in IMAGES}
    assert {name: verdict.outcome for name, verdict in verdicts.items()} == {
        "clean": "pass",
        "failing": "fail",
        "excepted": "pass",
        "amazon": "fail",
    }
    assert [finding.id for finding in verdicts["failing"].blocking] == ["CVE-2020-14343", "CVE-2025-15281"]
    assert [one.finding.id for one in verdicts["excepted"].excepted] == ["CVE-2020-14343", "CVE-2025-15281"]
    [openssl] = verdicts["amazon"].blocking
    assert (openssl.id, openssl.package, openssl.installed, openssl.fixed) == (
        "CVE-2025-15467",
        "openssl-libs",
        "1:3.2.2-1.amzn2023.0.3",
        "1:3.2.2-1.amzn2023.0.4",
    )
    assert caught.value.what == "the gate stopped failing, amazon"
    assert "failing: CRITICAL CVE-2020-14343 in PyYAML 5.3.1, fixed in 5.4" in caught.value.why
    assert "raise PyYAML in the requirements and lock again" in caught.value.remedy
    printed = capsys.readouterr()
    assert "CRITICAL  CVE-2020-14343" in printed.out
    assert "WARNING: a fixture database of" in printed.err


def test_every_verdict_names_its_image_its_database_and_the_second_source(project: GateProject) -> None:
    scan(project, "clean")
    verdict = project.dist.read_verdict("clean")
    assert verdict.artifact == project.dist.read_artifact("clean").digest
    assert verdict.database is not None
    assert verdict.database.second_source.startswith("fixture database of ")
    assert verdict.second_sources[0] == verdict.database.second_source
    assert verdict.scanner == Locked().path("trivy").used
    assert verdict.packages == 3


def test_equal_images_get_equal_verdicts_byte_for_byte(project: GateProject) -> None:
    path = project.dist.folder("clean") / "verdict.json"
    scan(project, "clean")
    first = path.read_bytes()
    scan(project, "clean")
    assert path.read_bytes() == first


@pytest.mark.parametrize("name", ["failing", "amazon"])
def test_the_golden_reports_are_what_the_scanner_writes(project: GateProject, name: str) -> None:
    with pytest.raises(GateFailed):
        scan(project, name)
    written, golden = (parse(path.read_bytes()) for path in (project.dist.findings(name), GOLDEN / f"{name}.json"))
    assert isinstance(written, Scan)
    assert isinstance(golden, Scan)
    assert written == replace(golden, created_at=written.created_at, report=written.report), (
        f"copy {project.dist.findings(name)} there"
    )


def test_an_exception_that_is_not_needed_stops_a_clean_image(project: GateProject) -> None:
    project.accept(
        {
            "id": "CVE-2020-14343",
            "package": "pkg:pypi/pyyaml@5.3.1",
            "reason": "forgotten",
            "owner": "security@example.com",
            "expires": NEXT_MONTH,
        }
    )
    with pytest.raises(GateFailed, match="the gate stopped clean") as caught:
        scan(project, "clean")
    assert "matches no finding in clean" in caught.value.why
