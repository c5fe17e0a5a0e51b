"""What a run tells: events from the work, looks from here. Standard output is data, standard error is talk."""

import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Literal, Protocol, TextIO

import msgspec

State = Literal["done", "reused", "skipped", "failed"]


class StepRecord(msgspec.Struct, frozen=True, kw_only=True):
    """One step of a run, as ``dist/timings.json`` holds it."""

    name: str
    state: State
    seconds: float
    reason: str = ""
    """Why it was reused, skipped or failed; or what it made."""


class Step:
    """A running step; say here how it ended if not simply *done*."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.state: State = "done"
        self.reason = ""

    def made(self, what: str) -> None:
        """The step's result in a few words."""
        self.reason = what

    def reused(self, why: str) -> None:
        """Nothing had to be done."""
        self.state, self.reason = "reused", why

    def skipped(self, why: str) -> None:
        """Deliberately not done."""
        self.state, self.reason = "skipped", why


class View(Protocol):
    """How events look."""

    def began(self, name: str) -> None:
        """A step began."""

    def ended(self, record: StepRecord) -> None:
        """A step ended."""

    def note(self, text: str) -> None:
        """A line for people."""


class PlainView:
    """A line an event, for pipes and logs."""

    def __init__(self, stream: TextIO | None = None) -> None:
        self._stream = stream

    def began(self, name: str) -> None:
        """Nothing: the line comes when the step ends."""

    def ended(self, record: StepRecord) -> None:
        """One line: state, time, name, reason."""
        reason = f"  ({record.reason})" if record.reason else ""
        self.note(f"{record.state:<7} {record.seconds:7.2f} s  {record.name}{reason}")

    def note(self, text: str) -> None:
        """The text as it is."""
        print(f"{text}\n", end="", file=self._stream or sys.stderr, flush=True)  # at once: steps run beside each other


class Console:
    """Times steps, keeps their records, and passes events to a view."""

    def __init__(self, view: View | None = None) -> None:
        self._view = view or PlainView()
        self._within = ""
        self.records: list[StepRecord] = []

    @contextmanager
    def step(self, name: str) -> Iterator[Step]:
        """Time a step; an exception marks it *failed* and passes on."""
        name = f"{self._within}{name}"
        step = Step(name)
        self._view.began(name)
        started = time.perf_counter()
        try:
            yield step
        except BaseException as error:
            step.state = "failed"
            step.reason = "interrupted" if isinstance(error, KeyboardInterrupt) else str(error) or type(error).__name__
            raise
        finally:
            seconds = time.perf_counter() - started
            record = StepRecord(name=name, state=step.state, seconds=round(seconds, 3), reason=step.reason)
            self.records.append(record)
            self._view.ended(record)

    @contextmanager
    def within(self, what: str) -> Iterator[None]:
        """Steps inside are named ``<what>: <name>``, so that a run which does the same twice can tell them apart."""
        before, self._within = self._within, f"{self._within}{what}: "
        try:
            yield
        finally:
            self._within = before

    def note(self, text: str) -> None:
        """A line for people."""
        self._view.note(text)


def debug(text: str) -> None:
    """A line that only ``LOCKAGE_DEBUG=1`` shows."""
    if os.environ.get("LOCKAGE_DEBUG"):
        print(text, file=sys.stderr, flush=True)
