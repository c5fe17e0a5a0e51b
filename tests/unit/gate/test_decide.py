"""The decision: its table, and the laws that hold for all findings, exceptions and doubts."""

from datetime import timedelta
from typing import get_args

import msgspec
import pytest
from fakes.evidence import FIXTURE, NOW, SCANNER, evidence, exception, facts, finding, policy, scan
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from lockage.gate.decide import decide
from lockage.gate.evidence import Evidence
from lockage.gate.exceptions import ExceptionEntry
from lockage.gate.findings import Unreadable
from lockage.gate.policy import Policy
from lockage.model.tool import UsedTool
from lockage.model.verdict import Finding, Severity

WORSE = {"pass": 0, "fail": 1, "inconclusive": 2}

FINDINGS = st.builds(
    lambda number, version, severity: finding(
        id=f"CVE-2020-{number}", purl=f"pkg:pypi/pyyaml@{version}", severity=severity
    ),
    st.integers(1, 4),
    st.integers(1, 3),
    st.sampled_from(get_args(Severity)),
)
LISTS = st.lists(FINDINGS, max_size=6, unique=True)
EXCEPTIONS = st.builds(
    lambda number, version, days: exception(
        id=f"CVE-2020-{number}",
        package=f"pkg:pypi/pyyaml@{version}",
        expires=(NOW.date() + timedelta(days=days)).isoformat(),
    ),
    st.integers(1, 4),
    st.integers(1, 3),
    st.integers(-2, 2),
)
POLICIES = st.builds(lambda entries: policy(*entries), st.lists(EXCEPTIONS, max_size=4))


def seen(*findings: Finding) -> Evidence:
    return evidence(scan=scan(findings=findings))


def outcome(what: Evidence, under: Policy) -> str:
    return decide(what, under, NOW).outcome


def test_an_image_without_findings_passes_without_reasons() -> None:
    verdict = decide(seen(), policy(), NOW)
    assert (verdict.outcome, verdict.reasons, verdict.second_sources) == ("pass", (), ())
    assert verdict.counts == {"UNKNOWN": 0, "LOW": 0, "MEDIUM": 0, "HIGH": 0, "CRITICAL": 0}
    assert (verdict.artifact, verdict.packages) == (evidence().subject.digest, 120)
    assert verdict.scanner == UsedTool(name="trivy", version="0.74.0", source="release", sha256="e" * 64)
    assert verdict.database is not None
    assert verdict.database.updated_at == "2026-11-21T06:00:00Z"


@pytest.mark.parametrize("severity", get_args(Severity))
def test_severities_of_the_policy_block_and_others_are_counted(severity: Severity) -> None:
    verdict = decide(seen(finding(severity=severity)), policy(), NOW)
    assert verdict.outcome == ("fail" if severity in {"HIGH", "CRITICAL"} else "pass")
    assert verdict.counts[severity] == 1


def test_a_finding_is_told_with_its_fix() -> None:
    verdict = decide(seen(finding(), finding(id="CVE-2020-2", fixed="")), policy(), NOW)
    assert verdict.reasons == (
        "CRITICAL CVE-2020-14343 in PyYAML 5.3.1, fixed in 5.4",
        "CRITICAL CVE-2020-2 in PyYAML 5.3.1, no fix yet",
    )


def test_an_excepted_finding_passes_and_stays_on_record() -> None:
    verdict = decide(seen(finding()), policy(exception()), NOW)
    assert (verdict.outcome, verdict.blocking) == ("pass", ())
    [excepted] = verdict.excepted
    assert (excepted.owner, excepted.expires) == ("security@example.com", "2026-12-31")
    assert verdict.counts["CRITICAL"] == 1


def test_an_expired_exception_fails_even_when_nothing_needs_it() -> None:
    verdict = decide(seen(), policy(exception(expires="2026-11-20")), NOW)
    assert verdict.outcome == "fail"
    assert verdict.reasons == (
        "the exception for CVE-2020-14343 in pkg:pypi/pyyaml@5.3.1 ended on 2026-11-20 (owner: security@example.com)",
    )


def test_an_expired_exception_covers_nothing() -> None:
    verdict = decide(seen(finding()), policy(exception(expires="2026-11-20")), NOW)
    assert [one.id for one in verdict.blocking] == ["CVE-2020-14343"]
    assert len(verdict.reasons) == 2


@pytest.mark.parametrize(("expires", "outcome_"), [("2027-11-21", "pass"), ("2027-11-22", "fail")])
def test_an_exception_may_hold_for_a_year_at_most(expires: str, outcome_: str) -> None:
    verdict = decide(seen(finding()), policy(exception(expires=expires)), NOW)
    assert verdict.outcome == outcome_
    if outcome_ == "fail":
        assert [one.id for one in verdict.blocking] == ["CVE-2020-14343"]
        assert verdict.reasons[-1] == (
            "the exception for CVE-2020-14343 in pkg:pypi/pyyaml@5.3.1 would hold until 2027-11-22, which is more than "
            "365 days from now (owner: security@example.com)"
        )


