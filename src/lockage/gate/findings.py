"""Trivy's JSON report to plain values: what was scanned, with what, and everything that was found.

Only the shape is read here; what it means is decided elsewhere. Fields are those of Trivy 0.74, report schema 2
(``pkg/types/report.go``); others are passed over. Of a folder there is no metadata, only the name it was called by.
"""

import hashlib
from datetime import datetime
from typing import Any, get_args

import msgspec
from packageurl import PackageURL

from lockage.model.ids import Digest
from lockage.model.verdict import Finding, Severity

REPORT_SCHEMA = 2
IMAGE, FOLDER = "container_image", "filesystem"
"""What the scanner calls the kinds of things that it is given."""

_OS_PACKAGES = "os-pkgs"
_PYTHON = "python-pkg"


class Scan(msgspec.Struct, frozen=True, kw_only=True):
    """A report that could be read."""

    report: Digest
    """Of the report's bytes."""
    scanner_version: str
    created_at: datetime
    target: str
    """What the scanner was told to scan: a name or a path."""
    kind: str
    """``container_image``, which has an ``image_id``, or ``filesystem``, which has not."""
    image_id: str
    """Digest of an image's configuration; empty of a folder."""
    diff_ids: tuple[str, ...]
    """Of an image's layers, lowest first."""
    os_family: str
    """``amazon``, ``debian``, …; empty or ``none`` when the scanner recognised none."""
    os_version: str
    os_end_of_life: bool
    os_packages: int
    packages: int
    """Of all kinds, those of the operating system included."""
    python: tuple[str, ...]
    """Installed Python packages, as package URLs, sorted."""
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


class _Package(msgspec.Struct, frozen=True, rename="pascal"):
    identifier: _Identifier = _Identifier()


class _Result(msgspec.Struct, frozen=True, rename="pascal"):
    class_: str = msgspec.field(name="Class", default="")
    type: str = ""
    packages: tuple[_Package, ...] = ()
    vulnerabilities: tuple[_Vulnerability, ...] = ()
    suppressed: tuple[_Suppressed, ...] = msgspec.field(name="ExperimentalModifiedFindings", default=())


class _Os(msgspec.Struct, frozen=True, rename="pascal"):
    family: str = ""
    name: str = ""
    end_of_life: bool = msgspec.field(name="EOSL", default=False)


class _Metadata(msgspec.Struct, frozen=True, rename="pascal"):
    image_id: str = msgspec.field(name="ImageID", default="")
    diff_ids: tuple[str, ...] = msgspec.field(name="DiffIDs", default=())
    os: _Os | None = msgspec.field(name="OS", default=None)


class _Trivy(msgspec.Struct, frozen=True, rename="pascal"):
    version: str


class _Report(msgspec.Struct, frozen=True, rename="pascal"):
    schema_version: int
    trivy: _Trivy
    created_at: datetime
    artifact_name: str
    artifact_type: str
    metadata: _Metadata = _Metadata()
    results: tuple[_Result, ...] = ()


def parse(report: bytes) -> Scan | Unreadable:
    """Read a report; one that is cut off, or of another shape, is unreadable rather than empty."""
    try:
        read = msgspec.json.decode(report, type=_Report)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        return Unreadable(reason=f"the findings are not a complete Trivy report: {error}")
    if read.schema_version != REPORT_SCHEMA:
        return Unreadable(reason=f"the findings have schema {read.schema_version}; this gate reads {REPORT_SCHEMA}")
    if read.artifact_type != FOLDER and not (read.artifact_type == IMAGE and read.metadata.image_id):
        return Unreadable(reason=f"the findings are of {read.artifact_type or 'nothing'} without an identity")
    if read.created_at.tzinfo is None:
        return Unreadable(reason="the findings do not say in which time zone they were made")
    return _scan(read, Digest(f"sha256:{hashlib.sha256(report).hexdigest()}"))


def _scan(report: _Report, digest: Digest) -> Scan:
    system = report.metadata.os or _Os()
    return Scan(
        report=digest,
        scanner_version=report.trivy.version,
        created_at=report.created_at,
        target=report.artifact_name,
        kind=report.artifact_type,
        image_id=report.metadata.image_id,
        diff_ids=report.metadata.diff_ids,
        os_family=system.family,
        os_version=system.name,
        os_end_of_life=system.end_of_life,
        os_packages=sum(len(result.packages) for result in report.results if result.class_ == _OS_PACKAGES),
        packages=sum(len(result.packages) for result in report.results),
        python=_python(report.results),
        findings=_findings(report.results),
        suppressed=tuple(sorted(_suppressed(one) for result in report.results for one in result.suppressed)),
    )


def _python(results: tuple[_Result, ...]) -> tuple[str, ...]:
    packages = (one for result in results if result.type == _PYTHON for one in result.packages)
    return tuple(sorted({canonical(one.identifier.purl) for one in packages}))


def canonical(purl: str) -> str:
    """A package URL as its specification writes it, so that equal packages are equal whoever names them."""
    try:
        return PackageURL.from_string(purl).to_string()
    except ValueError:
        return purl


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
