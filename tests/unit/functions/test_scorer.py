import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError
from fakes.platform import FakeTable, FakeTopic, refusal
from hypothesis import given
from hypothesis import strategies as st

from common.decision import read_message
from common.fields import InvalidInputError
from scorer.handler import Scorer
from scorer.ledger import Ledger
from scorer.policy import PolicyError

FINDING = {
    "id": "f-1",
    "account_id": "123456789012",
    "resource": "arn:aws:s3:::backups",
    "kind": "public-storage",
    "severity": "HIGH",
    "exposed": True,
}


class FakePolicy:
    """Decides by severity alone."""

    def __init__(self) -> None:
        self.digest = "sha256:policy-1"
        self.asked: list[Mapping[str, Any]] = []

    def evaluate(self, document: Mapping[str, Any]) -> dict[str, Any]:
        self.asked.append(document)
        decision, score = {"LOW": ("allow", 10), "HIGH": ("remediate", 80)}.get(document["severity"], ("review", 50))
        return {"decision": decision, "score": score, "reasons": [f"severity {document['severity']}"]}


class Clock:
    """Moves on by a second whenever it is read."""

    def __init__(self) -> None:
        self._now = datetime(2026, 1, 2, tzinfo=UTC)

    def __call__(self) -> datetime:
        self._now += timedelta(seconds=1)
        return self._now


class Platform:
    """A scorer over fakes."""

    def __init__(self) -> None:
        self.policy = FakePolicy()
        self.table = FakeTable("finding_id")
        self.topic = FakeTopic()
        self.scorer = Scorer(self.policy, Ledger(self.table, self.topic, "arn:aws:sns:::decisions"), Clock())

    def score(self, *findings: dict[str, Any]) -> list[dict[str, Any]]:
        answer: Any = self.scorer.score({"findings": list(findings)})
        decisions: list[dict[str, Any]] = answer["decisions"]
        return decisions


@pytest.fixture
def platform() -> Platform:
    return Platform()


def test_a_decision_is_answered_stored_and_published(platform: Platform) -> None:
    (answered,) = platform.score(FINDING)
    assert answered == {
        "finding_id": "f-1",
        "decision": "remediate",
        "score": 80,
        "reasons": ["severity HIGH"],
        "recorded": "new",
    }
    row = platform.table.rows["f-1"]
    assert (row["decision"], row["score"], row["published"]) == ("remediate", 80, True)
    assert row["policy"] == "sha256:policy-1"
    (message,) = platform.topic.published
    assert message["TopicArn"] == "arn:aws:sns:::decisions"
    assert message["MessageAttributes"] == {"decision": {"DataType": "String", "StringValue": "remediate"}}
    published = read_message(message["Message"])
    assert (published.finding_id, published.kind, published.content) == ("f-1", "public-storage", row["content"])


def test_the_policy_sees_every_field_of_the_finding(platform: Platform) -> None:
    platform.score(FINDING)
    assert platform.policy.asked == [{**FINDING, "exploited": False, "production": False}]


def test_the_same_finding_again_changes_and_publishes_nothing(platform: Platform) -> None:
    platform.score(FINDING)
    before = dict(platform.table.rows["f-1"])
    (again,) = platform.score(FINDING)
    assert again["recorded"] == "unchanged"
    assert platform.table.rows["f-1"] == before
    assert len(platform.topic.published) == 1


def test_another_content_is_another_decision(platform: Platform) -> None:
    platform.score(FINDING)
    (again,) = platform.score({**FINDING, "severity": "LOW"})
    assert (again["decision"], again["recorded"]) == ("allow", "new")
    assert platform.table.rows["f-1"]["decision"] == "allow"
    assert len(platform.topic.published) == 2


def test_another_policy_decides_again(platform: Platform) -> None:
    platform.score(FINDING)
    platform.policy.digest = "sha256:policy-2"
    (again,) = platform.score(FINDING)
    assert again["recorded"] == "new"
    assert platform.table.rows["f-1"]["policy"] == "sha256:policy-2"


