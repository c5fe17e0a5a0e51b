"""How much memory a program and all that it starts take together."""

import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from lockage.errors import ToolError
from lockage.tools.process import Running

_EVERY_SECONDS = 0.01
_PROC = Path("/proc")


def most_memory(command: Sequence[str | Path], *, cwd: Path, env: Mapping[str, str | None]) -> int:
    """Run a program to its end; the most bytes that it and all that it started took at one time.

    Args:
        command: program and arguments.
        cwd: where to run it.
        env: changes to this process's environment.

    Raises:
        ToolError: it failed.
    """
    with tempfile.TemporaryDirectory() as work:
        program, most = Running(command, log=Path(work) / "log", cwd=cwd, env=env), 0
        try:
            while program.ended() is None:
                most = max(most, together(program.pid))
                time.sleep(_EVERY_SECONDS)
        finally:
            program.stop()
        if code := program.ended():
            raise ToolError(f"{command[0]} failed with exit code {code}", why=program.tail(), remedy="run it by hand")
    return most


def together(pid: int) -> int:
    """Bytes of a process and its descendants now; a page that several of them have counts once."""
    children = defaultdict[int, list[int]](list)
    for one, parent in _parents():
        children[parent].append(one)
    found, waiting = 0, [pid]
    while waiting:
        one = waiting.pop()
        found += _share(one)
        waiting += children[one]
    return found


def _parents() -> Iterator[tuple[int, int]]:
    for folder in _PROC.glob("[0-9]*"):
        if about := _read(folder / "stat"):
            yield int(folder.name), int(about.rpartition(")")[2].split()[1])


def _share(pid: int) -> int:
    """A process's own pages and its share of others, as Linux reckons it (``Pss``); 0 when it is gone."""
    for line in _read(_PROC / str(pid) / "smaps_rollup").splitlines():
        name, _, rest = line.partition(":")
        if name == "Pss":
            return int(rest.split()[0]) * 1024
    return 0


def _read(path: Path) -> str:
    try:
        return path.read_text()
    except (FileNotFoundError, ProcessLookupError):  # it has ended meanwhile
        return ""
