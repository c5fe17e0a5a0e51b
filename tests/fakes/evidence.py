"""Evidence for the gate: conclusive and clean unless a test says otherwise."""

from datetime import UTC, datetime, timedelta

from lockage.gate.evidence import ArchiveSubject, DatabaseFacts, Evidence, ImageSubject, Scanner, tree_name
from lockage.gate.exceptions import ExceptionEntry
from lockage.gate.findings import FOLDER, Scan
from lockage.gate.policy import DATABASE_SCHEMA, Policy
from lockage.model.ids import Digest
from lockage.model.tool import UsedTool
from lockage.model.verdict import Finding

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
DIGEST = Digest("sha256:" + "a" * 64)
IMAGE_ID = Digest("sha256:" + "b" * 64)
LAYER = "sha256:" + "c" * 64
PYTHON = ("pkg:pypi/jinja2@3.1.6", "pkg:pypi/pyyaml@5.3.1")
FIXTURE = "fixture database of 2 advisories, collected 2026-11-21"

SCANNER = Scanner(tool=UsedTool(name="trivy", version="0.74.0", source="release", sha256="e" * 64))


def finding(**changes: object) -> Finding:
    fields: dict[str, object] = {
        "id": "CVE-2020-14343",
        "purl": "pkg:pypi/pyyaml@5.3.1",
        "package": "PyYAML",
        "installed": "5.3.1",
        "fixed": "5.4",
        "severity": "CRITICAL",
        "title": "arbitrary code execution",
    }
    return Finding(**{**fields, **changes})  # type: ignore[arg-type]  # any field by its name


def exception(**changes: object) -> ExceptionEntry:
    fields: dict[str, object] = {
        "id": "CVE-2020-14343",
        "package": "pkg:pypi/pyyaml@5.3.1",
        "reason": "full_load is never called",
        "owner": "security@example.com",
        "expires": "2026-12-31",
    }
    return ExceptionEntry(**{**fields, **changes})  # type: ignore[arg-type]  # any field by its name


def scan(**changes: object) -> Scan:
    fields: dict[str, object] = {
        "report": Digest("sha256:" + "9" * 64),
        "scanner_version": "0.74.0",
        "created_at": NOW,
        "target": "platform",
        "kind": "container_image",
        "image_id": IMAGE_ID,
        "diff_ids": (LAYER,),
        "os_family": "amazon",
        "os_version": "2023.9.20251110 (Amazon Linux)",
        "os_end_of_life": False,
        "os_packages": 100,
        "packages": 120,
        "python": PYTHON,
        "findings": (),
        "suppressed": (),
    }
    return Scan(**{**fields, **changes})  # type: ignore[arg-type]  # any field by its name


def tree_scan(**changes: object) -> Scan:
    """Of an archive."""
    folder = {
        "target": f"/anywhere/{tree_name(DIGEST)}",
        "kind": FOLDER,
        "image_id": "",
        "diff_ids": (),
        "os_family": "",
        "os_version": "",
        "os_packages": 0,
        "packages": 2,
    }
    return scan(**{**folder, **changes})


def image(**changes: object) -> ImageSubject:
    fields: dict[str, object] = {"name": "platform", "digest": DIGEST, "image_id": IMAGE_ID, "diff_ids": (LAYER,)}
    return ImageSubject(**{**fields, **changes})  # type: ignore[arg-type]  # any field by its name


def archive(**changes: object) -> ArchiveSubject:
    fields: dict[str, object] = {"name": "dashboard", "digest": DIGEST, "locked": True, "python": PYTHON}
    return ArchiveSubject(**{**fields, **changes})  # type: ignore[arg-type]  # any field by its name


def facts(**changes: object) -> DatabaseFacts:
    fields: dict[str, object] = {
        "digest": Digest("sha256:" + "d" * 64),
        "schema": DATABASE_SCHEMA,
        "updated_at": NOW - timedelta(hours=6),
        "downloaded_at": NOW - timedelta(hours=3),
    }
    return DatabaseFacts(**{**fields, **changes})  # type: ignore[arg-type]  # any field by its name


def evidence(**changes: object) -> Evidence:
    fields: dict[str, object] = {
        "subject": image(),
        "scan": scan(),
        "database": facts(),
        "scanner": SCANNER,
    }
    return Evidence(**{**fields, **changes})  # type: ignore[arg-type]  # any field by its name


def policy(*exceptions: ExceptionEntry, **changes: object) -> Policy:
    fields: dict[str, object] = {
        "severities": ("HIGH", "CRITICAL"),
        "database_max_age_h": 48,
        "exceptions": exceptions,
        "scanner_config": Digest("sha256:" + "f" * 64),
    }
    return Policy(**{**fields, **changes})  # type: ignore[arg-type]  # any field by its name
