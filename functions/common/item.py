"""An item: the row that ingestion stores and dashboard shows, the message that ingestion publishes and analysis reads.

Versions of the platform read each other's rows and messages, in both directions after a rollback: see ``decision``.
"""

import hashlib
import json
from dataclasses import asdict, dataclass
from typing import Any

from common import message

SCHEMA = 1
ID_PATTERN = r"[A-Za-z0-9][A-Za-z0-9._:-]{0,127}"
"""What an item's id looks like: it stands in URLs and in event streams as it is."""
LONGEST_TEXT = 2000
"""Characters of an item's text."""
_TEXTS = ("item_id", "source", "text", "content", "ingested_at")


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """A text that somebody published, such as the opening of an article."""

    item_id: str
    source: str
    """Who published it."""
    text: str
    content: str
    """``sha256:…`` of source and text: a new content is to be analysed anew."""
    ingested_at: str
    """ISO time, UTC, microseconds always written: later sorts after earlier."""

    def row(self) -> dict[str, Any]:
        """As stored and as published."""
        return {**asdict(self), "schema": SCHEMA}

    def message(self) -> str:
        """As published."""
        return json.dumps(self.row(), sort_keys=True)


def content_of(source: str, text: str) -> str:
    """``sha256:…`` of what an item says, and who says it."""
    return f"sha256:{hashlib.sha256(json.dumps([source, text]).encode()).hexdigest()}"


def read_message(text: str) -> Item:
    """A published item.

    Raises:
        UnreadableMessageError: the text is no item, or its schema is newer than this version.
    """
    value = message.load(text, "an item", SCHEMA)
    message.refuse(message.wrong_texts(value, _TEXTS))
    return Item(**{name: value[name] for name in _TEXTS})
