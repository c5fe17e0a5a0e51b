"""The gate's self-test: silent under every sane policy, loud when the decision is broken in any known way."""

from collections.abc import Callable
from datetime import datetime

import pytest
from fakes.evidence import exception, policy
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from lockage.gate import selftest
from lockage.gate.decide import decide
from lockage.gate.evidence import ArchiveSubject, Evidence
from lockage.gate.exceptions import ExceptionEntry
from lockage.gate.findings import Scan
from lockage.gate.policy import Policy
from lockage.gate.selftest import GateInert, prove
from lockage.model.verdict import Finding, Severity, Verdict

Decide = Callable[[Evidence, Policy, datetime], Verdict]

SEVERITIES: st.SearchStrategy[list[Severity]] = st.lists(st.sampled_from(["MEDIUM", "HIGH"]), unique=True)


@given(SEVERITIES, st.integers(1, 720))
def test_a_sound_gate_proves_itself_under_every_policy(severities: list[Severity], hours: int) -> None:
    prove(policy(severities=(*severities, "CRITICAL"), database_max_age_h=hours))


def test_the_projects_own_exceptions_take_no_part() -> None:
    prove(policy(exception(expires="2020-01-01")))


def _blind(what: Evidence) -> Evidence:
    return replace(what, scan=replace(what.scan, findings=())) if isinstance(what.scan, Scan) else what


def _of_images_only(what: Evidence) -> Evidence:
    return _blind(what) if isinstance(what.subject, ArchiveSubject) else what


def _incurious(what: Evidence) -> Evidence:
    """Takes whatever packages the scanner saw in an archive for those of its SBOM."""
    if not isinstance(what.subject, ArchiveSubject) or not isinstance(what.scan, Scan) or not what.scan.python:
        return what
    return replace(what, subject=replace(what.subject, python=what.scan.python))


def _trusting(verdict: Verdict) -> Verdict:
    return replace(verdict, outcome="pass") if verdict.outcome == "inconclusive" else verdict


BROKEN: dict[str, tuple[Decide, str]] = {
    "passes everything": (
        lambda what, under, now: replace(decide(what, under, now), outcome="pass"),
        "shown an image with a finding of severity CRITICAL, it decided pass; known is fail",
    ),
    "sees no findings": (
        lambda what, under, now: decide(_blind(what), under, now),
        "shown an image with a finding of severity CRITICAL, it decided pass; known is fail",
    ),
    "sees no findings in archives": (
        lambda what, under, now: decide(_of_images_only(what), under, now),
        "shown an archive with a finding of severity CRITICAL, it decided pass; known is fail",
    ),
    "counts no packages": (
        lambda what, under, now: decide(_incurious(what), under, now),
        "shown an archive without the packages of its SBOM, it decided pass; known is inconclusive",
    ),
    "trusts what is doubtful": (
        lambda what, under, now: _trusting(decide(what, under, now)),
        "shown a report that is cut off, it decided pass; known is inconclusive",
    ),
    "forgets exceptions": (
        lambda what, under, now: decide(what, replace(under, exceptions=()), now),
        "shown an image with an excepted finding of severity CRITICAL, it decided fail; known is pass",
    ),
    "lets a database age": (
        lambda what, under, now: decide(what, replace(under, database_max_age_h=9999), now),
        "shown a database that is too old, it decided pass; known is inconclusive",
    ),
}


@pytest.mark.parametrize("how", BROKEN)
def test_a_broken_gate_is_called_inert(how: str, monkeypatch: pytest.MonkeyPatch) -> None:
    broken, why = BROKEN[how]
    monkeypatch.setattr(selftest, "decide", broken)
    with pytest.raises(GateInert) as caught:
        prove(policy())
    assert caught.value.what == "the gate is inert: nothing was scanned"
    assert caught.value.why == why
    assert "lockage.gate" in caught.value.remedy
    assert caught.value.exit_code == 11


def test_a_matcher_that_covers_everything_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    def covers(self: ExceptionEntry, finding: Finding) -> bool:
        del self, finding
        return True

    monkeypatch.setattr(ExceptionEntry, "covers", covers)
    with pytest.raises(GateInert, match="inert") as caught:
        prove(policy())
    assert "shown an image with an exception for another version" in caught.value.why


@pytest.mark.parametrize("severities", [(), ("HIGH",)])
def test_a_policy_that_lets_critical_pass_guards_nothing(severities: tuple[Severity, ...]) -> None:
    with pytest.raises(GateInert, match="inert") as caught:
        prove(policy(severities=severities))
    assert "shown an image with a finding of severity CRITICAL" in caught.value.why
