"""Cold and warm starts in the real Runtime Interface Emulator, as `lockage check` runs functions; one at a time."""

from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

import msgspec

from lockage.cli.subjects import Subjects
from lockage.config.load import load_local, load_project
from lockage.errors import LockageError
from lockage.inspect.emulator.call import Call, call
from lockage.inspect.emulator.cause import failure
from lockage.inspect.emulator.reading import Reading
from lockage.inspect.emulator.sandbox import Place, Sandbox
from lockage.model.dist import DistDir
from lockage.tools.docker import Docker
from lockage.tools.process import run
from shared.variants import Variant

_MEGA = 1_000_000


class Starts(msgspec.Struct, frozen=True, kw_only=True):
    """What one function did, in all its containers."""

    cold_ms: tuple[float, ...]
    warm_ms: tuple[float, ...]
    peak: int
    """Bytes."""

    @property
    def memory_mb(self) -> int:
        """Megabytes, rounded."""
        return round(self.peak / _MEGA)


class BadAnswer(LockageError):  # noqa: N818 - an outcome
    """A function did not answer, so there is nothing to measure."""


def measure(
    project_file: Path, variants: Sequence[Variant], containers: int, again: int, docker: Docker
) -> dict[str, Starts]:
    """Start every function so many times, by turns, so that a busy machine is busy for all of them.

    Args:
        project_file: of the project that declares them; all of it is built.
        variants: the functions.
        containers: for each.
        again: warm calls in each container.
        docker: the engine.

    Raises:
        BadAnswer: one did not answer well.
    """
    project, dist = load_project(project_file), DistDir(project_file.parent / "dist")
    subjects, sandbox = Subjects(project, load_local(project_file), dist, docker), Sandbox(docker)
    calls = {
        one.name: call(one.name, project, (project_file.parent / project.functions[one.name].probe).read_bytes())
        for one in variants
    }
    readings: dict[str, list[tuple[Reading, ...]]] = {one.name: [] for one in variants}
    with ExitStack() as held:
        places: dict[str, Place] = {}
        for one in variants:
            subject = subjects.subject(dist.read_artifact(one.name))
            if subject.task is None:
                held.callback(_forget, subject.image)
            places[one.name] = held.enter_context(sandbox.unpacked(subject))
        for _ in range(containers):
            for name, asked in calls.items():
                first, rest = sandbox.run_again(asked, places[name], again)
                readings[name].append(_held(asked, (first, *rest)))
    return {name: starts(found) for name, found in readings.items()}


def starts(containers: Sequence[tuple[Reading, ...]]) -> Starts:
    """From what was read, container by container, each beginning with its cold start."""
    answers = [[reading.answer for reading in readings if reading.answer] for readings in containers]
    return Starts(
        cold_ms=tuple(_ms(one.seconds) for first in answers for one in first[:1]),
        warm_ms=tuple(_ms(one.seconds) for first in answers for one in first[1:]),
        peak=max((one.peak for found in answers for one in found), default=0),
    )


def _held(asked: Call, readings: tuple[Reading, ...]) -> tuple[Reading, ...]:
    for reading in readings:
        found = failure(asked, reading)
        if found:
            raise BadAnswer(found.what, why=found.why, remedy=found.remedy)
    return readings


def _forget(image: str) -> None:
    """No other project has an image by this name."""
    run(["docker", "image", "rm", "--force", image], ok=(0, 1))


def _ms(seconds: float) -> float:
    """Milliseconds, to the hundredth."""
    return round(seconds * 1000, 2)
