"""From a lock to packs: packages are had by hash for the target, compiled, compressed, and kept once per user.

A pack's key covers all that decides it: the files of the unpacked wheel, what compiles and what compresses. What leads
to it is the requirement with its hashes, the index that it comes from if that is named, what builds it if it is built
from its sdist, and the target. So ten functions that share a package share its pack, an edit of a lock prepares only
what is new in it, and a wheel that two locks ask for in other words is compiled and compressed once.
"""

import hashlib
import os
import shutil
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Protocol

import msgspec

from lockage.build.archive import Entry, entry
from lockage.build.divide import divide
from lockage.build.normal import digest, normalise, strip_installer
from lockage.build.packs import Pack, PackStore
from lockage.build.supply import Builds, Supply, Wanted
from lockage.plan.archive import writer
from lockage.plan.recipe import STAGING
from lockage.tools.exclusive import alone
from lockage.tools.uv import Uv

_EXECUTABLE = 0o111
_AT_ONCE = 64 << 20


class Target(msgspec.Struct, frozen=True, kw_only=True):
    """What packages are for."""

    python: str
    """Minor version, such as ``3.13``."""
    platform: str
    """``linux/amd64`` or ``linux/arm64``."""
    compiler: str
    """Digest of the image whose Python compiles; bytecode does not depend on the platform."""


class Runs(Builds, Protocol):
    """The Python that packages are for."""

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

    def packs(self, packages: Sequence[Wanted], target: Target, runtime: Runs) -> tuple[list[Pack], int]:
        """A lock's packages in its order, and how many of them were compiled and compressed just now.

        Raises:
            DependencyError: a package cannot be had as locked.
            Inconclusive: an sdist is for another platform than can build it here.
            BuildFailed: an sdist gives no wheel, or bytecode could not be made.
            ArchiveError: two packages bring different files of one name.
        """
        wanted = {key(one, target): one for one in packages}
        found, made = self._found(wanted), 0
        if len(found) < len(wanted):
            with alone(self.store.place):
                found = self._found(wanted)  # by now, perhaps all of them
                missing = [package for one, package in wanted.items() if one not in found]
                if missing:
                    made = self._make(missing, target, runtime)
                    found = self._found(wanted)
        return [found[one] for one in wanted], made

    def _found(self, wanted: Iterable[str]) -> dict[str, Pack]:
        return {one: pack for one in wanted if (pack := self.store.find(one))}

    def _make(self, packages: Sequence[Wanted], target: Target, runtime: Runs) -> int:
        with tempfile.TemporaryDirectory(prefix=".part-", dir=self.store.place) as work:
            tree, trees = Path(work) / "tree", Path(work) / "trees"
            Supply(self._uv, runtime, target.python, target.platform).unpack(packages, tree)
            strip_installer(tree)
            folders = {(one.pin.name, one.pin.version): key(one, target) for one in packages}
            divide(tree, folders, trees)  # one whose marker leaves it out on the target is an empty pack
            content = {name: self._new(trees / name, target) for name in folders.values()}
            new = sorted(trees.iterdir())
            if new:
                runtime.compile(trees)
            for folder in new:
                self.store.add(folder.name, entries(folder))
            for name, its in content.items():
                self.store.name(name, its)
        return len(new)

    def _new(self, folder: Path, target: Target) -> str:
        """The key of a package by its content; its folder is called so from now on, or gone if there is such a pack."""
        normalise(folder)
        content = content_key(digest(folder), target)
        place = folder.with_name(content)
        if self.store.find(content) is None and not place.exists():
            folder.rename(place)
        else:
            shutil.rmtree(folder)
        return content


def content_key(tree: str, target: Target) -> str:
    """64 hex digits over all that decides a pack; the platform has chosen the wheel, and has no part in what follows.

    Args:
        tree: digest of the unpacked wheel.
        target: what it is for.
    """
    about = (STAGING, writer(), tree, target.python, target.compiler)
    return hashlib.sha256(msgspec.json.encode(about)).hexdigest()


def key(package: Wanted, target: Target) -> str:
    """64 hex digits over all that decides which pack a requirement gets."""
    about = (STAGING, writer(), package.about, target.python, target.platform, target.compiler)
    return hashlib.sha256(msgspec.json.encode(about)).hexdigest()


def entries(tree: Path, at_once: int = _AT_ONCE) -> Iterator[Entry]:
    """A package's files by name, compressed: small ones at once, large ones one after another, for memory's sake.

    Args:
        tree: the package's folder.
        at_once: bytes of files that are compressed at once, if there is more than one.
    """
    from concurrent.futures import ThreadPoolExecutor  # noqa: PLC0415 - 5 ms, and most builds find all prepared

    files = sorted(path for path in tree.rglob("*") if path.is_file())
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        for group in _groups(files, at_once):
            yield from pool.map(lambda path: _entry(tree, path), group)


def _groups(files: Iterable[Path], at_once: int) -> Iterator[list[Path]]:
    group, size = list[Path](), 0
    for path in files:
        weight = path.stat().st_size
        if group and size + weight > at_once:
            yield group
            group, size = [], 0
        group.append(path)
        size += weight
    if group:
        yield group


def _entry(tree: Path, path: Path) -> Entry:
    return entry(
        path.relative_to(tree).as_posix(), path.read_bytes(), executable=bool(path.stat().st_mode & _EXECUTABLE)
    )
