import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.item import SCHEMA, Item, content_of, read_message
from common.message import UnreadableMessageError

ITEM = Item(
    item_id="i-1",
    source="wire",
    text="All well.",
    content="sha256:content",
    ingested_at="2026-01-02T03:04:05.000006+00:00",
)


@given(st.builds(Item, **dict.fromkeys(("item_id", "source", "text", "content", "ingested_at"), st.text(min_size=1))))
def test_what_is_published_is_read_back(item: Item) -> None:
    assert read_message(item.message()) == item


def test_what_a_later_version_adds_is_ignored() -> None:
    assert read_message(json.dumps({**ITEM.row(), "language": "en"})) == ITEM


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        ({"schema": SCHEMA + 1}, f"not an item of schema {SCHEMA}"),
        ({"text": ""}, "missing or wrong: text"),
        ({"item_id": 7, "content": None}, "missing or wrong: item_id, content"),
    ],
)
def test_what_is_no_item_is_refused(fields: dict[str, object], why: str) -> None:
    with pytest.raises(UnreadableMessageError, match=f"^{why}$"):
        read_message(json.dumps({**ITEM.row(), **fields}))


@given(st.text(), st.text(), st.text(), st.text())
def test_the_content_tells_source_from_text(source: str, text: str, other_source: str, other_text: str) -> None:
    same = (source, text) == (other_source, other_text)
    assert (content_of(source, text) == content_of(other_source, other_text)) is same
    assert content_of(source + "x", text) != content_of(source, "x" + text)
