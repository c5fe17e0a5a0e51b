"""What the packages in a tree say of themselves: the third witness of what is in an artifact.

The metadata is read by :mod:`importlib.metadata`, as a function would read it that asks for the version of a package.
"""

import base64
import csv
import io
import posixpath
from collections.abc import Iterator, Mapping
from importlib.metadata import PathDistribution
from importlib.util import source_from_cache
from pathlib import Path

import msgspec

from lockage.plan.requirements import normalised

METADATA = (".dist-info", ".egg-info")
"""Endings of the folders that hold it."""

_RECORD = "RECORD"
_UNHASHED = {_RECORD, f"{_RECORD}.jws", f"{_RECORD}.p7s"}
_ALGORITHM = "sha256"


class Tree(msgspec.Struct, frozen=True, kw_only=True):
    """An artifact's files as the function will see them."""

    root: Path
    """A folder that stands for the root; holds at least all metadata below ``home``."""
    home: str
    """The folder below it from which Python imports."""
    files: Mapping[str, str]
    """All files: path below the root → SHA-256, 64 hex digits."""


class Installed(msgspec.Struct, frozen=True, kw_only=True):
    """One installed package, by its own metadata."""

    name: str
    """Normalised; empty when it states none."""
    version: str
    folder: str
    """That of its metadata, below the root."""
    record: str
    """SHA-256 of its ``RECORD``, which names the hash of every one of its files; empty without one."""
    files: Mapping[str, str]
    """Path below the root → SHA-256 as its ``RECORD`` states it, or what is there in place of one."""


def installed(tree: Tree) -> tuple[Installed, ...]:
    """The packages that Python finds in a tree."""
    folders = (path for path in sorted((tree.root / tree.home).glob("*")) if path.suffix in METADATA)
    return tuple(_installed(tree, path) for path in folders)


def _installed(tree: Tree, path: Path) -> Installed:
    distribution, folder = PathDistribution(path), f"{tree.home}/{path.name}"
    return Installed(
        name=normalised(_stated(distribution, "Name")),
        version=_stated(distribution, "Version"),
        folder=folder,
        record=tree.files.get(f"{folder}/{_RECORD}", ""),
        files=dict(_recorded(tree.home, _text(distribution, _RECORD))),
    )


def _stated(distribution: PathDistribution, field: str) -> str:
    """A field of its metadata; empty when there is none, or no metadata that can be read."""
    if not any(_text(distribution, name) for name in ("METADATA", "PKG-INFO", "")):
        return ""
    metadata = distribution.metadata
    return metadata[field] if field in metadata else ""  # noqa: SIM401 - it has no get before Python 3.12


def _text(distribution: PathDistribution, name: str) -> str:
    try:
        return distribution.read_text(name) or ""
    except UnicodeDecodeError:
        return ""


def _recorded(home: str, record: str) -> Iterator[tuple[str, str]]:
    for row in csv.reader(io.StringIO(record)):
        if row:
            yield posixpath.normpath(posixpath.join(home, row[0])), _hex(row[1] if len(row) > 1 else "")


def _hex(stated: str) -> str:
    """``sha256=`` with unpadded URL-safe base64, as the specification of ``RECORD`` has it, in hex digits."""
    algorithm, _, value = stated.partition("=")
    if algorithm != _ALGORITHM:
        return stated
    try:
        return base64.urlsafe_b64decode(value + "=" * (-len(value) % 4)).hex()
    except ValueError:
        return stated


def altered(tree: Tree, packages: tuple[Installed, ...]) -> Iterator[str]:
    """Files that are not as the ``RECORD`` of their package says, a line each."""
    for package in packages:
        if not package.record:
            yield f"/{package.folder} has no {_RECORD}: nothing says what its files should be"
        for path, stated in package.files.items():
            found = tree.files.get(path)
            said = f"/{package.folder}/{_RECORD} says"
            if found is None:
                yield f"missing: /{path}: {said} {shown(stated)}; there is no such file"
            elif found != stated and posixpath.basename(path) not in _UNHASHED:
                yield f"changed: /{path}: {said} {shown(stated)}; the file has {shown(found)}"


def unknown(tree: Tree, packages: tuple[Installed, ...], sources: tuple[str, ...]) -> Iterator[str]:
    """Files that no ``RECORD`` names and that are of no source, a line each; bytecode counts as its module.

    Args:
        tree: the artifact's.
        packages: what is installed in it.
        sources: names of the folders below ``home`` that hold the project's own sources.
    """
    recorded = {path for package in packages for path in package.files}
    own = tuple(f"{tree.home}/{name}/" for name in sources)
    for path in tree.files:
        if path not in recorded and _module(path) not in recorded and not path.startswith(own):
            yield f"extra: /{path}: no {_RECORD} names it, and it is of no source of the project"


def _module(path: str) -> str:
    """The module that a file is the bytecode of; the file itself when it is none."""
    try:
        return source_from_cache(path)
    except ValueError:
        return path


def shown(hashed: str) -> str:
    """A hash for people; what is no SHA-256 as it is."""
    return f"{_ALGORITHM}:{hashed[:12]}…" if len(hashed) == 64 else hashed or "no hash"  # noqa: PLR2004 - hex digits
