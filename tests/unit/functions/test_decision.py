import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.decision import OUTCOMES, SCHEMA, Decision, read_message
from common.message import UnreadableMessageError

DECISION = Decision(
    finding_id="f-1",
    account_id="123456789012",
    resource="arn:aws:s3:::backups",
    kind="public-storage",
    decision="remediate",
    score=80,
    reasons=("exposed", "severity HIGH"),
    content="sha256:content",
    policy="sha256:policy",
    decided_at="2026-01-02T03:04:05.000006+00:00",
)


def changed(**fields: object) -> str:
    return json.dumps({**DECISION.row(), **fields})


@given(
    st.builds(
        Decision,
        **dict.fromkeys(
            ("finding_id", "account_id", "resource", "kind", "content", "policy", "decided_at"), st.text(min_size=1)
        ),
        decision=st.sampled_from(OUTCOMES),
        score=st.integers(0, 100),
        reasons=st.lists(st.text()).map(tuple),
    )
)
def test_what_is_published_is_read_back(decision: Decision) -> None:
    assert read_message(decision.message()) == decision


def test_what_a_later_version_adds_is_ignored() -> None:
    assert read_message(changed(playbook="v2", published=True)) == DECISION


def test_a_schema_of_another_time_is_not_guessed_at() -> None:
    with pytest.raises(UnreadableMessageError, match=f"not a decision of schema {SCHEMA}"):
        read_message(changed(schema=SCHEMA + 1))


@pytest.mark.parametrize(
    ("fields", "named"),
    [
        ({"finding_id": ""}, "finding_id"),
        ({"kind": None, "score": "80"}, "kind, score"),
        ({"score": True}, "score"),
        ({"decision": "destroy"}, "decision"),
        ({"reasons": "exposed"}, "reasons"),
    ],
)
def test_all_that_is_wrong_is_named(fields: dict[str, Any], named: str) -> None:
    with pytest.raises(UnreadableMessageError, match=f"missing or wrong: {named}$"):
        read_message(changed(**fields))


@pytest.mark.parametrize("text", ["", "{", "[" * 100_000, "[]", '"remediate"', "null"])
def test_what_is_no_decision_is_refused_as_such(text: str) -> None:
    with pytest.raises(UnreadableMessageError):
        read_message(text)
