"""Install locked tools into the per-user cache: once, in parallel, whole or not at all, and safe beside itself."""

import fcntl
import platform
import shutil
import tempfile
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import msgspec

from lockage.console import Console
from lockage.errors import ToolError
from lockage.model.tool import Source
from lockage.tools import go, process
from lockage.tools.download import Unreachable, take
from lockage.tools.handed import Handed
from lockage.tools.lock import Pin, Release
from lockage.tools.locked import Locked, Record, Tool, sha256_of

_AT_ONCE = 4


class _Unbuilt(Exception):  # noqa: N818 - no error: it may be built later
    """A tool can only be built, and nothing is to be built now; the text says why."""


class Installer:
    """Installs tools of one lock.

    Args:
        locked: the lock and where its tools stand.
        console: where each tool's step is shown.
        take_release: downloads a release and puts its program at a path.
        machine: this machine's architecture, as ``uname -m`` says it.
        handed: what an earlier job made; with it, nothing is downloaded or built here.
    """

    def __init__(
        self,
        locked: Locked,
        console: Console,
        *,
        take_release: Callable[[Release, Path], None] = take,
        machine: str | None = None,
        handed: Handed | None = None,
    ) -> None:
        self._locked = locked
        self._handed = handed
        self._console = console
        self._take_release = take_release
        self._machine = machine or platform.machine()
        self._interrupted = threading.Event()

    def install(self, names: Sequence[str]) -> list[Tool]:
        """Install tools, several at once; what stands at its pin already is reused.

        Raises:
            ToolError: a download was refused, or neither release nor module could be had. The others are installed.
            UsageError: the lock names no such tool.
        """
        self._install(names, build=True)
        return [self._locked.path(name) for name in names]

    def install_released(self, names: Sequence[str]) -> list[str]:
        """As :meth:`install`, but build nothing; returns the names of the tools that can only be built."""
        return [name for name, stands in zip(names, self._install(names, build=False), strict=True) if not stands]

    def _install(self, names: Sequence[str], *, build: bool) -> list[bool]:
        """Whether each tool stands now."""
        for name in names:
            self._locked.lock.pin(name)
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            futures = [pool.submit(self._install_one, name, build=build) for name in names]
            try:
                return [future.result() for future in futures]
            except KeyboardInterrupt:
                self._interrupted.set()
                pool.shutdown(wait=False, cancel_futures=True)
                process.interrupt_all()
                raise

    def _install_one(self, name: str, *, build: bool) -> bool:
        with self._console.step(f"tool {name} {self._locked.lock.pin(name).version}") as step:
            if tool := self._standing(name):
                step.reused(_origin(tool))
                return True
            try:
                with self._alone(name):
                    if self._standing(name):
                        step.reused("another process installed it meanwhile")
                    else:
                        step.made(self._make(name, build=build))
            except _Unbuilt as reason:
                step.skipped(str(reason))
                return False
            except OSError as error:
                raise ToolError(
                    f"{name} could not be installed",
                    why=str(error),
                    remedy=f"make room and write access in {self._locked.folder}, or name another cache: LOCKAGE_CACHE",
                ) from error
            self._locked.path(name)  # hashed here, several at once
            return True

    def _standing(self, name: str) -> Tool | None:
        """What is installed with the bytes it should have; None when it is to be made, for the first time or again.

        Raises:
            ToolError: tools are handed over, and of this one nothing was told.
        """
        if self._handed is not None:
            expected, recorded = self._handed.sha256(name), self._locked.recorded(name)
            if recorded is None or recorded.sha256 != expected:
                return None
        try:
            return self._locked.path(name)
        except ToolError:
            return None

    @contextmanager
    def _alone(self, name: str) -> Iterator[None]:
        """Hold the tool's lock file, which all processes of this user share; remove what a killed one left."""
        folder = self._locked.folder / name
        folder.mkdir(parents=True, exist_ok=True)
        with (folder / ".lock").open("w") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            for left in folder.glob(".part-*"):
                shutil.rmtree(left)
            yield

    def _make(self, name: str, *, build: bool) -> str:
        """Lay the tool down beside its home, then rename; returns how it was had."""
        home = self._locked.home(name)
        with tempfile.TemporaryDirectory(prefix=".part-", dir=home.parent) as part:
            made = Path(part) / "made"
            made.mkdir()
            source, how = self._make_program(name, made / name, build=build)
            self._write_record(name, source, made)
            if home.exists():  # its record cannot be read, or its program is not what was recorded
                shutil.rmtree(home)
            made.rename(home)
        return how

    def _make_program(self, name: str, program: Path, *, build: bool) -> tuple[Source, str]:
        pin = self._locked.lock.pin(name)
        if self._handed is not None:
            self._handed.take(name, program)
            source = self._locked.lock.used(name, self._handed.sha256(name)).source
            return source, "handed over by an earlier job, its checksum verified"
        why_not = self._release(pin.release, program)
        if not why_not:
            return "release", "its release, both checksums verified"
        if not build:
            raise _Unbuilt(f"to be built from its module: {why_not}")
        if pin.release is None:
            self._build(name, pin, program)
            return "module", "built from its module"
        try:
            self._build(name, pin, program)
        except ToolError as error:
            raise ToolError(
                f"{name} {pin.version} can be had neither as a release nor from its module",
                why=f"release: {why_not}\nmodule: {error.what}: {error.why}",
                remedy="let this machine reach the release or a Go module proxy, or install Go 1.21 or newer",
            ) from error
        return "module", f"built from its module, for its release cannot be downloaded: {why_not}"

    def _release(self, release: Release | None, program: Path) -> str:
        """Take the release; returns why it could not be had, empty when it was."""
        if release is None:
            return "no release of it is locked"
        if self._machine != "x86_64":
            return f"it is locked for x86_64, this machine is {self._machine}"
        try:
            self._take_release(release, program)
        except Unreachable as reason:
            return str(reason)
        return ""

    def _build(self, name: str, pin: Pin, program: Path) -> None:
        """Build the program from its module."""
        go.need()
        if self._interrupted.is_set():
            raise KeyboardInterrupt
        self._console.note(f"building {name} {pin.version} from its module; the first time takes minutes")
        with tempfile.TemporaryDirectory(prefix="module-", dir=program.parents[1]) as module:
            for file in self._locked.lock.module(name):
                shutil.copy(file, module)
            linker = " ".join(("-s -w -buildid=", pin.linker.replace("{version}", pin.version))).strip()
            go.build(pin.package, program, Path(module), linker=linker, environment=pin.environment)

    def _write_record(self, name: str, source: Source, made: Path) -> None:
        record = Record(
            name=name,
            version=self._locked.lock.pin(name).version,
            source=source,
            sha256=sha256_of(made / name),
        )
        (made / "tool.json").write_bytes(msgspec.json.encode(record, order="deterministic"))


def _origin(tool: Tool) -> str:
    return f"{tool.source} in {tool.path.parent}"
