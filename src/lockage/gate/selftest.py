"""Before every scan the gate is shown evidence whose verdict is known; if it decides otherwise, it is inert.

A policy that blocks nothing, a matcher that covers everything, a check that was commented out: each would let every
image pass, and a green line would be the only sign of it.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from msgspec.structs import replace

from lockage.errors import Inconclusive
from lockage.gate.decide import decide
from lockage.gate.evidence import DatabaseFacts, Evidence, Scanner
from lockage.gate.exceptions import ExceptionEntry
from lockage.gate.findings import Scan, Unreadable
from lockage.gate.policy import DATABASE_SCHEMA, Policy
from lockage.model.ids import Digest
from lockage.model.verdict import Finding, Outcome, Severity

_NOW = datetime(2026, 1, 1, tzinfo=UTC)
_DIGEST = Digest("sha256:" + "0" * 64)


class GateInert(Inconclusive):
    """The gate gave a known case the wrong outcome; none of its verdicts is worth anything."""


def prove(policy: Policy) -> None:
    """Decide the known cases under a project's own policy (its exceptions aside).

    Raises:
        GateInert: a case came out otherwise than known.
    """
    bare = replace(policy, exceptions=())
    for name, evidence, under, expected in _cases(bare):
        outcome = decide(evidence, under, _NOW).outcome
        if outcome != expected:
            raise GateInert(
                "the gate is inert: nothing was scanned",
                why=f"shown {name}, it decided {outcome}; known is {expected}",
                remedy="look at what changed last in lockage.gate or under gate: in lockage.yaml",
            )


def _cases(policy: Policy) -> Iterator[tuple[str, Evidence, Policy, Outcome]]:
    clean = _evidence(policy)
    scan, facts = _scan(), _facts(policy)
    yield "an image without findings", clean, policy, "pass"
    for severity in sorted({*policy.severities, "CRITICAL"}):  # a policy without CRITICAL guards nothing
        found = replace(clean, scan=replace(scan, findings=(_finding(severity),)))
        yield f"a finding of severity {severity}", found, policy, "fail"
        yield "the same finding, excepted", found, replace(policy, exceptions=(_exception("1.0"),)), "pass"
        endless = replace(_exception("1.0"), expires="2999-12-31")
        yield "the same finding, excepted for ever", found, replace(policy, exceptions=(endless,)), "fail"
        yield "an exception for another version", found, replace(policy, exceptions=(_exception("2.0"),)), "fail"
    lapsed = replace(_exception("1.0"), expires="2025-12-31")
    yield "an expired exception", clean, replace(policy, exceptions=(lapsed,)), "fail"
    yield "an exception that matches nothing", clean, replace(policy, exceptions=(_exception("1.0"),)), "fail"
    old = replace(facts, updated_at=_NOW - policy.max_age - timedelta(hours=1))
    doubtful = {
        "a report that is cut off": replace(clean, scan=Unreadable(reason="cut off")),
        "no database": replace(clean, database=Unreadable(reason="missing")),
        "a database that is too old": replace(clean, database=old),
        "an image without packages": replace(clean, scan=replace(scan, os_packages=0)),
        "an unknown operating system": replace(clean, scan=replace(scan, os_family="none")),
        "the findings of another image": replace(clean, scan=replace(scan, image_id="sha256:" + "1" * 64)),
    }
    for name, evidence in doubtful.items():
        yield name, evidence, policy, "inconclusive"


def _evidence(policy: Policy) -> Evidence:
    return Evidence(
        image="known",
        digest=_DIGEST,
        image_id=_DIGEST,
        diff_ids=(_DIGEST,),
        scan=_scan(),
        database=_facts(policy),
        scanner=Scanner(version="0", sha256="0" * 64),
    )


def _scan() -> Scan:
    return Scan(
        report=_DIGEST,
        scanner_version="0",
        created_at=_NOW,
        image_id=_DIGEST,
        diff_ids=(_DIGEST,),
        os_family="amazon",
        os_version="2023",
        os_end_of_life=False,
        os_packages=1,
        packages=1,
        findings=(),
        suppressed=(),
    )


def _facts(policy: Policy) -> DatabaseFacts:
    fresh = _NOW - min(policy.max_age, timedelta(hours=1)) / 2
    return DatabaseFacts(digest=_DIGEST, schema=DATABASE_SCHEMA, updated_at=fresh, downloaded_at=fresh)


def _finding(severity: Severity) -> Finding:
    return Finding(
        id="CVE-0000-0000",
        purl="pkg:pypi/known-bad@1.0",
        package="known-bad",
        installed="1.0",
        fixed="",
        severity=severity,
        title="",
    )


def _exception(version: str) -> ExceptionEntry:
    return ExceptionEntry(
        id="CVE-0000-0000",
        package=f"pkg:pypi/known-bad@{version}",
        reason="known",
        owner="the gate itself",
        expires="2026-01-01",
    )
