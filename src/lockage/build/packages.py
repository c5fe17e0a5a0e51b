"""From a lock to packs: wheels are fetched by hash for the target, compiled, compressed, and kept once per user.

A pack's key covers all that decides it: the requirement with its hashes, the target, what compiles and what compresses.
So ten functions that share a package share its pack, and an edit of a lock prepares only what is new in it.
"""

import csv
import hashlib
import io
import os
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Protocol

import msgspec

from lockage.build.archive import Entry, entry
from lockage.build.normal import strip_installer
from lockage.build.packs import Pack, PackStore
from lockage.plan.archive import writer
from lockage.plan.recipe import STAGING
from lockage.plan.requirements import Pin, normalised
from lockage.tools.buildx import BuildFailed
from lockage.tools.exclusive import alone
from lockage.tools.uv import Uv

_EXECUTABLE = 0o111


class Target(msgspec.Struct, frozen=True, kw_only=True):
    """What packages are for."""

    python: str
    """Minor version, such as ``3.13``."""
    platform: str
    """``linux/amd64`` or ``linux/arm64``."""
    compiler: str
    """Digest of the image whose Python compiles; bytecode does not depend on the platform."""


class Compiles(Protocol):
    """What makes bytecode."""

    def compile(self, trees: Path) -> None:
        """Put bytecode beside the modules of every folder in ``trees``; each is compiled by itself."""


class Packages:
    """The packages of locks.

    Args:
        store: where packs are kept.
        uv: fetches and unpacks wheels.
    """

    def __init__(self, store: PackStore, uv: Uv) -> None:
        self.store, self._uv = store, uv

    def packs(self, pins: Sequence[Pin], target: Target, compiler: Compiles) -> tuple[list[Pack], int]:
        """A lock's packages in its order, and how many of them were made just now.

        Raises:
            DependencyError: a wheel cannot be had as locked.
            BuildFailed: the bytecode could not be made.
        """
        wanted = {key(pin, target): pin for pin in pins}
        found, made = self._found(wanted), 0
        if len(found) < len(wanted):
            with alone(self.store.place):
                missing = [pin for one, pin in wanted.items() if one not in self._found(wanted)]  # by now, perhaps none
                if missing:
                    self._make(missing, target, compiler)
                found, made = self._found(wanted), len(missing)
        return [found[one] for one in wanted], made

    def _found(self, wanted: Iterable[str]) -> dict[str, Pack]:
        return {one: pack for one in wanted if (pack := self.store.find(one))}

    def _make(self, pins: Sequence[Pin], target: Target, compiler: Compiles) -> None:
        with tempfile.TemporaryDirectory(prefix=".part-", dir=self.store.place) as work:
            tree, trees = Path(work) / "tree", Path(work) / "trees"
            lock = Path(work) / "requirements.lock"
            lock.write_text("".join(f"{pin.text}\n" for pin in pins))
            self._uv.install(lock, tree, python=target.python, platform=target.platform)
            strip_installer(tree)
            folders = {(pin.name, pin.version): key(pin, target) for pin in pins}
            divide(tree, folders, trees)
            compiler.compile(trees)
            for folder in folders.values():  # one whose marker leaves it out on the target is an empty pack
                self.store.add(folder, entries(trees / folder))


def key(pin: Pin, target: Target) -> str:
    """64 hex digits over all that decides a pack."""
    about = (STAGING, writer(), pin.text, target.python, target.platform, target.compiler)
    return hashlib.sha256(msgspec.json.encode(about)).hexdigest()


def divide(tree: Path, folders: Mapping[tuple[str, str], str], into: Path) -> None:
    """Part what was installed together into a folder a package, as each one's ``RECORD`` says.

    Args:
        tree: where packages were installed.
        folders: normalised name and version → the folder's name.
        into: takes the folders; made.

    Raises:
        BuildFailed: a file belongs to no package, or a package was not asked for.
    """
    into.mkdir()
    for name in folders.values():
        (into / name).mkdir()
    left = {path for path in tree.rglob("*") if path.is_file()}
    for record in sorted(tree.glob("*.dist-info/RECORD")):
        name, _, version = record.parent.name.removesuffix(".dist-info").rpartition("-")
        folder = folders.get((normalised(name), version))
        if folder is None:
            raise _unexpected(f"{name} {version} was installed, and the lock does not name it")
        for path in _recorded(record):
            source, target = tree / path, into / folder / path
            target.parent.mkdir(parents=True, exist_ok=True)
            if not target.exists():
                os.link(source, target)
            left.discard(source)
    if left:
        some = ", ".join(sorted(str(path.relative_to(tree)) for path in left)[:5])
        raise _unexpected(f"files that belong to no package: {some}")


def entries(tree: Path) -> list[Entry]:
    """A package's files, compressed: large ones one after another, for memory's sake."""
    files = sorted(path for path in tree.rglob("*") if path.is_file())
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        return list(pool.map(lambda path: _entry(tree, path), files))


def _entry(tree: Path, path: Path) -> Entry:
    return entry(
        path.relative_to(tree).as_posix(), path.read_bytes(), executable=bool(path.stat().st_mode & _EXECUTABLE)
    )


def _recorded(record: Path) -> Iterator[str]:
    rows: Iterable[list[str]] = csv.reader(io.StringIO(record.read_text()))
    return (row[0] for row in rows if row)


def _unexpected(why: str) -> BuildFailed:
    return BuildFailed(
        "the installed packages are not what the lock names",
        why=why,
        remedy="lock again; if it stays so, one of the wheels is malformed: use another version of it",
    )
