"""Installed tools, each verified against the lock whenever it is asked for."""

import hashlib
from pathlib import Path
from typing import Literal

import msgspec

from lockage.errors import ToolError
from lockage.model.tool import Source, UsedTool
from lockage.tools.cache import cache_dir
from lockage.tools.lock import ToolsLock, built, load


class Tool(msgspec.Struct, frozen=True, kw_only=True):
    """An installed tool."""

    name: str
    path: Path
    version: str
    source: Source
    sha256: str
    """Of the program."""
    second_source: str = ""
    """Empty when this is the lock's first choice; else why what it touches serves rehearsals only."""

    @property
    def used(self) -> UsedTool:
        """As evidence names it."""
        return UsedTool(name=self.name, version=self.version, source=self.source, sha256=self.sha256)


class Record(msgspec.Struct, frozen=True, kw_only=True):
    """``tool.json`` beside an installed program: where it came from."""

    schema: Literal[1] = 1
    name: str
    version: str
    source: Source
    sha256: str


class Locked:
    """The tools of a lock, as they are installed in the per-user cache."""

    def __init__(self, lock: ToolsLock | None = None, cache: Path | None = None) -> None:
        self.lock = lock or load()
        self.folder = (cache or cache_dir()) / "tools"
        self._verified: dict[str, Tool] = {}

    def home(self, name: str) -> Path:
        """The folder of one tool at its pin: a changed pin has another."""
        return self.folder / name / f"{self.lock.pin(name).version}-{self.lock.identity(name)[:16]}"

    def recorded(self, name: str) -> Tool | None:
        """What is installed by its own record, not verified: for plans, which run nothing. None when nothing is."""
        home = self.home(name)
        try:
            record = msgspec.json.decode((home / "tool.json").read_bytes(), type=Record)
        except (OSError, msgspec.DecodeError):
            return None
        second = record.source == "module" and self.lock.pin(name).release is not None
        return Tool(
            name=name,
            path=home / name,
            version=record.version,
            source=record.source,
            sha256=record.sha256,
            second_source=built(name, record.version) if second else "",
        )

    def path(self, name: str) -> Tool:
        """The tool to run, its bytes hashed now (once a process; 0.2 s for the largest).

        Raises:
            ToolError: it is not installed, or its bytes are not the locked ones.
            UsageError: the lock names no such tool.
        """
        if name not in self._verified:
            self._verified[name] = self._verify(name)
        return self._verified[name]

    def _verify(self, name: str) -> Tool:
        tool = self.recorded(name)
        if tool is None or not tool.path.is_file():
            raise ToolError(
                f"{name} {self.lock.pin(name).version} is not installed",
                why=f"nothing stands in {self.home(name)}",
                remedy=f"install it: lockage tools install {name}",
            )
        release = self.lock.pin(name).release
        expected = release.program_sha256 if release and tool.source == "release" else tool.sha256
        check_sha256(tool.path, expected, remedy=f"delete {self.home(name)}, then: lockage tools install {name}")
        return tool


def check_sha256(path: Path, expected: str, *, name: str = "", remedy: str) -> None:
    """Refuse a file whose bytes are not the locked ones.

    Args:
        path: the file to hash.
        expected: 64 hex digits.
        name: what to call the file; its path by default.
        remedy: what to do when it is another file.

    Raises:
        ToolError: naming file, expected and found.
    """
    found = sha256_of(path)
    if found != expected:
        raise ToolError(
            f"{name or path} has the wrong checksum, and was not used",
            why=f"expected sha256 {expected}\nfound    sha256 {found}",
            remedy=remedy,
        )


def sha256_of(path: Path) -> str:
    """64 hex digits of a file's bytes."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
