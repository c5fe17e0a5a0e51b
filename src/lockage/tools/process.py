"""The one way this package runs a program: echoed, quiet unless it fails, and nothing left behind on Ctrl-C."""

import os
import shlex
import shutil
import signal
import subprocess
import threading
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

import msgspec

from lockage.console import debug
from lockage.errors import ToolError

ENDINGS = ((signal.SIGINT, 3.0), (signal.SIGTERM, 2.0))
"""What a program that is to end is sent, and how many seconds it gets before the next; at last it is killed."""
_TAIL_LINES = 40
_foreground: "set[subprocess.Popen[str]]" = set()
"""What :func:`run` waits for now, in all threads."""
_given_up: set[int] = set()
"""Threads whose work nobody wants any more."""


class Completed(msgspec.Struct, frozen=True, kw_only=True):
    """A program that ran to its end."""

    code: int
    stdout: str
    stderr: str


def run(
    command: Sequence[str | Path],
    *,
    cwd: Path | None = None,
    env: Mapping[str, str | None] | None = None,
    stdin: str | Path | None = None,
    ok: tuple[int, ...] = (0,),
    timeout: float | None = None,
) -> Completed:
    """Run a program and return what it printed.

    Args:
        command: program and arguments; never a shell string.
        cwd: where to run it.
        env: changes to this process's environment; None removes a key.
        stdin: text to feed, or a file; without it standard input is closed.
        ok: exit codes that are not failures.
        timeout: seconds after which it is stopped.

    Raises:
        ToolError: the program is missing, timed out, or ended with another code.
        KeyboardInterrupt: this thread was given up.
    """
    hold_wanted()
    arguments = [_resolve(str(command[0])), *map(str, command[1:])]
    debug(f"$ {shlex.join(arguments)}")
    with _fed(stdin) as source:
        process = subprocess.Popen(  # noqa: S603 - the one door; arguments are a sequence
            arguments,
            cwd=cwd,
            env=_environment(env),
            stdin=source,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            errors="replace",
            start_new_session=True,
        )
    _foreground.add(process)
    try:
        stdout, stderr = process.communicate(stdin if isinstance(stdin, str) else None, timeout=timeout)
    except subprocess.TimeoutExpired:
        _stop(process)
        raise ToolError(
            f"{Path(arguments[0]).name} did not finish in {timeout:g} s",
            why=f"it was stopped: {shlex.join(arguments)}",
            remedy="run the command by hand to see where it hangs",
        ) from None
    except BaseException:
        _stop(process)
        raise
    finally:
        _foreground.discard(process)
    hold_wanted()  # how it ended says nothing about it then
    completed = Completed(code=process.returncode, stdout=stdout, stderr=stderr)
    if completed.code not in ok:
        raise _failure(arguments, completed)
    return completed


def interrupt_all(
    number: signal.Signals = signal.SIGINT, but: "Collection[subprocess.Popen[str]]" = ()
) -> "set[subprocess.Popen[str]]":
    """Interrupt every program that :func:`run` waits for, in whatever thread; returns which.

    Ctrl-C reaches only the main thread: one that gave work to others calls this before it waits for them.

    Args:
        number: the signal.
        but: programs that have had it already.
    """
    found = _foreground.difference(but)
    for process in found:
        _signal_group(process, number)
    return found


@contextmanager
def given_up(threads: Collection[int]) -> Iterator[None]:
    """Inside, threads run no program any more, and wait for no lock: it is a ``KeyboardInterrupt`` there."""
    _given_up.update(threads)
    try:
        yield
    finally:
        _given_up.difference_update(threads)


def hold_wanted() -> None:
    """Raise ``KeyboardInterrupt`` in a thread that was given up."""
    if threading.get_ident() in _given_up:
        raise KeyboardInterrupt


class Running:
    """A program in the background, its output in a file.

    It stands in a session of its own: Ctrl-C does not reach it, so whoever started it can first take down what depends
    on it, and must then call :meth:`stop`.
    """

    def __init__(
        self,
        command: Sequence[str | Path],
        *,
        log: Path,
        cwd: Path | None = None,
        env: Mapping[str, str | None] | None = None,
    ) -> None:
        """Start it.

        Args:
            command: program and arguments; never a shell string.
            log: file that takes standard output and standard error.
            cwd: where to run it.
            env: changes to this process's environment; None removes a key.

        Raises:
            ToolError: the program is missing.
        """
        arguments = [_resolve(str(command[0])), *map(str, command[1:])]
        debug(f"$ {shlex.join(arguments)} &")
        self.log = log
        with log.open("wb") as output:
            self._process = subprocess.Popen(  # noqa: S603 - as in run
                arguments,
                cwd=cwd,
                env=_environment(env),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                text=True,
                start_new_session=True,
            )

    @property
    def pid(self) -> int:
        """Its process id, which is also its process group's."""
        return self._process.pid

    def ended(self) -> int | None:
        """Its exit code; None while it runs."""
        return self._process.poll()

    def tail(self) -> str:
        """The last lines that it printed."""
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-_TAIL_LINES:])

    def stop(self) -> None:
        """Stop it and all it started: interrupt, then terminate, then kill. Safe to do twice."""
        if self.ended() is None:
            _stop(self._process)

    def kill(self) -> None:
        """End it and all it started at once; for what holds nothing that is worth saving. Safe to do twice."""
        if self.ended() is None:
            _signal_group(self._process, signal.SIGKILL)
            self._process.communicate()


@contextmanager
def _fed(stdin: str | Path | None) -> Iterator[int | BinaryIO]:
    """What a program is given as its standard input."""
    if isinstance(stdin, Path):
        with stdin.open("rb") as file:
            yield file
    else:
        yield subprocess.DEVNULL if stdin is None else subprocess.PIPE


def _resolve(program: str) -> str:
    found = shutil.which(program)
    if found is None:
        raise ToolError(
            f"{program} was not found",
            why=f"it is not on the path: {os.environ.get('PATH', '')}",
            remedy="run this through ./noxw, which installs the locked tools, or install it yourself",
        )
    return found


def _environment(changes: Mapping[str, str | None] | None) -> dict[str, str]:
    merged: dict[str, str | None] = {**_own_environment(), **(changes or {})}
    return {key: value for key, value in merged.items() if value is not None}


def _own_environment() -> dict[str, str]:
    """Read again while another thread changes it."""
    while True:
        try:
            return dict(os.environ)
        except (KeyError, RuntimeError):
            continue


def _failure(arguments: Sequence[str], completed: Completed) -> ToolError:
    said = (completed.stderr.strip() or completed.stdout.strip() or "it printed nothing").splitlines()
    return ToolError(
        f"{Path(arguments[0]).name} failed with exit code {completed.code}",
        why="\n".join(said[-_TAIL_LINES:]),
        remedy=f"run it by hand: {shlex.join(arguments)}",
    )


def _stop(process: "subprocess.Popen[str]") -> None:
    """Interrupt, then terminate, then kill the program and all it started."""
    for signal_number, patience in ENDINGS:
        _signal_group(process, signal_number)
        try:
            process.communicate(timeout=patience)
        except subprocess.TimeoutExpired:
            continue
        return
    _signal_group(process, signal.SIGKILL)
    process.communicate()


def _signal_group(process: "subprocess.Popen[str]", signal_number: int) -> None:
    try:
        os.killpg(process.pid, signal_number)
    except ProcessLookupError:
        return
