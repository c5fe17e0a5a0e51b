"""Install locked tools into the per-user cache: once, in parallel, whole or not at all, and safe beside itself."""

import fcntl
import platform
import re
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
from lockage.tools import process
from lockage.tools.download import Unreachable, take
from lockage.tools.handed import Handed
from lockage.tools.lock import Pin, Release
from lockage.tools.locked import Locked, Record, Source, Tool, sha256_of

_AT_ONCE = 4
_FIRST_GO_THAT_FETCHES_TOOLCHAINS = (1, 21)


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
        for name in names:
            self._locked.lock.pin(name)
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            futures = [pool.submit(self._install_one, name) for name in names]
            try:
                return [future.result() for future in futures]
            except KeyboardInterrupt:
                self._interrupted.set()
                pool.shutdown(wait=False, cancel_futures=True)
                process.interrupt_all()
                raise

    def _install_one(self, name: str) -> Tool:
        with self._console.step(f"tool {name} {self._locked.lock.pin(name).version}") as step:
            if tool := self._standing(name):
                step.reused(_origin(tool))
                return tool
            try:
                with self._alone(name):
                    if self._standing(name):
                        step.reused("another process installed it meanwhile")
                    else:
                        step.made(self._make(name))
            except OSError as error:
                raise ToolError(
                    f"{name} could not be installed",
                    why=str(error),
                    remedy=f"make room and write access in {self._locked.folder}, or name another cache: LOCKAGE_CACHE",
                ) from error
            return self._locked.path(name)

    def _standing(self, name: str) -> Tool | None:
        """What is installed with the bytes it should have; None when it is to be made, for the first time or again."""
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

    def _make(self, name: str) -> str:
        """Lay the tool down beside its home, then rename; returns how it was had."""
        home = self._locked.home(name)
        with tempfile.TemporaryDirectory(prefix=".part-", dir=home.parent) as part:
            made = Path(part) / "made"
            made.mkdir()
            source, how = self._make_program(name, made / name)
            self._write_record(name, source, made)
            if home.exists():  # its record cannot be read, or its program is not what was recorded
                shutil.rmtree(home)
            made.rename(home)
        return how

    def _make_program(self, name: str, program: Path) -> tuple[Source, str]:
        pin = self._locked.lock.pin(name)
        if self._handed is not None:
            return self._handed.take(name, program), "handed over by an earlier job, its checksum verified"
        if pin.release is None:
            self._build(name, pin, program)
            return "module", "built from its module"
        why_not = self._release(pin.release, program)
        if not why_not:
            return "release", "its release, both checksums verified"
        try:
            self._build(name, pin, program)
        except ToolError as error:
            raise ToolError(
                f"{name} {pin.version} can be had neither as a release nor from its module",
                why=f"release: {why_not}\nmodule: {error.what}: {error.why}",
                remedy="let this machine reach the release or a Go module proxy, or install Go 1.21 or newer",
            ) from error
        return "module", f"built from its module, for its release cannot be downloaded: {why_not}"

    def _release(self, release: Release, program: Path) -> str:
        """Take the release; returns why it could not be had, empty when it was."""
        if self._machine != "x86_64":
            return f"it is locked for x86_64, this machine is {self._machine}"
        try:
            self._take_release(release, program)
        except Unreachable as reason:
            return str(reason)
        return ""

    def _build(self, name: str, pin: Pin, program: Path) -> None:
        """Build the program from its module: same module, same Go, same bytes.

        It links nothing of this machine, so that it runs in any image too.
        """
        _need_go()
        if self._interrupted.is_set():
            raise KeyboardInterrupt
        self._console.note(f"building {name} {pin.version} from its module; the first time takes minutes")
        with tempfile.TemporaryDirectory(prefix="module-", dir=program.parents[1]) as module:
            for file in self._locked.lock.module(name):
                shutil.copy(file, module)
            linker = " ".join(("-s -w -buildid=", pin.linker.replace("{version}", pin.version)))
            flags = ("-mod=readonly", "-trimpath", "-buildvcs=false", f"-ldflags={linker.strip()}")
            environment = {"CGO_ENABLED": "0", "GOFLAGS": "", "GOWORK": "off", **pin.environment}
            process.run(["go", "build", *flags, "-o", program, pin.package], cwd=Path(module), env=environment)

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


def _need_go() -> None:
    """Refuse a Go that cannot read these modules; a newer one fetches the toolchain that ``go.mod`` asks for.

    Raises:
        ToolError: Go is missing or older than 1.21 (https://go.dev/doc/toolchain).
    """
    if shutil.which("go") is None:
        raise ToolError("Go is not installed", why="no program go on the path", remedy="install Go 1.21 or newer")
    version = process.run(["go", "env", "GOVERSION"]).stdout.strip()
    found = re.match(r"go(\d+)\.(\d+)", version)
    if found and tuple(map(int, found.groups())) < _FIRST_GO_THAT_FETCHES_TOOLCHAINS:
        raise ToolError("Go is too old", why=f"{version} cannot read these modules", remedy="install Go 1.21 or newer")
