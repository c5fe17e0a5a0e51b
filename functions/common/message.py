"""Messages from one function to another: JSON objects that name their schema."""

import json
from typing import Any


class UnreadableMessageError(ValueError):
    """A message that this version cannot read."""


def load(text: str, what: str, schema: int) -> dict[str, Any]:
    """A message's fields, none of them checked yet.

    Args:
        text: as published.
        what: it must be, such as ``a decision``.
        schema: that this version reads.

    Raises:
        UnreadableMessageError: the text is no such message.
    """
    try:
        value = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise UnreadableMessageError(f"not JSON: {error}") from error
    if not isinstance(value, dict) or value.get("schema") != schema:
        raise UnreadableMessageError(f"not {what} of schema {schema}")
    return value


def wrong_texts(value: dict[str, Any], names: tuple[str, ...]) -> list[str]:
    """Those of the fields that are not a text with something in it."""
    return [name for name in names if not isinstance(value.get(name), str) or not value[name]]


def refuse(wrong: list[str]) -> None:
    """Refuse a message for its fields.

    Raises:
        UnreadableMessageError: there is a wrong one; all of them are named.
    """
    if wrong:
        raise UnreadableMessageError(f"missing or wrong: {', '.join(wrong)}")
