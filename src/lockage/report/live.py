"""Where a run is told: on a terminal, into a pipe, or to whom a verb inside of another shares its console with."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from lockage.console import Console, PlainView, View

_shared: ContextVar[Console | None] = ContextVar("shared_console", default=None)


def console() -> Console:
    """For a person a live view, for a pipe plain lines, both on standard error; or the one that is shared now."""
    return _shared.get() or Console(_live() if sys.stderr.isatty() else PlainView())


@contextmanager
def shared(with_: Console) -> Iterator[None]:
    """Every verb that is called inside tells its steps to this console."""
    token = _shared.set(with_)
    try:
        yield
    finally:
        _shared.reset(token)


def _live() -> View:
    from lockage.report.terminal import LiveView  # noqa: PLC0415 - 40 ms, for a person only

    return LiveView()
