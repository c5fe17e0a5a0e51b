"""What the gate saw and decided."""

from typing import Literal

import msgspec

from lockage.model.ids import Digest
from lockage.model.tool import UsedTool

Outcome = Literal["pass", "fail", "inconclusive"]
Severity = Literal["UNKNOWN", "LOW", "MEDIUM", "HIGH", "CRITICAL"]


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """One vulnerability in one package."""

    id: str
    """``CVE-…`` or the advisory's own id."""
    purl: str
    """Package URL, version included."""
    package: str
    installed: str
    fixed: str
    """First version that has the fix; empty when there is none."""
    severity: Severity
    title: str


class ExceptedFinding(msgspec.Struct, frozen=True, kw_only=True):
    """A finding that a dated, owned decision accepts."""

    finding: Finding
    reason: str
    owner: str
    expires: str
    """ISO date; the exception holds through that day, UTC."""


class Database(msgspec.Struct, frozen=True, kw_only=True):
    """The vulnerability database a verdict rests on."""

    digest: Digest
    """Of the database file."""
    updated_at: str
    """ISO time, UTC, from the database's own metadata."""
    second_source: str = ""
    """Empty for the published database; else what served in its place."""
    systems: tuple[str, ...] = ()
    """Of a second source: the operating systems it has advisories for."""


class Verdict(msgspec.Struct, frozen=True, kw_only=True):
    """The gate's decision on one artifact."""

    schema: Literal[1] = 1
    artifact: Digest
    outcome: Outcome
    reasons: tuple[str, ...]
    """Why it is not *pass*; empty when it is."""
    blocking: tuple[Finding, ...]
    excepted: tuple[ExceptedFinding, ...]
    counts: dict[Severity, int]
    """All findings by severity, excepted ones included."""
    packages: int
    database: Database | None
    """None when none could be read, which is inconclusive."""
    scanner: UsedTool
    """What scanned."""
    policy: Digest
    """Of policy and exceptions as applied."""
    findings: Digest | None
    """Of the scanner's report as it was read; None when there was none to read, which is inconclusive."""
    decided_at: str
    """ISO time, UTC; a verdict does not hold for ever."""
    second_sources: tuple[str, ...]
    """Why this verdict may serve a rehearsal only: the database's or the scanner's second source."""
