"""The normal form of a tree: what is in it by content, not by who unpacked it, where, when and with what umask."""

import hashlib
import os
import shutil
from pathlib import Path

_JUNK_NAMES = {"__pycache__", ".lock", "INSTALLER", "REQUESTED", "direct_url.json", "uv_cache.json"}
_EARLIEST = 315_532_800  # 1980-01-01
_SPAN = 2**30
_EXECUTABLE = 0o111


def normalise(tree: Path) -> None:
    """Set modes and times of everything in a tree.

    A file's time follows from its content. BuildKit takes a file that it has received before as unchanged when name,
    size, mode and time are equal, whatever the folder: with one fixed time, an edit that keeps a file's length would
    build the old file. Builds set the times that end up in an image (see ``inside/bytecode.py``).
    """
    for path in sorted(tree.rglob("*"), reverse=True):
        if path.is_dir():
            path.chmod(0o755)
            os.utime(path, (_EARLIEST, _EARLIEST))
        else:
            path.chmod(0o755 if path.stat().st_mode & _EXECUTABLE else 0o644)
            time = content_time(path.read_bytes())
            os.utime(path, (time, time))
    tree.chmod(0o755)
    os.utime(tree, (_EARLIEST, _EARLIEST))


def content_time(content: bytes) -> int:
    """Seconds since 1970, between 1980 and 2014, that stand for a content."""
    return _EARLIEST + int.from_bytes(hashlib.sha256(content).digest()[:8], "big") % _SPAN


def strip_installer(tree: Path) -> None:
    """Take out what an installer adds to the wheels' own files, and mend each ``RECORD``.

    Scripts go because their first line names this machine's Python; nothing starts them in a function.
    """
    shutil.rmtree(tree / "bin", ignore_errors=True)
    for path in sorted(tree.rglob("*")):
        if path.name in _JUNK_NAMES and path.exists() and (path.parent == tree or _belongs_to_installer(path)):
            shutil.rmtree(path) if path.is_dir() else path.unlink()
    for record in sorted(tree.glob("*.dist-info/RECORD")):
        lines = (line for line in record.read_text().splitlines() if _stands(tree, line))
        record.write_text("".join(f"{line}\n" for line in sorted(lines)))


def _belongs_to_installer(path: Path) -> bool:
    return path.name == "__pycache__" or path.parent.name.endswith(".dist-info")


def _stands(tree: Path, record_line: str) -> bool:
    name = record_line.rsplit(",", 2)[0].strip('"')
    return not name.startswith("..") and (tree / name).is_file()
