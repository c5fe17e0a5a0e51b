"""The first difference between two images: which layer, which file, and what about it."""

import hashlib
import tarfile
from collections.abc import Iterator
from itertools import zip_longest
from pathlib import Path

import msgspec

from lockage.model.ids import Digest
from lockage.oci.layout import Layout


class Difference(msgspec.Struct, frozen=True, kw_only=True):
    """Where two images part."""

    layer: int
    """From 1; 0 when all layers are equal and the configuration is not."""
    made_by: str
    """The instruction that made the layer, as far as the history tells."""
    path: str
    """The first file that differs; empty when that is not what differs."""
    what: str

    def render(self) -> str:
        """One line for people."""
        place = f"layer {self.layer}" if self.layer else "the configuration"
        made_by = f" ({self.made_by})" if self.made_by else ""
        return f"{place}{made_by}: {self.path}{': ' if self.path else ''}{self.what}"


class _Entry(msgspec.Struct, frozen=True):
    """What a layer says about one path, in the order in which differences are told."""

    kind: str
    content: str
    link: str
    mode: str
    owner: str
    time: int


_WORDS = {"kind": "type", "link": "link target"}


def difference(ours: Layout, theirs: Layout) -> Difference | None:
    """The first difference; None when both are the same image.

    Args:
        ours: an image whose layers are on disk.
        theirs: another.
    """
    if ours.digest == theirs.digest:
        return None
    pairs = zip_longest(ours.manifest.layers, theirs.manifest.layers)
    for number, (our, their) in enumerate(pairs, start=1):
        if our is None or their is None:
            longer = ours if their is None else theirs
            only = "ours" if their is None else "theirs"
            return Difference(
                layer=number, made_by=longer.made_by[number - 1], path="", what=f"only {only} has such a layer"
            )
        if our.digest != their.digest:
            return _in_layer(number, ours, theirs, our.digest, their.digest)
    return Difference(layer=0, made_by="", path="", what=_in_configuration(ours, theirs))


def _in_layer(number: int, ours: Layout, theirs: Layout, our: Digest, their: Digest) -> Difference:
    path, what = _first(_entries(ours.blob(our)), _entries(theirs.blob(their)))
    return Difference(layer=number, made_by=ours.made_by[number - 1], path=path, what=what)


def _first(our: dict[str, _Entry], their: dict[str, _Entry]) -> tuple[str, str]:
    for path in sorted(our.keys() | their.keys()):
        if path not in their:
            return path, "only ours has it"
        if path not in our:
            return path, "only theirs has it"
        if our[path] != their[path]:
            return path, "; ".join(_words(our[path], their[path]))
    if list(our) != list(their):
        return "", "the same files in another order"
    return "", "the same files, compressed to other bytes"


def _words(our: _Entry, their: _Entry) -> Iterator[str]:
    for field in _Entry.__struct_fields__:
        a, b = getattr(our, field), getattr(their, field)
        if a != b:
            yield f"{_WORDS.get(field, field)} {a} here, {b} there"


def _entries(blob: Path) -> dict[str, _Entry]:
    with tarfile.open(blob) as tar:
        return {member.name: _entry(tar, member) for member in tar}


def _entry(tar: tarfile.TarFile, member: tarfile.TarInfo) -> _Entry:
    stream = tar.extractfile(member) if member.isreg() else None
    content = f"sha256:{hashlib.sha256(stream.read()).hexdigest()}" if stream else ""
    return _Entry(
        kind=member.type.decode(),
        content=content,
        link=member.linkname,
        mode=f"{member.mode:04o}",
        owner=f"{member.uid}:{member.gid}",
        time=int(member.mtime),
    )


def _in_configuration(ours: Layout, theirs: Layout) -> str:
    fields = [
        field for field in ours.config.__struct_fields__ if getattr(ours.config, field) != getattr(theirs.config, field)
    ]
    return f"{', '.join(fields) or 'the encoding'} differs"
