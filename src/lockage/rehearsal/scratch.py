"""Where what functions run from is best unpacked: in memory, if there is room.

On a journaling disk the 3,000 files of a zip took ten times as long as in memory. Nothing that is to be described or
scanned belongs there: Syft passes over everything below ``/dev``.
"""

import os
from collections.abc import Iterator
from pathlib import Path

_MEMORY = Path("/dev/shm")  # noqa: S108 - what is put there is a folder for its owner alone
_MEMINFO, _GROUP, _GROUPS = Path("/proc/meminfo"), Path("/proc/self/cgroup"), Path("/sys/fs/cgroup")
_SHARE = 4
"""What part of the room may be taken at most: a quarter, for other rehearsals may be under way."""


def in_memory(needed: int) -> Path | None:
    """A place in memory for ``needed`` bytes; None where the usual place must do.

    That is where there is too little room, where nothing may be executed from it (a function's shared
    objects are), and where the user has named a place: ``TMPDIR``.
    """
    if "TMPDIR" in os.environ or not os.access(_MEMORY, os.W_OK | os.X_OK):
        return None
    place = os.statvfs(_MEMORY)
    room = min(place.f_bavail * place.f_frsize, _available(), *_left_to_the_group())
    return None if place.f_flag & os.ST_NOEXEC or room < _SHARE * needed else _MEMORY


def _available() -> int:
    """Bytes of memory that can be had without swapping; 0 where the kernel does not say."""
    lines = _read(_MEMINFO).splitlines()
    return next((int(line.split()[1]) << 10 for line in lines if line.startswith("MemAvailable:")), 0)


def _left_to_the_group() -> Iterator[int]:
    """Bytes that the control groups of this process may still take: what is in memory counts for them."""
    own = next((line.partition("0::/")[2] for line in _read(_GROUP).splitlines() if line.startswith("0::/")), "")
    for folder in (_GROUPS / own, *(_GROUPS / own).parents):
        most, taken = _read(folder / "memory.max").strip(), _read(folder / "memory.current").strip()
        if most.isdecimal() and taken.isdecimal():
            yield int(most) - int(taken)


def _read(file: Path) -> str:
    try:
        return file.read_text()
    except OSError:
        return ""
