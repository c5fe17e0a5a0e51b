"""The first difference between two archives: which file, what about it, and where such differences come from."""

import hashlib
import zipfile
from collections.abc import Iterator
from pathlib import Path

import msgspec


class _Member(msgspec.Struct, frozen=True):
    """What an archive says about one file, in the order in which differences are told."""

    content: str
    mode: str
    time: str
    made_on: int
    compressed: int


_WORDS = {"made_on": "system", "compressed": "compressed bytes"}


def archive_difference(ours: Path, theirs: Path) -> str:
    """The first difference in a line, its likely class before it; empty when the bytes are equal."""
    if ours.read_bytes() == theirs.read_bytes():
        return ""
    our, their = _members(ours), _members(theirs)
    for path in sorted(our.keys() | their.keys()):
        if path not in their or path not in our:
            return f"{_class(path, 'presence')}: {path}: only {'ours' if path in our else 'theirs'} has it"
        if our[path] != their[path]:
            first, *others = _differing(our[path], their[path])
            told = "; ".join(f"{_WORDS.get(name, name)} {a} here, {b} there" for name, a, b in (first, *others))
            return f"{_class(path, first[0])}: {path}: {told}"
    if list(our) != list(their):
        return "ordering: the same files in another order"
    return "writer: the same files, written to other bytes"


def _class(path: str, field: str) -> str:
    if field == "time":
        return "time"
    if field == "compressed":
        return "writer"
    if path.endswith(".pyc"):
        return "bytecode (another runtime image compiled it)"
    return "dependency" if ".dist-info/" in path or field == "presence" else "content"


def _differing(ours: _Member, theirs: _Member) -> Iterator[tuple[str, object, object]]:
    for name in _Member.__struct_fields__:
        a, b = getattr(ours, name), getattr(theirs, name)
        if a != b:
            yield name, a, b


def _members(path: Path) -> dict[str, _Member]:
    with zipfile.ZipFile(path) as archive:
        return {one.filename: _member(archive, one) for one in archive.infolist()}


def _member(archive: zipfile.ZipFile, one: zipfile.ZipInfo) -> _Member:
    return _Member(
        content=f"sha256:{hashlib.sha256(archive.read(one)).hexdigest()}",
        mode=f"{one.external_attr >> 16:06o}",
        time="{:04}-{:02}-{:02} {:02}:{:02}:{:02}".format(*one.date_time),
        made_on=one.create_system,
        compressed=one.compress_size,
    )
