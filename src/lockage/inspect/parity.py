"""Whether a function is the same however it is packaged: the same components, the same files; pure.

Files are compared below the folder that Python imports from: ``/var/task`` of an image, a zip's root, a layer's
``python/``. One kind is left out: bytecode of a project's own sources. An image has it, because a program runs in its
build anyway; an archive has none, because it would cost a container's start at every edit. It follows from the source,
which is compared, and from the runtime's Python.
"""

import re
from collections.abc import Iterable, Mapping
from typing import Literal, NamedTuple

import msgspec

Kind = Literal["package", "source", "bytecode"]
"""Of a locked package, bytecode included; a project's own; bytecode of a project's own."""

_METADATA = re.compile(r"(?P<name>[^/]+)-(?P<version>[^/-]+)\.dist-info/METADATA")
_SEPARATORS = re.compile(r"[-_.]+")


class File(NamedTuple):
    """One file by its content."""

    sha256: str
    """64 hex digits."""
    kind: Kind


class Difference(msgspec.Struct, frozen=True, kw_only=True):
    """One file that is not the same in both."""

    path: str
    one: str
    """Its SHA-256 in the first; empty where it is not there."""
    other: str
    """In the second, likewise."""

    def render(self, one: str, other: str) -> str:
        """One line for people, with names for both."""
        if not self.one or not self.other:
            return f"{self.path}: only {one if self.one else other} has it"
        return f"{self.path}: {self.one[:12]} in {one}, {self.other[:12]} in {other}"


def parity(one: Mapping[str, File], other: Mapping[str, File]) -> tuple[Difference, ...]:
    """The files that differ, by name; none when both packagings are the same function.

    Args:
        one: path below the import root → file.
        other: likewise.
    """
    ours, theirs = _compared(one), _compared(other)
    return tuple(
        Difference(path=path, one=ours.get(path, ""), other=theirs.get(path, ""))
        for path in sorted(ours.keys() | theirs.keys())
        if ours.get(path) != theirs.get(path)
    )


def components(paths: Iterable[str]) -> dict[str, str]:
    """The Python components among some files: normalised name → version.

    They say so themselves, in the names of their metadata:
    https://packaging.python.org/en/latest/specifications/recording-installed-packages/
    """
    found = (match for path in paths if (match := _METADATA.fullmatch(path)))
    return {_SEPARATORS.sub("-", match["name"]).lower(): match["version"] for match in found}


def kinds(hashes: Mapping[str, str], sources: Iterable[str]) -> dict[str, File]:
    """Tell files apart by what they are.

    Args:
        hashes: path below the import root → SHA-256.
        sources: names of the project's own folders there.
    """
    own = frozenset(sources)
    return {path: File(sha256, _kind(path, own)) for path, sha256 in hashes.items()}


def merged(places: Iterable[Mapping[str, File]]) -> dict[str, File]:
    """Several places on Python's path as one; of two files of one name the first place's, as Python imports them."""
    found: dict[str, File] = {}
    for place in places:
        found = {**place, **found}
    return found


def _compared(files: Mapping[str, File]) -> dict[str, str]:
    return {path: file.sha256 for path, file in files.items() if file.kind != "bytecode"}


def _kind(path: str, own: frozenset[str]) -> Kind:
    if path.partition("/")[0] not in own:
        return "package"
    return "bytecode" if path.endswith(".pyc") else "source"