def test_a_decision_that_could_not_be_published_is_published_by_the_next_try(platform: Platform) -> None:
    platform.topic.failures = [refusal("Throttling")]
    with pytest.raises(ClientError, match="Throttling"):
        platform.score(FINDING)
    assert platform.table.rows["f-1"]["published"] is False
    (again,) = platform.score(FINDING)
    assert again["recorded"] == "new"
    assert platform.table.rows["f-1"]["published"] is True


def test_nothing_is_published_that_was_not_recorded(platform: Platform) -> None:
    platform.table.failures = [refusal("AccessDeniedException")]
    with pytest.raises(ClientError, match="AccessDenied"):
        platform.score(FINDING)
    assert platform.topic.published == []


def test_a_decision_overtaken_while_it_is_published_leaves_the_later_one(platform: Platform) -> None:
    late = {**FINDING, "severity": "LOW"}
    publish = platform.topic.publish

    def overtaken(**message: Any) -> dict[str, str]:  # noqa: ANN401 - boto3's arguments
        platform.topic.publish = publish  # type: ignore[method-assign]  # its next calls go otherwise
        platform.score(late)
        return publish(**message)

    platform.topic.publish = overtaken  # type: ignore[method-assign]  # its next calls go otherwise
    platform.score(FINDING)
    row = platform.table.rows["f-1"]
    assert (row["decision"], row["published"]) == ("allow", True)
    assert [json.loads(m["Message"])["decision"] for m in platform.topic.published] == ["allow", "remediate"]


def test_a_malformed_finding_stops_the_event_before_any_effect(platform: Platform) -> None:
    with pytest.raises(InvalidInputError, match=r"findings\[1\]\.severity"):
        platform.score(FINDING, {**FINDING, "severity": "?"})
    assert platform.policy.asked == []
    assert platform.table.rows == {}


@pytest.mark.parametrize(
    "result",
    [
        {},
        {"decision": "maybe", "score": 1, "reasons": []},
        {"decision": "allow", "score": "1", "reasons": []},
        {"decision": "allow", "score": 1},
    ],
)
def test_a_result_that_is_no_decision_is_never_stored(platform: Platform, result: dict[str, Any]) -> None:
    platform.policy.evaluate = lambda document: result if document else {}  # type: ignore[method-assign]  # its next calls go otherwise
    with pytest.raises(PolicyError, match="not a decision"):
        platform.score(FINDING)
    assert platform.table.rows == {}


@given(
    events=st.lists(st.tuples(st.sampled_from(["a", "b"]), st.sampled_from(["LOW", "MEDIUM", "HIGH"])), min_size=1),
    table_failures=st.lists(st.booleans(), max_size=8),
    topic_failures=st.lists(st.booleans(), max_size=4),
)
def test_events_repeated_until_they_succeed_end_published(
    events: list[tuple[str, str]], table_failures: list[bool], topic_failures: list[bool]
) -> None:
    platform = Platform()
    platform.table.failures = [refusal("Throttling") if fails else None for fails in table_failures]
    platform.topic.failures = [refusal("Throttling") if fails else None for fails in topic_failures]
    for finding_id, severity in events:
        while True:
            try:
                platform.score({**FINDING, "id": finding_id, "severity": severity})
            except ClientError:
                continue
            break
    for finding_id, severity in dict(events).items():
        row = platform.table.rows[finding_id]
        assert row["published"] is True
        assert row["reasons"] == [f"severity {severity}"]
        sent = [json.loads(m["Message"]) for m in platform.topic.published]
        assert [m for m in sent if m["finding_id"] == finding_id][-1]["content"] == row["content"]
    if not any(table_failures) and not any(topic_failures):
        by_finding = [[severity for name, severity in events if name == which] for which in ("a", "b")]
        changes = sum(sum(a != b for a, b in zip([None, *each], each, strict=False)) for each in by_finding)
        assert len(platform.topic.published) == changes
