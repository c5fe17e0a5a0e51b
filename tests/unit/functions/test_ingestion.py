import json
from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError
from fakes.platform import FakeTable, FakeTopic, context, refusal
from hypothesis import given
from hypothesis import strategies as st

import ingestion.handler
from common.fields import InvalidInputError
from common.item import LONGEST_TEXT, Item, content_of, read_message
from ingestion.feed import MOST_ITEMS, parse_event
from ingestion.store import Store

NEW = {"id": "i-1", "source": "wire", "text": "The harvest was the best in years."}
TOPIC = "arn:aws:sns:eu-central-1:111111111111:platform-items"


class Ingestion:
    """The handler over fakes."""

    def __init__(self) -> None:
        self.table = FakeTable("item_id")
        self.topic = FakeTopic()

    def take(self, *items: object) -> list[dict[str, str]]:
        answer: Any = ingestion.handler.handle({"items": list(items)}, context())
        taken: list[dict[str, str]] = answer["items"]
        return taken


@pytest.fixture
def feed(monkeypatch: pytest.MonkeyPatch) -> Iterator[Ingestion]:
    made = Ingestion()
    monkeypatch.setenv("ITEMS_TABLE", "platform-items")
    monkeypatch.setenv("ITEMS_TOPIC", TOPIC)
    monkeypatch.setattr("common.aws.table", lambda name: {"platform-items": made.table}[name])
    monkeypatch.setattr("common.aws.client", lambda service: {"sns": made.topic}[service])
    ingestion.handler._store.cache_clear()  # noqa: SLF001 - each test has its own
    yield made
    ingestion.handler._store.cache_clear()  # noqa: SLF001 - made once a process, and every test wants its own


def test_a_new_item_is_stored_and_published(feed: Ingestion) -> None:
    assert feed.take(NEW) == [{"id": "i-1", "recorded": "new"}]
    row = feed.table.rows["i-1"]
    assert (row["text"], row["source"], row["published"]) == (NEW["text"], "wire", True)
    (message,) = feed.topic.published
    assert message["TopicArn"] == TOPIC
    published = read_message(message["Message"])
    assert (published.item_id, published.content) == ("i-1", content_of("wire", NEW["text"]))
    assert published.ingested_at == row["ingested_at"]


def test_the_same_item_again_changes_and_publishes_nothing(feed: Ingestion) -> None:
    feed.take(NEW)
    before = dict(feed.table.rows["i-1"])
    assert feed.take(NEW) == [{"id": "i-1", "recorded": "unchanged"}]
    assert feed.table.rows["i-1"] == before
    assert len(feed.topic.published) == 1


def test_another_text_under_the_same_id_is_news(feed: Ingestion) -> None:
    feed.take(NEW)
    assert feed.take({**NEW, "text": "It rained."}) == [{"id": "i-1", "recorded": "new"}]
    assert feed.table.rows["i-1"]["text"] == "It rained."
    assert len(feed.topic.published) == 2


def test_an_item_that_could_not_be_published_is_published_by_the_next_try(feed: Ingestion) -> None:
    feed.topic.failures = [refusal("Throttling")]
    with pytest.raises(ClientError, match="Throttling"):
        feed.take(NEW)
    assert feed.table.rows["i-1"]["published"] is False
    assert feed.take(NEW) == [{"id": "i-1", "recorded": "new"}]
    assert feed.table.rows["i-1"]["published"] is True


def test_nothing_is_published_that_was_not_stored(feed: Ingestion) -> None:
    feed.table.failures = [refusal("AccessDeniedException")]
    with pytest.raises(ClientError, match="AccessDenied"):
        feed.take(NEW)
    assert feed.topic.published == []


def test_an_item_overtaken_while_it_is_published_leaves_the_later_one() -> None:
    table, topic = FakeTable("item_id"), FakeTopic()
    store, publish = Store(table, topic, TOPIC), topic.publish
    first, later = (
        Item(item_id="i-1", source="wire", text=text, content=content_of("wire", text), ingested_at=at)
        for text, at in (("early", "2026-01-02T00:00:00.000001+00:00"), ("late", "2026-01-02T00:00:00.000002+00:00"))
    )

    def overtaken(**message: Any) -> dict[str, str]:  # noqa: ANN401 - boto3's arguments
        topic.publish = publish  # type: ignore[method-assign]  # its next calls go otherwise
        store.take(later)
        return publish(**message)

    topic.publish = overtaken  # type: ignore[method-assign]  # its next calls go otherwise
    store.take(first)
    assert (table.rows["i-1"]["text"], table.rows["i-1"]["published"]) == ("late", True)


