import json
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from botocore.exceptions import ClientError
from fakes.platform import FakeTable, context, refusal
from hypothesis import given
from hypothesis import strategies as st

import analysis.handler
from analysis.opinion import Opinion
from analysis.record import Records
from common.fields import InvalidInputError
from common.item import LONGEST_TEXT, Item
from common.message import UnreadableMessageError

ITEM = Item(
    item_id="i-1",
    source="wire",
    text="A good day.",
    content="sha256:1",
    ingested_at="2026-01-02T00:00:00.000001+00:00",
)
GOOD, BAD = Opinion(sentiment="positive", score=0.9375), Opinion(sentiment="negative", score=0.5001)


class FakeModel:
    """Knows one good word. The real model is tried where the image is built."""

    name = "sha256:head"

    def __init__(self) -> None:
        self.read: list[str] = []

    def judge(self, text: str) -> Opinion:
        self.read.append(text)
        return GOOD if "good" in text or "wonderful" in text else BAD


class Analysis:
    """The handler over fakes."""

    def __init__(self) -> None:
        self.table = FakeTable("item_id")
        self.model = FakeModel()

    def deliver(self, *messages: str) -> list[dict[str, str]]:
        """Items as a topic delivers them."""
        records = [{"EventSource": "aws:sns", "Sns": {"MessageId": "m-1", "Message": text}} for text in messages]
        answer = analysis.handler.handle({"Records": records}, context())
        analysed: list[dict[str, str]] = answer["analyses"]
        return analysed


@pytest.fixture
def platform(monkeypatch: pytest.MonkeyPatch) -> Iterator[Analysis]:
    made = Analysis()
    monkeypatch.setenv("ANALYSES_TABLE", "platform-analyses")
    monkeypatch.setenv("AWS_LAMBDA_FUNCTION_VERSION", "7")
    monkeypatch.setattr("common.aws.table", lambda name: {"platform-analyses": made.table}[name])
    monkeypatch.setattr(analysis.handler, "_model", lambda: made.model)
    analysis.handler._records.cache_clear()  # noqa: SLF001 - each test has its own
    yield made
    analysis.handler._records.cache_clear()  # noqa: SLF001 - made once a process, and every test wants its own


def test_a_published_item_is_analysed_and_recorded(platform: Analysis) -> None:
    assert platform.deliver(ITEM.message()) == [{"item_id": "i-1", "sentiment": "positive", "recorded": "new"}]
    row = platform.table.rows["i-1"]
    assert (row["sentiment"], row["score"]) == ("positive", Decimal("0.9375"))
    assert (row["model"], row["version"], row["content"]) == ("sha256:head", "7", "sha256:1")
    assert row["analysed_at"] > row["ingested_at"]


def test_a_repeated_message_changes_nothing(platform: Analysis) -> None:
    platform.deliver(ITEM.message())
    before = dict(platform.table.rows["i-1"])
    assert platform.deliver(ITEM.message())[0]["recorded"] == "unchanged"
    assert platform.table.rows["i-1"] == before


def test_a_failure_fails_the_invocation_and_the_same_event_completes_it(platform: Analysis) -> None:
    platform.table.failures = [None, refusal("ProvisionedThroughputExceededException")]
    messages = [ITEM.message(), replace(ITEM, item_id="i-2").message()]
    with pytest.raises(ClientError):
        platform.deliver(*messages)
    assert [each["recorded"] for each in platform.deliver(*messages)] == ["unchanged", "new"]
    assert set(platform.table.rows) == {"i-1", "i-2"}


def test_what_is_no_item_is_refused_without_being_read(platform: Analysis) -> None:
    with pytest.raises(UnreadableMessageError, match="not an item of schema 1"):
        platform.deliver('{"schema": 2}')
    assert (platform.model.read, platform.table.rows) == ([], {})


def test_a_text_is_judged_without_any_effect(platform: Analysis) -> None:
    assert analysis.handler.handle({"text": "good"}, context()) == {"sentiment": "positive", "score": 0.9375}
    assert analysis.handler.handle({"text": "ill"}, context()) == {"sentiment": "negative", "score": 0.5001}
    assert platform.table.calls == 0


@pytest.mark.parametrize(
    ("event", "mistake"),
    [
        ({}, "text is missing"),
        ({"text": " "}, "text must be a text of 1 to 2000 characters"),
        ({"text": 7}, "text must be a text of 1 to 2000 characters"),
        ({"text": "x" * (LONGEST_TEXT + 1)}, "text must be a text of 1 to 2000 characters"),
        ({"text": "x", "language": "en"}, "language is unknown"),
    ],
)
def test_a_text_that_is_none_is_refused(platform: Analysis, event: dict[str, object], mistake: str) -> None:
    with pytest.raises(InvalidInputError, match=f"^{mistake}$"):
        analysis.handler.handle(event, context())
    assert platform.model.read == []


def test_a_probe_runs_the_model_and_touches_no_data(platform: Analysis) -> None:
    answer = analysis.handler.handle({"lockage": {"probe": True}}, context())
    assert (answer["name"], answer["version"], answer["ok"]) == ("analysis", "7", True)
    assert (answer["model"], answer["sentiment"]) == ("sha256:head", "positive")
    assert platform.table.calls == 0


def test_what_was_analysed_is_logged_without_its_text(platform: Analysis, capfd: pytest.CaptureFixture[str]) -> None:
    platform.deliver(ITEM.message())
    line = json.loads(capfd.readouterr().err.splitlines()[-1])
    assert (line["message"], line["item_id"], line["sentiment"]) == ("analysed", "i-1", "positive")
    assert ITEM.text not in json.dumps(line)


@given(st.permutations([1, 2, 3, 4]), st.integers(1, 3))
def test_in_whatever_order_and_however_often_items_come_the_latest_content_stands(
    arrival: list[int], repeats: int
) -> None:
    table = FakeTable("item_id")
    for _ in range(repeats):
        for n in arrival:
            item = replace(ITEM, content=f"sha256:{n}", ingested_at=f"2026-01-02T00:00:00.{n:06}+00:00")
            Records(table).keep(item, GOOD, "sha256:head", "2026-01-02T00:01:00.000000+00:00")
    assert table.rows["i-1"]["content"] == "sha256:4"


@given(st.integers(5000, 10000))
def test_a_score_is_stored_as_it_is_said(tenthousandths: int) -> None:
    table, score = FakeTable("item_id"), tenthousandths / 10000
    Records(table).keep(ITEM, Opinion(sentiment="negative", score=score), "sha256:head", "now")
    stored: Any = table.rows["i-1"]["score"]
    assert str(float(stored)) == str(score)
    assert len(str(stored)) <= 6
