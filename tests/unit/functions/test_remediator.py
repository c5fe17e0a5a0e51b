import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from fakes.platform import FakeTable, context, refusal
from hypothesis import given
from hypothesis import strategies as st

import remediator.handler
from common.decision import Decision
from common.message import UnreadableMessageError
from remediator.order import read_order, record

ORDER = Decision(
    finding_id="f-1",
    account_id="123456789012",
    resource="arn:aws:s3:::backups",
    kind="public-storage",
    decision="remediate",
    score=80,
    reasons=("severity HIGH",),
    content="sha256:1",
    policy="sha256:policy",
    decided_at="2026-01-02T00:00:00.000000+00:00",
)


def message(identifier: str, body: str) -> dict[str, str]:
    return {"messageId": identifier, "body": body}


def at(second: int) -> str:
    return f"2026-01-02T00:00:{second:02}.000000+00:00"


@pytest.fixture
def table(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeTable]:
    fake = FakeTable("finding_id")
    monkeypatch.setenv("REMEDIATIONS_TABLE", "platform-remediations")
    monkeypatch.setattr("common.aws.table", lambda name: {"platform-remediations": fake}[name])
    remediator.handler._table.cache_clear()  # noqa: SLF001 - each test has its own table
    yield fake
    remediator.handler._table.cache_clear()  # noqa: SLF001 - made once a process, and every test wants its own


def work(*messages: dict[str, str]) -> list[str]:
    answer: Any = remediator.handler.handle({"Records": list(messages)}, context())
    return [failure["itemIdentifier"] for failure in answer["batchItemFailures"]]


def test_an_order_is_recorded(table: FakeTable, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_LAMBDA_FUNCTION_VERSION", "7")
    assert work(message("m1", ORDER.message())) == []
    row = table.rows["f-1"]
    assert (row["remedy"], row["resource"], row["version"]) == ("block-public-access", "arn:aws:s3:::backups", "7")
    assert row["remediated_at"] > row["decided_at"]


def test_only_the_messages_that_failed_come_back(table: FakeTable) -> None:
    table.failures = [None, refusal("ProvisionedThroughputExceededException")]
    batch = [
        message("good", ORDER.message()),
        message("throttled", replace(ORDER, finding_id="f-2").message()),
        message("garbage", "{"),
        message("good too", replace(ORDER, finding_id="f-3").message()),
    ]
    assert work(*batch) == ["throttled", "garbage"]
    assert set(table.rows) == {"f-1", "f-3"}


def test_a_repeated_message_is_done_and_changes_nothing(table: FakeTable) -> None:
    assert work(message("m1", ORDER.message())) == []
    before = dict(table.rows["f-1"])
    again = replace(ORDER, decided_at=at(59), policy="sha256:another-policy")
    assert work(message("m2", ORDER.message()), message("m3", again.message())) == []
    assert table.rows["f-1"] == before


@pytest.mark.parametrize(
    ("body", "why"),
    [
        ("not json", "not JSON"),
        (replace(ORDER, decision="review").message(), "the decision is review, not remediate"),
        (replace(ORDER, kind="weak-cipher").message(), "there is no remedy for the kind weak-cipher"),
    ],
)
def test_what_must_not_be_remediated_is_refused(body: str, why: str) -> None:
    with pytest.raises(UnreadableMessageError, match=why):
        read_order(body)


def test_a_failure_is_logged_with_its_cause(table: FakeTable, capfd: pytest.CaptureFixture[str]) -> None:
    del table
    assert work(message("m1", "{")) == ["m1"]
    line = json.loads(capfd.readouterr().err.splitlines()[-1])
    assert (line["message"], line["message_id"]) == ("message failed", "m1")
    assert "UnreadableMessageError: not JSON" in line["error"]


@given(st.permutations([1, 2, 3, 4]), st.integers(1, 3))
def test_in_whatever_order_and_however_often_orders_come_the_latest_content_stands(
    arrival: list[int], repeats: int
) -> None:
    table = FakeTable("finding_id")
    orders = {n: replace(ORDER, content=f"sha256:{n}", decided_at=at(n)) for n in arrival}
    for _ in range(repeats):
        for n in arrival:
            record(table, orders[n], at(30))
    assert table.rows["f-1"]["content"] == "sha256:4"