def test_a_malformed_item_stops_the_event_before_any_effect(feed: Ingestion) -> None:
    with pytest.raises(InvalidInputError, match=r"items\[1\]\.source"):
        feed.take(NEW, {**NEW, "source": "The Wire"})
    assert feed.table.rows == {}


@pytest.mark.parametrize(
    ("event", "mistakes"),
    [
        (None, ["the event: "]),
        ({}, ["items: Field required"]),
        ({"items": []}, ["items: List should have at least 1 item"]),
        ({"items": [NEW] * (MOST_ITEMS + 1)}, [f"items: List should have at most {MOST_ITEMS} items"]),
        ({"items": [NEW], "feed": "https://example.com"}, ["feed: Extra inputs are not permitted"]),
        (
            {"items": [{"id": "-1", "source": "wire", "text": 7}, NEW, {**NEW, "text": " \n", "rank": 1}]},
            [
                "items[0].id: String should match",
                "items[0].text: Input should be",
                "items[2].text: Value error, must be",
                "items[2].rank: Extra inputs",
            ],
        ),
        ({"items": [{**NEW, "id": "i-1\n"}]}, ["items[0].id: String should match"]),
        ({"items": [{**NEW, "id": "i" * 129}]}, ["items[0].id: String should have at most 128"]),
        ({"items": [{**NEW, "text": "x" * (LONGEST_TEXT + 1)}]}, ["items[0].text: String should have at most 2000"]),
        ({"items": [{**NEW, "text": "half \ud83d"}]}, ["items[0].text: "]),
    ],
)
def test_every_mistake_is_named_where_it_is(event: object, mistakes: list[str]) -> None:
    with pytest.raises(InvalidInputError) as caught:
        parse_event(event)
    found = caught.value.mistakes
    assert len(found) == len(mistakes)
    assert all(said.startswith(expected) for said, expected in zip(found, mistakes, strict=True)), found


def test_a_refusal_does_not_repeat_what_was_sent(feed: Ingestion) -> None:
    with pytest.raises(InvalidInputError) as caught:
        feed.take({**NEW, "source": "PRIVATE"})
    assert "PRIVATE" not in str(caught.value)


def test_what_was_taken_is_logged_without_its_text(feed: Ingestion, capfd: pytest.CaptureFixture[str]) -> None:
    feed.take(NEW)
    line = json.loads(capfd.readouterr().err.splitlines()[-1])
    assert (line["message"], line["item_id"], line["news"]) == ("taken", "i-1", True)
    assert NEW["text"] not in json.dumps(line)


@given(
    events=st.lists(st.tuples(st.sampled_from(["a", "b"]), st.sampled_from(["one", "two"])), min_size=1),
    table_failures=st.lists(st.booleans(), max_size=8),
    topic_failures=st.lists(st.booleans(), max_size=4),
)
def test_items_repeated_until_they_are_taken_end_published(
    events: list[tuple[str, str]], table_failures: list[bool], topic_failures: list[bool]
) -> None:
    table, topic = FakeTable("item_id"), FakeTopic()
    table.failures = [refusal("Throttling") if fails else None for fails in table_failures]
    topic.failures = [refusal("Throttling") if fails else None for fails in topic_failures]
    store = Store(table, topic, TOPIC)
    for second, (item_id, text) in enumerate(events):
        item = Item(
            item_id=item_id,
            source="wire",
            text=text,
            content=content_of("wire", text),
            ingested_at=f"2026-01-02T00:00:00.{second:06}+00:00",
        )
        while True:
            try:
                store.take(item)
            except ClientError:
                continue
            break
    for item_id, text in dict(events).items():
        assert table.rows[item_id]["published"] is True
        sent = [read_message(message["Message"]) for message in topic.published]
        assert [message.text for message in sent if message.item_id == item_id][-1] == text
