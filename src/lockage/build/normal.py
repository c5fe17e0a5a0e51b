"""The normal form of a tree: what is in it by content, not by who unpacked it, where, when and with what umask."""

import hashlib
import os
import shutil
from pathlib import Path

_JUNK_NAMES = {"__pycache__", ".lock", "INSTALLER", "REQUESTED", "direct_url.json", "uv_cache.json"}
_TIME = 315_532_800  # 1980-01-01
_EXECUTABLE = 0o111


def normalise(tree: Path) -> None:
    """Set modes of everything in a tree, and one time; see :func:`digest` for what that asks of a build."""
    for path in sorted(tree.rglob("*"), reverse=True):
        if path.is_dir():
            path.chmod(0o755)
        else:
            path.chmod(0o755 if path.stat().st_mode & _EXECUTABLE else 0o644)
        os.utime(path, (_TIME, _TIME))
    tree.chmod(0o755)
    os.utime(tree, (_TIME, _TIME))


def digest(tree: Path) -> str:
    """64 hex digits over a tree's names, modes and contents.

    BuildKit takes a file as one that it has received before when name, size, mode and time are equal, and does not look
    at its content: what is sent under one key must therefore have one digest.
    """
    hashed = hashlib.sha256()
    for path in sorted(tree.rglob("*")):
        content = "" if path.is_dir() else _hashed(path)
        hashed.update(f"{path.relative_to(tree)}\0{path.stat().st_mode:o}\0{content}\0".encode())
    return hashed.hexdigest()


def _hashed(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


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
