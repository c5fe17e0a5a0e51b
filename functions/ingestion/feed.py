"""What the ingestion takes: an event of items, held to a schema as a whole."""

from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from common.fields import InvalidInputError
from common.item import ID_PATTERN, LONGEST_TEXT, Item, content_of

MOST_ITEMS = 100


def _meaningful(text: str) -> str:
    """A text that says something and can be stored and shown: DynamoDB and JSON take no half of a surrogate pair."""
    if not text.strip() or any("\ud800" <= character <= "\udfff" for character in text):
        raise ValueError("must be readable text, not only spaces")
    return text


class NewItem(BaseModel):
    """An item as its source gives it."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, hide_input_in_errors=True)

    id: Annotated[str, StringConstraints(pattern=rf"^{ID_PATTERN}$", max_length=128)]
    source: Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9.-]{0,62}$")]
    text: Annotated[str, StringConstraints(max_length=LONGEST_TEXT), AfterValidator(_meaningful)]

    def item(self, now: str) -> Item:
        """As it is stored.

        Args:
            now: ISO time, UTC, with microseconds.
        """
        content = content_of(self.source, self.text)
        return Item(item_id=self.id, source=self.source, text=self.text, content=content, ingested_at=now)


class Feed(BaseModel):
    """The event."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, hide_input_in_errors=True)

    items: Annotated[list[NewItem], Field(min_length=1, max_length=MOST_ITEMS)]


def parse_event(event: object) -> list[NewItem]:
    """The items of an event ``{"items": [...]}``, all of them or none.

    Raises:
        InvalidInputError: at least one is malformed; every mistake of every item is named.
    """
    try:
        return Feed.model_validate(event).items
    except ValidationError as error:
        mistakes = [f"{_place(each['loc'])}: {each['msg']}" for each in error.errors(include_url=False)]
        raise InvalidInputError(mistakes) from error


def _place(location: tuple[int | str, ...]) -> str:
    """Where a mistake is, such as ``items[3].text``; an unknown name may be anything, so it is cut."""
    parts = (f"[{part}]" if isinstance(part, int) else f".{part:.40}" for part in location)
    return "".join(parts).removeprefix(".") or "the event"
