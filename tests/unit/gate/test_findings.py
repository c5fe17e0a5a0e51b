"""Trivy's report, read from three real ones (made of what ``fakes`` holds, see the integration tests)."""

import json
from pathlib import Path
from typing import Any

import pytest

from lockage.gate.findings import Scan, Unreadable, parse

GOLDEN = Path(__file__).parent / "golden"


def golden(name: str) -> dict[str, Any]:
    report: dict[str, Any] = json.loads((GOLDEN / f"{name}.json").read_bytes())
    return report


def read(report: dict[str, Any]) -> Scan:
    scan = parse(json.dumps(report).encode())
    assert isinstance(scan, Scan)
    return scan


def test_a_debian_report_is_read_whole() -> None:
    scan = read(golden("failing"))
    assert (scan.scanner_version, scan.os_family, scan.os_version) == ("0.74.0", "debian", "13.7")
    assert (scan.os_packages, scan.packages, len(scan.diff_ids)) == (2, 4, 2)
    assert [(f.severity, f.id, f.purl, f.installed, f.fixed) for f in scan.findings] == [
        ("CRITICAL", "CVE-2020-14343", "pkg:pypi/pyyaml@5.3.1", "5.3.1", "5.4"),
        (
            "HIGH",
            "CVE-2025-15281",
            "pkg:deb/debian/glibc@2.41-12?arch=amd64&distro=debian-13.7",
            "2.41-12",
            "2.41-12+deb13u2",
        ),
        ("MEDIUM", "CVE-2024-34064", "pkg:pypi/jinja2@3.1.3", "3.1.3", "3.1.4"),
    ]


def test_an_amazon_linux_report_is_read_whole() -> None:
    scan = read(golden("amazon"))
    assert (scan.os_family, scan.os_version) == ("amazon", "2023.9.20251110 (Amazon Linux)")
    assert (scan.os_packages, scan.packages) == (3, 4)
    assert [(f.id, f.package, f.fixed) for f in scan.findings] == [
        ("CVE-2025-15467", "openssl-libs", "1:3.2.2-1.amzn2023.0.4")
    ]


def test_one_package_in_two_places_is_one_finding() -> None:
    report = golden("failing")
    report["Results"].append(report["Results"][1])
    assert read(report).findings == read(golden("failing")).findings


def test_what_was_suppressed_is_seen_and_so_is_what_did_it() -> None:
    report = golden("failing")
    taken = report["Results"][1]["Vulnerabilities"].pop(0)
    report["Results"][1]["ExperimentalModifiedFindings"] = [
        {"Type": "vulnerability", "Status": "ignored", "Source": ".trivyignore", "Finding": taken}
    ]
    assert read(report).suppressed == ("CVE-2020-14343 (ignored by .trivyignore)",)


def test_no_operating_system_is_no_reading_error() -> None:
    report = golden("failing")
    del report["Metadata"]["OS"]
    assert read(report).os_family == ""


@pytest.mark.parametrize("length", [0, 1, 100, 2000, 8000])
def test_a_report_that_is_cut_off_is_unreadable(length: int) -> None:
    scan = parse((GOLDEN / "failing.json").read_bytes()[:length])
    assert isinstance(scan, Unreadable)
    assert "not a complete Trivy report" in scan.reason


@pytest.mark.parametrize("missing", ["SchemaVersion", "CreatedAt", "Metadata", "Trivy", "ArtifactType", "ArtifactName"])
def test_a_report_without_what_binds_it_is_unreadable(missing: str) -> None:
    report = golden("failing")
    del report[missing]
    assert isinstance(parse(json.dumps(report).encode()), Unreadable)


def test_a_report_of_an_archives_tree_is_read_whole() -> None:
    scan = read(golden("tree"))
    assert (scan.kind, len(scan.target), scan.image_id, scan.os_family) == ("filesystem", 64, "", "")
    assert (scan.os_packages, scan.packages) == (0, 2)
    assert scan.python == ("pkg:pypi/jinja2@2.10", "pkg:pypi/markupsafe@3.0.3")
    assert [finding.id for finding in scan.findings] == ["CVE-2019-10906", "CVE-2024-22195", "CVE-2024-34064"]


def test_python_packages_are_those_installed_in_one_spelling() -> None:
    report = golden("failing")
    assert read(report).python == ("pkg:pypi/jinja2@3.1.3", "pkg:pypi/pyyaml@5.3.1")
    report["Results"][1]["Packages"][0]["Identifier"]["PURL"] = "pkg:pypi/PyYAML@5.3.1"
    assert "pkg:pypi/pyyaml@5.3.1" in read(report).python


def test_an_image_without_its_identity_is_unreadable() -> None:
    report = golden("failing")
    del report["Metadata"]["ImageID"]
    assert parse(json.dumps(report).encode()) == Unreadable(
        reason="the findings are of container_image without an identity"
    )


def test_what_is_neither_image_nor_folder_is_unreadable() -> None:
    scan = parse(json.dumps({**golden("tree"), "ArtifactType": "repository"}).encode())
    assert scan == Unreadable(reason="the findings are of repository without an identity")


def test_an_unknown_severity_is_unreadable_rather_than_harmless() -> None:
    report = golden("failing")
    report["Results"][1]["Vulnerabilities"][0]["Severity"] = "SEVERE"
    scan = parse(json.dumps(report).encode())
    assert isinstance(scan, Unreadable)
    assert "SEVERE" in scan.reason


def test_another_report_schema_is_unreadable() -> None:
    scan = parse(json.dumps({**golden("failing"), "SchemaVersion": 3}).encode())
    assert scan == Unreadable(reason="the findings have schema 3; this gate reads 2")


def test_a_time_without_a_zone_is_unreadable() -> None:
    scan = parse(json.dumps({**golden("failing"), "CreatedAt": "2026-11-21T06:00:00"}).encode())
    assert isinstance(scan, Unreadable)
    assert "time zone" in scan.reason


def test_bytes_that_are_no_text_are_unreadable() -> None:
    assert isinstance(parse(b"\xff\xfe{"), Unreadable)
