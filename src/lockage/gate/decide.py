"""The decision: evidence and policy to a verdict, and nothing else; no clock, no file, no scanner.

=============================================== =============
what the evidence says                          outcome
=============================================== =============
any doubt, whatever else                        inconclusive
a finding that blocks and no exception covers   fail
an exception that expired                       fail
an exception that ends over a year from now     fail
an exception that matches no finding            fail
none of these                                   pass
=============================================== =============
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import date, datetime
from typing import get_args

from lockage.gate.doubts import doubts
from lockage.gate.evidence import DatabaseFacts, Evidence, utc
from lockage.gate.exceptions import LONGEST, ExceptionEntry
from lockage.gate.findings import Scan
from lockage.gate.policy import Policy
from lockage.model.verdict import ExceptedFinding, Finding, Outcome, Severity, Verdict


def decide(evidence: Evidence, policy: Policy, now: datetime) -> Verdict:
    """Decide on one artifact.

    Args:
        evidence: what was seen, and with what.
        policy: what blocks and what is accepted.
        now: for expiries and the database's age; with a time zone.
    """
    findings = evidence.scan.findings if isinstance(evidence.scan, Scan) else ()
    exceptions = policy.for_artifact(evidence.subject.name)
    today = now.date()
    valid = [entry for entry in exceptions if not entry.expired(today) and not entry.lasts_too_long(today)]
    blocking, excepted = _sort_out(findings, valid, policy)
    doubtful = [doubt.reason for doubt in doubts(evidence, policy, now)]
    failing = [*_blocked(blocking), *_idle(exceptions, findings, today, evidence)]
    outcome: Outcome = "inconclusive" if doubtful else "fail" if failing else "pass"
    facts = evidence.database if isinstance(evidence.database, DatabaseFacts) else None
    return Verdict(
        artifact=evidence.subject.digest,
        outcome=outcome,
        reasons=(*doubtful, *failing),
        blocking=blocking,
        excepted=excepted,
        counts=_counts(findings),
        packages=evidence.scan.packages if isinstance(evidence.scan, Scan) else 0,
        database=facts.record() if facts else None,
        scanner=evidence.scanner.tool,
        policy=policy.digest,
        findings=evidence.scan.report if isinstance(evidence.scan, Scan) else None,
        decided_at=utc(now.replace(microsecond=0)),
        second_sources=_second_sources(evidence, facts),
    )


def _sort_out(
    findings: Sequence[Finding], valid: Sequence[ExceptionEntry], policy: Policy
) -> tuple[tuple[Finding, ...], tuple[ExceptedFinding, ...]]:
    """What blocks, and what an exception covers."""
    blocking: list[Finding] = []
    excepted: list[ExceptedFinding] = []
    for finding in findings:
        entry = next((entry for entry in valid if entry.covers(finding)), None)
        if entry is not None:
            accepted = ExceptedFinding(finding=finding, reason=entry.reason, owner=entry.owner, expires=entry.expires)
            excepted.append(accepted)
        elif finding.severity in policy.severities:
            blocking.append(finding)
    return tuple(blocking), tuple(excepted)


def _blocked(blocking: Sequence[Finding]) -> Iterator[str]:
    for finding in blocking:
        fix = f"fixed in {finding.fixed}" if finding.fixed else "no fix yet"
        yield f"{finding.severity} {finding.id} in {finding.package} {finding.installed}, {fix}"


def _idle(
    exceptions: Sequence[ExceptionEntry], findings: Sequence[Finding], today: date, evidence: Evidence
) -> Iterator[str]:
    """Exceptions that accept nothing; without findings to compare with, none can be told to be unmatched."""
    for entry in exceptions:
        if entry.expired(today):
            yield f"the exception for {entry.id} in {entry.package} ended on {entry.expires} (owner: {entry.owner})"
        elif entry.lasts_too_long(today):
            yield (
                f"the exception for {entry.id} in {entry.package} would hold until {entry.expires}, which is more than "
                f"{LONGEST.days} days from now (owner: {entry.owner})"
            )
        elif isinstance(evidence.scan, Scan) and not any(entry.covers(finding) for finding in findings):
            yield (
                f"the exception for {entry.id} in {entry.package} matches no finding in {evidence.subject.name} "
                f"(owner: {entry.owner})"
            )


def _counts(findings: Sequence[Finding]) -> dict[Severity, int]:
    """All severities, also those with no finding: a missing line would be no answer."""
    found = Counter(finding.severity for finding in findings)
    severities: tuple[Severity, ...] = get_args(Severity)
    return {severity: found[severity] for severity in severities}


def _second_sources(evidence: Evidence, facts: DatabaseFacts | None) -> tuple[str, ...]:
    sources = (facts.second_source if facts else "", evidence.scanner.second_source)
    return tuple(source for source in sources if source)
