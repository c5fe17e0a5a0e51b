"""A page of items as server-sent events: one ``item`` each, then ``end``.

https://html.spec.whatwg.org/multipage/server-sent-events.html

The page is complete before the first event, so a stream that has begun is a stream that ends. Behind Mangum the caller
gets it in one piece anyway.
"""

from collections.abc import AsyncIterator

from sse_starlette.event import JSONServerSentEvent, ServerSentEvent
from sse_starlette.sse import EventSourceResponse

from dashboard.items import Page

_NO_PINGS = 0  # nothing here waits


def response(page: Page) -> EventSourceResponse:
    """The response.

    An event's id is its item's: a client that comes back with ``Last-Event-ID`` is given what follows.
    """
    return EventSourceResponse(_events(page), ping=_NO_PINGS, sep="\n")


async def _events(page: Page) -> AsyncIterator[ServerSentEvent]:
    for item in page.items:
        yield JSONServerSentEvent(item, event="item", id=item["item_id"], sep="\n")
    yield JSONServerSentEvent({"items": len(page.items), "next": page.next}, event="end", sep="\n")
