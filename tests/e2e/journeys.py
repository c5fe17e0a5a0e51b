"""Messages from one function to the next: sent before all checks, looked for after them, so that nobody waits.

One item only: two at once would have a second environment of analysis started, which says nothing more.
"""

from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any, NamedTuple

from e2e.environment import Environment, finding, item

GOOD = "The nurse was wonderful and I am grateful to everybody."


class Journeys(NamedTuple):
    """What is on its way, by its ids."""

    item: dict[str, str]
    """That must end analysed, as positive."""
    remediated: dict[str, object]
    """A finding that must end remediated."""
    reviewed: str
    """One that must not."""
    ingested: "Future[Any]"
    """Ingestion's answer, or how it failed."""
    scored: "Future[Any]"
    """Scorer's."""


@contextmanager
def begun(environment: Environment) -> Iterator[Journeys]:
    """Send all; whether they were taken is for whoever looks for them to see."""
    good = item(GOOD)
    reviewed = finding(severity="CRITICAL", kind="weak-cipher")
    remediated = finding(severity="CRITICAL", kind="open-port")
    with ThreadPoolExecutor(2) as pool:
        yield Journeys(
            item=good,
            remediated=remediated,
            reviewed=str(reviewed["id"]),
            ingested=pool.submit(environment.invoke, "ingestion", {"items": [good]}),
            scored=pool.submit(environment.invoke, "scorer", {"findings": [reviewed, remediated]}),
        )
