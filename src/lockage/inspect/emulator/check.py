"""Runs all functions of artifacts on their probes, as many at a time as the engine's machine bears."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from threading import BoundedSemaphore

import msgspec
from msgspec.structs import replace

from lockage.errors import ToolError
from lockage.inspect.emulator.call import Call
from lockage.inspect.emulator.cause import failure
from lockage.inspect.emulator.reading import Reading
from lockage.inspect.emulator.sandbox import Place, Sandbox
from lockage.inspect.emulator.standing import standing, standing_native
from lockage.inspect.emulator.subject import Subject
from lockage.model.check import ArtifactCheck, FunctionCheck, NativeCheck
from lockage.tools.docker import Machine

_MEGA = 1_000_000
_MIB = 1 << 20
_SHARE = 2
"""What part of the machine's memory functions may take together: a half."""


class Case(msgspec.Struct, frozen=True, kw_only=True):
    """An artifact whose functions are to be run."""

    about: ArtifactCheck
    """What the result will be about; without functions yet."""
    before: ArtifactCheck | None
    """What was found last."""
    platform: str
    """The artifact's."""
    calls: tuple[Call, ...]

    @property
    def standing(self) -> Mapping[str, FunctionCheck]:
        """What need not be run again."""
        return standing(self.before, self.about, self.calls)

    @property
    def waiting(self) -> tuple[Call, ...]:
        """What is to be run."""
        return tuple(call for call in self.calls if call.function not in self.standing)

    @property
    def due(self) -> bool:
        """Whether anything is to be done."""
        return bool(self.waiting) or self.native is None

    @property
    def native(self) -> NativeCheck | None:
        """What stands of native code."""
        return standing_native(self.before, self.about)

    def result(self, native: NativeCheck | None = None, run: Iterable[FunctionCheck] = ()) -> ArtifactCheck:
        """With what was found and run now, and what stands."""
        found = {**self.standing, **{one.function: one for one in run}}
        functions = tuple(found[call.function] for call in self.calls)
        return replace(self.about, native=native or self.native, functions=functions)


def slots(machine: Machine, cases: Sequence[Case]) -> int:
    """How many functions may run at one time: one a processor, and together half of the memory at most."""
    largest = max((call.memory_mb for case in cases for call in case.waiting), default=1)
    return max(1, min(machine.cpus, machine.memory // _SHARE // (largest * _MIB)))


class Checker:
    """Runs what is waiting.

    Args:
        sandbox: runs one function.
        subject: says what a case's functions run from.
        native: looks at a case's native code.
        machine: what the engine runs on.
    """

    def __init__(
        self,
        sandbox: Sandbox,
        subject: Callable[[Case], Subject],
        native: Callable[[Case], NativeCheck],
        machine: Machine,
    ) -> None:
        self._sandbox, self._subject, self._native, self._machine = sandbox, subject, native, machine

    @contextmanager
    def begun(self, cases: Sequence[Case]) -> Iterator[list["Future[ArtifactCheck]"]]:
        """Cases of which something is due, under way; a result for each, in their order.

        After Ctrl-C what was not begun never is, and what runs is interrupted and removed.
        """
        at_once = slots(self._machine, cases)
        free = BoundedSemaphore(at_once)
        with ThreadPoolExecutor(at_once) as pool:
            try:
                yield [pool.submit(self._check, case, free) for case in cases]
            except BaseException:
                pool.shutdown(wait=False, cancel_futures=True)
                self._sandbox.stop()
                raise

    def _check(self, case: Case, free: BoundedSemaphore) -> ArtifactCheck:
        with ThreadPoolExecutor(1) as beside:
            native = None if case.native else beside.submit(self._native, case)
            run = self._run_all(case, free) if case.waiting else []
            return case.result(native.result() if native else None, run)

    def _run_all(self, case: Case, free: BoundedSemaphore) -> list[FunctionCheck]:
        foreign = "" if case.platform == self._machine.platform else self._machine.platform

        def run(call: Call, place: Place) -> FunctionCheck:
            with free:
                return _result(call, self._sandbox.run(call, place), foreign)

        try:
            with self._sandbox.unpacked(self._subject(case)) as place, ThreadPoolExecutor(len(case.waiting)) as pool:
                return list(pool.map(lambda call: run(call, place), case.waiting))
        except ToolError as error:
            if not foreign:
                raise
            reading = Reading(trouble=f"{error.what}\n{error.why}")
            return [_result(call, reading, foreign) for call in case.waiting]


def _result(call: Call, reading: Reading, foreign: str) -> FunctionCheck:
    answer = reading.answer
    return FunctionCheck(
        function=call.function,
        asked=call.asked,
        failure=failure(call, reading, foreign=foreign),
        cold_ms=round(answer.seconds * 1000) if answer else 0,
        memory_mb=round(answer.peak / _MEGA) if answer else 0,
    )
