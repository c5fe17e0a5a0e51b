"""The first difference between two images: which layer, which file, and what about it."""

import hashlib
import tarfile
from itertools import zip_longest

import msgspec

from lockage.model.parting import Parting, first
from lockage.oci.layout import Descriptor, Layout
from lockage.oci.weigh import opened


class Difference(Parting, frozen=True, kw_only=True):
    """Where two images part."""

    layer: int
    """From 1; 0 when all layers are equal and the configuration is not."""
    made_by: str
    """The instruction that made the layer, as far as the history tells."""

    def render(self) -> str:
        """One line for people."""
        place = f"layer {self.layer}" if self.layer else "the configuration"
        made_by = f" ({self.made_by})" if self.made_by else ""
        return f"{place}{made_by}: {Parting.render(self)}"


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

    Raises:
        LayoutError: a layer does not read as an archive.
    """
    if ours.digest == theirs.digest:
        return None
    pairs = zip_longest(ours.manifest.layers, theirs.manifest.layers)
    for number, (our, their) in enumerate(pairs, start=1):
        if our is None or their is None:
            longer = ours if their is None else theirs
            what = f"only {'ours' if their is None else 'theirs'} has such a layer"
            return Difference(layer=number, made_by=longer.made_by[number - 1], path="", field="layers", what=what)
        if our.digest != their.digest:
            return _in_layer(number, ours, theirs, our, their)
    return _in_configuration(ours, theirs)


def _in_layer(number: int, ours: Layout, theirs: Layout, our: Descriptor, their: Descriptor) -> Difference:
    found = first(_entries(ours, our), _entries(theirs, their), _WORDS, written="compressed")
    return Difference(layer=number, made_by=ours.made_by[number - 1], **msgspec.structs.asdict(found))


def _entries(layout: Layout, layer: Descriptor) -> dict[str, _Entry]:
    with opened(layout, layer) as tar:
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


def _in_configuration(ours: Layout, theirs: Layout) -> Difference:
    names = ours.config.__struct_fields__
    fields = [name for name in names if getattr(ours.config, name) != getattr(theirs.config, name)]
    field = ("time" if fields == ["created"] else "configuration") if fields else "written"
    what = f"{', '.join(fields) or 'the encoding'} differs"
    return Difference(layer=0, made_by="", path="", field=field, what=what)
