"""``dist/timings.json``: what took how long, step by step, for the last run of every verb."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

import msgspec

from lockage.console import Console, StepRecord
from lockage.model.dist import DistDir, encode, write


class Run(msgspec.Struct, frozen=True, kw_only=True):
    """One run of a verb."""

    finished: str
    """ISO time, UTC."""
    seconds: float
    """From beginning to end."""
    steps: tuple[StepRecord, ...]


class Timings(msgspec.Struct, frozen=True, kw_only=True):
    """The file."""

    schema: Literal[1] = 1
    verbs: dict[str, Run] = {}


@contextmanager
def timed(verb: str, dist: DistDir, console: Console) -> Iterator[None]:
    """Keep a run's steps, whether it ends well or not."""
    started = datetime.now(UTC)
    try:
        yield
    finally:
        try:
            record(dist.timings(), verb, started, console.records)
        except OSError as error:
            console.note(f"the timings were not kept: {error}")


def record(path: Path, verb: str, started: datetime, steps: Sequence[StepRecord]) -> None:
    """Put a verb's run, ending now, in the place of its last one; other verbs' runs stay."""
    now = datetime.now(UTC)
    run = Run(
        finished=now.isoformat(timespec="seconds"),
        seconds=round((now - started).total_seconds(), 3),
        steps=tuple(steps),
    )
    write(path, encode(Timings(verbs={**read(path).verbs, verb: run})))


def read(path: Path) -> Timings:
    """The file's content; empty when there is none that this version can read."""
    try:
        return msgspec.json.decode(path.read_bytes(), type=Timings)
    except (FileNotFoundError, msgspec.DecodeError):
        return Timings()
