"""The policy's laws, and scorer from event to message with the real policy."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fakes.platform import FakeQueues, FakeTable, FakeTopic, context
from hypothesis import given
from hypothesis import strategies as st

import scorer.handler
from lockage.tools.process import run
from remediator.order import REMEDIES, read_order
from scorer.finding import SEVERITIES, Finding
from scorer.policy import PolicyEngine

pytestmark = pytest.mark.tools

POLICIES = Path(__file__).parents[3] / "functions" / "policy"
RANK = {"allow": 0, "review": 1, "remediate": 2}
AGGRAVATIONS = ("exposed", "exploited", "production")

findings = st.builds(
    Finding,
    id=st.just("f-1"),
    account_id=st.just("123456789012"),
    resource=st.just("arn:aws:s3:::backups"),
    kind=st.sampled_from([*REMEDIES, "weak-cipher"]),
    severity=st.sampled_from(SEVERITIES),
    exposed=st.booleans(),
    exploited=st.booleans(),
    production=st.booleans(),
)


@given(one=findings, other=findings)
def test_a_worse_finding_is_never_treated_more_mildly(engine: PolicyEngine, one: Finding, other: Finding) -> None:
    milder, graver = (
        one.document(),
        {**one.document(), "severity": max(one.severity, other.severity, key=SEVERITIES.index)},
    )
    graver |= {name: graver[name] or other.document()[name] for name in AGGRAVATIONS}
    mild, grave = engine.evaluate(milder), engine.evaluate(graver)
    assert mild["score"] <= grave["score"]
    assert RANK[mild["decision"]] <= RANK[grave["decision"]]


@given(findings)
def test_every_finding_gets_a_decision_a_score_and_a_reason(engine: PolicyEngine, finding: Finding) -> None:
    result = engine.evaluate(finding.document())
    assert result["decision"] in RANK
    assert 0 <= result["score"] <= 100
    assert f"severity {finding.severity}" in result["reasons"]


@given(findings)
def test_only_what_has_a_remedy_is_remediated(engine: PolicyEngine, finding: Finding) -> None:
    if engine.evaluate(finding.document())["decision"] == "remediate":
        assert finding.kind in REMEDIES


@given(st.recursive(st.none() | st.booleans() | st.integers() | st.text(), lambda x: st.dictionaries(st.text(), x)))
def test_what_is_not_a_finding_is_never_allowed(engine: PolicyEngine, anything: Any) -> None:  # noqa: ANN401 - JSON
    document = {"kind": anything, "severity": anything, "exposed": anything}
    assert engine.evaluate(document)["decision"] == "review"


def test_every_remedy_of_the_policy_is_one_the_remediator_has(opa: Path) -> None:
    answer = run([opa, "eval", "--format", "raw", "--data", POLICIES, "json.marshal(data.findings.remedies)"])
    assert set(json.loads(answer.stdout)) == set(REMEDIES)


@pytest.mark.parametrize("command", [["test"], ["check", "--strict"], ["fmt", "--fail", "--list"]], ids=lambda c: c[0])
def test_the_policies_own_tests_and_form_hold(opa: Path, command: list[str]) -> None:
    run([opa, *command, POLICIES])


@pytest.fixture
def services(monkeypatch: pytest.MonkeyPatch, opa: Path) -> Iterator[dict[str, Any]]:
    services = {"sns": FakeTopic(), "sqs": FakeQueues(), "table": FakeTable("finding_id")}
    monkeypatch.setenv("DECISIONS_TABLE", "platform-decisions")
    monkeypatch.setenv("DECISIONS_TOPIC", "arn:aws:sns:eu-central-1:111111111111:platform-decisions")
    monkeypatch.setenv("AWS_LAMBDA_FUNCTION_VERSION", "7")
    monkeypatch.setattr("common.aws.client", services.__getitem__)
    monkeypatch.setattr("common.aws.table", lambda _: services["table"])
    engine = PolicyEngine(opa, POLICIES)
    monkeypatch.setattr(scorer.handler, "PolicyEngine", lambda *_: engine)
    scorer.handler._scorer.cache_clear()  # noqa: SLF001 - each test has its own
    yield services
    scorer.handler._scorer.cache_clear()  # noqa: SLF001 - made once a process, and every test wants its own
    engine.stop()


def test_a_finding_becomes_a_message_that_the_remediator_reads(services: dict[str, Any]) -> None:
    finding = {"id": "f-1", "account_id": "123456789012", "resource": "r", "kind": "open-port", "severity": "CRITICAL"}
    answer: Any = scorer.handler.handle({"findings": [finding]}, context())
    assert answer["decisions"][0]["decision"] == "remediate"
    order = read_order(services["sns"].published[0]["Message"])
    assert (order.finding_id, order.policy) == ("f-1", services["table"].rows["f-1"]["policy"])


def test_the_probe_asks_the_policy_and_touches_no_data(services: dict[str, Any]) -> None:
    answer = scorer.handler.handle({"lockage": {"probe": True}}, context())
    assert answer == {"name": "scorer", "version": "7", "ok": True, "sample": "allow"}
    assert services["sns"].calls == services["table"].calls == services["sqs"].calls == 0


def test_the_probe_shows_that_scorer_is_refused_on_the_queue(services: dict[str, Any]) -> None:
    event = {"lockage": {"probe": True, "refused_queue": "platform-remediation"}}
    answer = scorer.handler.handle(event, context())
    assert answer == {
        "name": "scorer",
        "version": "7",
        "ok": True,
        "sample": "allow",
        "refused": True,
        "code": "AccessDenied",
    }
    assert services["sqs"].asked == ["https://sqs.eu-central-1.amazonaws.com/111111111111/platform-remediation"]
