"""What an image holds below one folder, or adds to its base, read from layers as an engine merges them; nothing is run.

Whiteouts take away what lower layers brought, as the image specification has it:
https://github.com/opencontainers/image-spec/blob/v1.1.0/layer.md#whiteouts
"""

import hashlib
import posixpath
import tarfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import NamedTuple

from lockage.oci.layout import Descriptor, Layout, LayoutError

_WHITEOUT = ".wh."
_OPAQUE = ".wh..wh..opq"
_FUNCTIONS = ("var/task/", "opt/")
"""Folders that a base leaves to functions."""


class _File(NamedTuple):
    """A file, or a symbolic link."""

    sha256: str
    content: bytes | None = None
    """None where nobody wants it."""
    link: str | None = None
    """What is written in a link; None of a file."""


Wanted = Callable[[str, bytes], bool]
"""Whether a file, by its path below the root and its content, is to be written out."""


def contents(layout: Layout, folder: str, wanted: Wanted, root: Path) -> dict[str, str]:
    """Read the files below a folder; a file's path below the root → its SHA-256, 64 hex digits.

    Args:
        layout: the image.
        folder: such as ``var/task``; empty for the root.
        wanted: says which are to be written out.
        root: stands for the root of the image's file system; takes what is wanted.

    Raises:
        LayoutError: a layer is no tar that can be read.
    """
    found = _files(_merged(layout, layout.manifest.layers, folder, wanted))
    for path, file in found.items():
        _write(root / path, file)
    return {path: file.sha256 for path, file in found.items()}


def hashes(layout: Layout, layers: int) -> dict[str, str]:
    """The files that an image's lowest layers hold: a file's path below the root → its SHA-256, 64 hex digits.

    Raises:
        LayoutError: a layer is no tar that can be read.
    """
    found = _files(_merged(layout, layout.manifest.layers[:layers], "", lambda *_: False))
    return {path: file.sha256 for path, file in found.items()}


def added(
    layout: Layout, below: int, wanted: Wanted, root: Path, base: Callable[[], Mapping[str, str]]
) -> dict[str, str]:
    """Read the files that an image adds to its base; a file's path below the root → its SHA-256, 64 hex digits.

    A file that a layer brings as the base has it, such as one whose mode it changes, is not added. All symbolic links
    are written out as they are.

    Args:
        layout: the image.
        below: how many of its layers, from the lowest, are its base's.
        wanted: says which are to be written out.
        root: stands for the root of the image's file system; takes what is wanted. Nothing is written through a link.
        base: says what the base holds, as :func:`hashes` does; asked when something is wanted outside of the folders
            that a base leaves to functions.

    Raises:
        LayoutError: a layer is no tar that can be read.
    """
    found = _merged(layout, layout.manifest.layers[below:], "", wanted)
    if any(file.content is not None and not path.startswith(_FUNCTIONS) for path, file in found.items()):
        there = base()
        found = {path: file for path, file in found.items() if file.link is not None or there.get(path) != file.sha256}
    for path in sorted(found, reverse=True):  # what is below a path comes before it, and so before a link there
        _write(root / path, found[path])
    return {path: file.sha256 for path, file in _files(found).items()}


def _merged(layout: Layout, layers: Iterable[Descriptor], folder: str, wanted: Wanted) -> dict[str, _File]:
    """Files and links of some layers, lowest first."""
    found: dict[str, _File] = {}
    for layer in layers:
        try:
            _merge(found, layout.blob(layer.digest), folder, wanted)
        except (tarfile.TarError, OSError, EOFError) as error:
            raise LayoutError(
                f"the layer {layer.digest} cannot be read",
                why=f"{type(error).__name__}: {error}",
                remedy="build the image again: ./noxw -s build",
            ) from error
    return found


def _files(found: Mapping[str, _File]) -> dict[str, _File]:
    return {path: file for path, file in found.items() if file.link is None}


def _write(place: Path, file: _File) -> None:
    if file.content is None and file.link is None:
        return
    place.parent.mkdir(parents=True, exist_ok=True)
    if file.content is not None:
        place.write_bytes(file.content)
    elif file.link is not None and not place.exists():  # in the place of a folder it would be no link
        place.symlink_to(file.link)


def _merge(found: dict[str, _File], blob: Path, folder: str, wanted: Wanted) -> None:
    """Lay a layer over what is below it: what it takes away first, whatever the order of its entries."""
    brought: dict[str, _File | None] = {}
    gone: set[str] = set()
    with tarfile.open(blob, "r|*") as tar:
        for member in tar:
            path = _plain(member.name)
            above, name = posixpath.split(path)
            if name == _OPAQUE:
                gone.add(above)
            elif name.startswith(_WHITEOUT):
                gone.add(posixpath.join(above, name.removeprefix(_WHITEOUT)))
            elif member.isdir():
                found.pop(path, None)
            elif member.islnk():
                target = _plain(member.linkname)
                brought[path] = brought.get(target, found.get(target))
            elif _meet(path, folder):
                brought[path] = _read(tar, member, partial(wanted, path))
    gone.update(brought)
    for path in [path for path in found if not gone.isdisjoint(_above(path))]:
        del found[path]
    found.update({path: file for path, file in brought.items() if file is not None})


def _plain(name: str) -> str:
    """Below the root, whatever is written."""
    return posixpath.normpath(f"/{name}").lstrip("/")


def _above(path: str) -> Iterator[str]:
    """A path, all folders it is in, and the root, which has no name."""
    while path:
        yield path
        path = posixpath.dirname(path)
    yield ""


def _meet(path: str, folder: str) -> bool:
    """Whether a path is below the folder, or is something else in the place of the folder itself or one above it."""
    return not folder or path.startswith(f"{folder}/") or f"{folder}/".startswith(f"{path}/")


def _read(tar: tarfile.TarFile, member: tarfile.TarInfo, wanted: Callable[[bytes], bool]) -> _File | None:
    """A file or link; None for a device, which stands in its path's place all the same."""
    if member.issym():
        return _File("", link=member.linkname)
    stream = tar.extractfile(member) if member.isreg() else None
    if stream is None:
        return None
    content = stream.read()
    return _File(hashlib.sha256(content).hexdigest(), content if wanted(content) else None)
