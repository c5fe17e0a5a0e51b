"""A client of server-sent events, as the standard describes one; stricter, for it refuses what a browser would skip.

https://html.spec.whatwg.org/multipage/server-sent-events.html#event-stream-interpretation
"""

from typing import NamedTuple

_FIELDS = {"id", "event", "data"}


class Event(NamedTuple):
    """One event, as a browser would dispatch it."""

    type: str
    id: str
    """The last id seen, as a browser would send it back."""
    data: str


def events_of(body: str) -> list[Event]:
    """All events of a complete body."""
    assert body.endswith("\n\n"), "the last event is not complete: a browser would drop it"
    last_id, events = "", []
    for block in body.removesuffix("\n\n").split("\n\n"):
        fields: dict[str, list[str]] = {}
        for line in block.split("\n"):
            name, colon, value = line.partition(":")
            assert colon, f"a line without a field: {line!r}"
            assert name in _FIELDS, f"a field nobody knows: {line!r}"
            fields.setdefault(name, []).append(value.removeprefix(" "))
        last_id = fields.get("id", [last_id])[-1]
        events.append(Event(type=fields["event"][-1], id=last_id, data="\n".join(fields["data"])))
    return events
