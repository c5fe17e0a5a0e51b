"""Runs one function on one event, with what Lambda gives it and no more, and reads what came of it.

Archives go to the engine as a copy, into folders of a container that only sleeps: an engine may be on another machine,
or its client in a container, and neither could mount a folder from here. The event goes in by a program that is run
beside the function, so a function can be without any network, and no port is published anywhere.
"""

import tempfile
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from threading import Event
from typing import Protocol

import msgspec
from msgspec.structs import replace

from lockage.errors import ToolError
from lockage.inspect.emulator.call import Call
from lockage.inspect.emulator.reading import Reading, Trace, parse_answer, parse_trace
from lockage.inspect.emulator.subject import Subject, merge
from lockage.tools.docker import Container, State
from lockage.tools.process import Completed, interrupt_all

_INSIDE = Path(__file__).parent / "inside"
_ASK = ("python3", "-I", "-S", "-c", (_INSIDE / "ask.py").read_text())
_TRACE = ("python3", "-c", (_INSIDE / "trace.py").read_text())
_GRACE_SECONDS = 10
"""How long the emulator may take to say that a function took too long."""
_START_SECONDS = 30
_TRACE_SECONDS = 30
_NEVER_STARTED = 502


class Engine(Protocol):
    """The Docker engine, as far as it is used here."""

    def start(self, container: Container) -> None:
        """Start a container in the background."""

    def hold(self, name: str, image: str, platform: str, folders: tuple[str, ...]) -> None:
        """Start a container that sleeps and holds folders for others."""

    def fill(self, name: str, content: Path) -> None:
        """Unpack a tar file into a running container."""

    def execute(self, name: str, command: tuple[str, ...], *, stdin: str = "", timeout: float) -> Completed:
        """Run a program in a running container."""

    def state(self, name: str) -> State:
        """How a container is."""

    def logs(self, name: str) -> tuple[str, str]:
        """What a container printed."""

    def remove(self, name: str) -> None:
        """Stop and remove a container and its folders."""


class Stopped(Exception):  # noqa: N818 - what happened; whoever stopped it knows
    """Nothing more is run."""


class Place(msgspec.Struct, frozen=True, kw_only=True):
    """Where functions of one artifact can run now."""

    image: str
    platform: str
    folders_of: str = ""
    """The container that holds what was unpacked."""


class Sandbox:
    """Functions, one container each; whatever happens, it is gone afterwards.

    Args:
        docker: the engine.
    """

    def __init__(self, docker: Engine) -> None:
        self._docker = docker
        self._there: set[str] = set()
        self._stopped = Event()

    def stop(self) -> None:
        """From another thread: end what runs, and let nothing begin that has not."""
        self._stopped.set()
        interrupt_all()
        for name in tuple(self._there):
            self._docker.remove(name)

    @contextmanager
    def _named(self, what: str) -> Iterator[str]:
        """The name of a container to be, which is gone afterwards."""
        name = f"lockage-{what}-{uuid.uuid4().hex[:12]}"
        self._there.add(name)
        try:
            self._hold_going()
            yield name
        finally:
            self._docker.remove(name)
            self._there.discard(name)

    def _hold_going(self) -> None:
        """Called before a container is started, and after: :meth:`stop` may not have found it yet."""
        if self._stopped.is_set():
            raise Stopped

    @contextmanager
    def unpacked(self, subject: Subject) -> Iterator[Place]:
        """Archives unpacked as Lambda does it, until all functions of theirs have run.

        Raises:
            UsageError: an archive is not what was built.
            ToolError: the engine does not take them.
        """
        if subject.task is None:
            yield Place(image=subject.image, platform=subject.platform)
            return
        with self._named("held") as name:
            with tempfile.TemporaryDirectory() as work, ThreadPoolExecutor(1) as beside:
                content = Path(work, "content.tar")
                held = beside.submit(self._docker.hold, name, subject.image, subject.platform, subject.folders)
                merge(subject.task, subject.layers, content)
                held.result()
                self._docker.fill(name, content)
            yield Place(image=subject.image, platform=subject.platform, folders_of=name)

    def run(self, call: Call, place: Place, *, network: bool = False) -> Reading:
        """Run a function on an event in a container of its own, which has never been asked anything.

        Args:
            call: the function and the event.
            place: where it runs.
            network: whether it reaches anything but itself.
        """
        try:
            with self._started(call, place, network=network) as name:
                return self._read(call, name)
        except ToolError as error:
            return _trouble(error)

    def run_again(self, call: Call, place: Place, times: int) -> tuple[Reading, tuple[Reading, ...]]:
        """Run a function as :meth:`run` does, and ask the same container the same event again: cold, then warm.

        Of what is asked again the answer alone is read, so that little runs between.

        Args:
            call: the function and the event.
            place: where it runs.
            times: how often it is asked again.

        Returns:
            The first reading, and those after it; none if the first has no answer.
        """
        try:
            with self._started(call, place) as name:
                first = self._read(call, name)
                again = range(times if first.answer else 0)
                return first, tuple(_reading(self._ask(call, name)) for _ in again)
        except ToolError as error:
            return _trouble(error), ()

    @contextmanager
    def _started(self, call: Call, place: Place, *, network: bool = False) -> Iterator[str]:
        """The name of a function's container, which runs and was asked nothing."""
        with self._named(call.function) as name:
            container = Container(
                name=name,
                image=place.image,
                platform=place.platform,
                command=(call.handler,),
                environment=call.variables,
                memory_mb=call.memory_mb,
                folders_of=place.folders_of,
                network=network,
            )
            self._docker.start(container)
            self._hold_going()
            yield name

    def _ask(self, call: Call, name: str) -> Completed:
        seconds = call.timeout_s + _GRACE_SECONDS
        return self._docker.execute(
            name, (*_ASK, str(seconds)), stdin=call.event.decode(), timeout=seconds + _START_SECONDS
        )

    def _read(self, call: Call, name: str) -> Reading:
        asked = _reading(self._ask(call, name))
        state = self._docker.state(name)
        out, err = self._docker.logs(name)
        answer = asked.answer
        never = answer is not None and answer.status == _NEVER_STARTED and not answer.killed
        return replace(
            asked,
            running=state.running,
            out_of_memory=state.out_of_memory,
            out=out,
            err=err,
            trace=self._trace(name, call) if never and state.running else None,
        )

    def _trace(self, name: str, call: Call) -> Trace | None:
        module = call.handler.rpartition(".")[0]
        try:
            traced = self._docker.execute(name, (*_TRACE, module), timeout=_TRACE_SECONDS)
        except ToolError:  # it hangs, and what the emulator said must do
            return None
        return parse_trace(traced.code, traced.stdout, traced.stderr)


def _reading(asked: Completed) -> Reading:
    """The answer alone, or why there is none."""
    answer = parse_answer(asked.stdout) if asked.code == 0 else None
    return Reading(answer=answer, trouble="" if answer else asked.stderr)


def _trouble(error: ToolError) -> Reading:
    return Reading(trouble=f"{error.what}\n{error.why}")
