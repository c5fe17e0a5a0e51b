"""Trivy's JSON report to plain values: what was scanned, with what, and everything that was found.

Only the shape is read here; what it means is decided elsewhere. Fields are those of Trivy 0.74, report schema 2
(``pkg/types/report.go``); others are passed over.
"""

import hashlib
from datetime import datetime
from typing import Any, get_args

import msgspec

from lockage.model.ids import Digest
from lockage.model.verdict import Finding, Severity

REPORT_SCHEMA = 2
_OS_PACKAGES = "os-pkgs"


class Scan(msgspec.Struct, frozen=True, kw_only=True):
    """A report that could be read."""

    report: Digest
    """Of the report's bytes."""
    scanner_version: str
    created_at: datetime
    image_id: str
    """Digest of the image's configuration."""
    diff_ids: tuple[str, ...]
    """Of the layers, lowest first."""
    os_family: str
    """``amazon``, ``debian``, …; empty or ``none`` when the scanner recognised none."""
    os_version: str
    os_end_of_life: bool
    os_packages: int
    packages: int
    """Of all kinds, those of the operating system included."""
    findings: tuple[Finding, ...]
    """Sorted, each vulnerability of each package once."""
    suppressed: tuple[str, ...]
    """Findings that an ignore file or VEX took out of the report, with what took them out."""


class Unreadable(msgspec.Struct, frozen=True, kw_only=True):
    """A report that says nothing, and why."""

    reason: str


class _Identifier(msgspec.Struct, frozen=True):
    purl: str = msgspec.field(name="PURL", default="")


class _Vulnerability(msgspec.Struct, frozen=True, rename="pascal"):
    package: str = msgspec.field(name="PkgName")
    id: str = msgspec.field(name="VulnerabilityID")
    installed_version: str = ""
    fixed_version: str = ""
    severity: Severity = "UNKNOWN"
    title: str = ""
    identifier: _Identifier = msgspec.field(name="PkgIdentifier", default=_Identifier())


class _Suppressed(msgspec.Struct, frozen=True, rename="pascal"):
    status: str = ""
    source: str = ""
    finding: dict[str, Any] = {}


class _Result(msgspec.Struct, frozen=True, rename="pascal"):
    class_: str = msgspec.field(name="Class", default="")
    packages: tuple[dict[str, Any], ...] = ()
    vulnerabilities: tuple[_Vulnerability, ...] = ()
    suppressed: tuple[_Suppressed, ...] = msgspec.field(name="ExperimentalModifiedFindings", default=())


class _Os(msgspec.Struct, frozen=True, rename="pascal"):
    family: str = ""
    name: str = ""
    end_of_life: bool = msgspec.field(name="EOSL", default=False)


class _Metadata(msgspec.Struct, frozen=True, rename="pascal"):
    image_id: str = msgspec.field(name="ImageID")
    diff_ids: tuple[str, ...] = msgspec.field(name="DiffIDs")
    os: _Os | None = msgspec.field(name="OS", default=None)


class _Trivy(msgspec.Struct, frozen=True, rename="pascal"):
    version: str


class _Report(msgspec.Struct, frozen=True, rename="pascal"):
    schema_version: int
    trivy: _Trivy
    created_at: datetime
    metadata: _Metadata
    results: tuple[_Result, ...] = ()


def parse(report: bytes) -> Scan | Unreadable:
    """Read a report; one that is cut off, or that is not an image's, is unreadable rather than empty."""
    try:
        read = msgspec.json.decode(report, type=_Report)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        return Unreadable(reason=f"the findings are not a complete Trivy report of an image: {error}")
    if read.schema_version != REPORT_SCHEMA:
        return Unreadable(reason=f"the findings have schema {read.schema_version}; this gate reads {REPORT_SCHEMA}")
    if read.created_at.tzinfo is None:
        return Unreadable(reason="the findings do not say in which time zone they were made")
    return _scan(read, Digest(f"sha256:{hashlib.sha256(report).hexdigest()}"))


def _scan(report: _Report, digest: Digest) -> Scan:
    system = report.metadata.os or _Os()
    return Scan(
        report=digest,
        scanner_version=report.trivy.version,
        created_at=report.created_at,
        image_id=report.metadata.image_id,
        diff_ids=report.metadata.diff_ids,
        os_family=system.family,
        os_version=system.name,
        os_end_of_life=system.end_of_life,
        os_packages=sum(len(result.packages) for result in report.results if result.class_ == _OS_PACKAGES),
        packages=sum(len(result.packages) for result in report.results),
        findings=_findings(report.results),
        suppressed=tuple(sorted(_suppressed(one) for result in report.results for one in result.suppressed)),
    )


def _findings(results: tuple[_Result, ...]) -> tuple[Finding, ...]:
    """All findings, most severe first; a package found in two places is one finding, not two."""
    severities = get_args(Severity)
    found = {_finding(one) for result in results for one in result.vulnerabilities}
    return tuple(sorted(found, key=lambda f: (-severities.index(f.severity), f.id, f.purl, f.package, f.installed)))


def _finding(one: _Vulnerability) -> Finding:
    return Finding(
        id=one.id,
        purl=one.identifier.purl,
        package=one.package,
        installed=one.installed_version,
        fixed=one.fixed_version,
        severity=one.severity,
        title=one.title,
    )


def _suppressed(one: _Suppressed) -> str:
    return f"{one.finding.get('VulnerabilityID', 'a finding')} ({one.status} by {one.source or 'an unnamed source'})"