def test_an_exception_that_matches_nothing_fails() -> None:
    verdict = decide(seen(), policy(exception()), NOW)
    assert verdict.outcome == "fail"
    assert verdict.reasons == (
        (
            "the exception for CVE-2020-14343 in pkg:pypi/pyyaml@5.3.1 matches no finding in platform "
            "(owner: security@example.com)"
        ),
    )


def test_an_exception_for_another_image_is_neither_used_nor_missed() -> None:
    other = policy(exception(artifacts=("base",)))
    assert outcome(seen(), other) == "pass"
    assert outcome(seen(finding()), other) == "fail"


def test_without_findings_to_compare_with_no_exception_is_called_unmatched() -> None:
    verdict = decide(evidence(scan=Unreadable(reason="cut off")), policy(exception()), NOW)
    assert (verdict.outcome, verdict.reasons) == ("inconclusive", ("cut off",))


def test_second_sources_mark_the_verdict() -> None:
    marked = evidence(
        database=facts(second_source=FIXTURE, systems=("amazon linux 2023",)),
        scanner=replace(SCANNER, second_source="trivy 0.74.0 built from its module"),
    )
    verdict = decide(marked, policy(), NOW)
    assert verdict.outcome == "pass"
    assert verdict.second_sources == (FIXTURE, "trivy 0.74.0 built from its module")
    assert verdict.database is not None
    assert verdict.database.second_source == FIXTURE


def test_the_policys_digest_changes_with_everything_in_it() -> None:
    variants = [
        policy(),
        policy(exception()),
        policy(severities=("CRITICAL",)),
        policy(database_max_age_h=1),
        policy(scanner_config="sha256:" + "0" * 64),
    ]
    assert len({variant.digest for variant in variants}) == len(variants)


@given(LISTS, FINDINGS, POLICIES)
def test_another_finding_never_turns_a_failure_for_a_finding_into_a_pass(
    found: list[Finding], more: Finding, under: Policy
) -> None:
    before, after = decide(seen(*found), under, NOW), decide(seen(*found, more), under, NOW)
    assert set(before.blocking) <= set(after.blocking)
    if before.blocking:
        assert after.outcome == "fail"


@given(LISTS, FINDINGS)
def test_without_exceptions_more_findings_are_never_better(found: list[Finding], more: Finding) -> None:
    assert WORSE[outcome(seen(*found, more), policy())] >= WORSE[outcome(seen(*found), policy())]


@given(LISTS, POLICIES)
def test_every_blocking_severity_is_either_blocking_or_excepted(found: list[Finding], under: Policy) -> None:
    verdict = decide(seen(*found), under, NOW)
    accounted = {*verdict.blocking, *(one.finding for one in verdict.excepted)}
    assert {one for one in found if one.severity in under.severities} <= accounted
    assert not set(verdict.blocking) & {one.finding for one in verdict.excepted}
    assert sum(verdict.counts.values()) == len(found)


@given(LISTS, EXCEPTIONS)
def test_an_exception_takes_away_only_what_it_covers(found: list[Finding], entry: ExceptionEntry) -> None:
    without = decide(seen(*found), policy(), NOW)
    taken = set(without.blocking) - set(decide(seen(*found), policy(entry), NOW).blocking)
    assert all(entry.covers(one) for one in taken)


@given(LISTS, POLICIES, st.sampled_from(["scan", "database", "system", "packages", "age"]))
def test_doubt_outweighs_everything(found: list[Finding], under: Policy, doubt: str) -> None:
    clear = seen(*found)
    doubtful = {
        "scan": replace(clear, scan=Unreadable(reason="cut off")),
        "database": replace(clear, database=Unreadable(reason="missing")),
        "system": replace(clear, scan=scan(findings=tuple(found), os_family="none")),
        "packages": replace(clear, scan=scan(findings=tuple(found), os_packages=0)),
        "age": replace(clear, database=facts(updated_at=NOW - timedelta(hours=49))),
    }[doubt]
    assert outcome(doubtful, under) == "inconclusive"


@given(LISTS, POLICIES)
def test_a_pass_has_no_reasons_and_nothing_else_has_none(found: list[Finding], under: Policy) -> None:
    verdict = decide(seen(*found), under, NOW)
    assert (verdict.outcome == "pass") == (not verdict.reasons)


@given(LISTS, POLICIES)
def test_equal_evidence_gives_equal_bytes(found: list[Finding], under: Policy) -> None:
    first, second = (msgspec.json.encode(decide(seen(*found), under, NOW)) for _ in range(2))
    assert first == second
