"""What an image holds below one folder, or adds to its base, read from layers as an engine merges them; nothing is run.

Whiteouts take away what lower layers brought, as the image specification has it:
https://github.com/opencontainers/image-spec/blob/v1.1.0/layer.md#whiteouts
"""

import hashlib
import posixpath
import shutil
import tarfile
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, nullcontext
from itertools import count
from pathlib import Path
from typing import NamedTuple

from lockage.oci.layout import Descriptor, Layout, LayoutError

_WHITEOUT = ".wh."
_OPAQUE = ".wh..wh..opq"
_CHUNK = 1 << 18
"""Bytes of a file that are in memory at once, whatever its size."""
_FUNCTIONS = ("var/task/", "opt/")
"""Folders that a base leaves to functions."""


class _File(NamedTuple):
    """A file, or a symbolic link."""

    sha256: str
    kept: Path | None = None
    """Where its content is until all layers are merged; None where nobody wants it."""
    link: str | None = None
    """What is written in a link; None of a file."""


Wanted = Callable[[str, bytes], bool]
"""Whether a file, by its path below the root and how its content begins, is to be written out."""


class _Wish(NamedTuple):
    """What is read of layers."""

    folder: str
    """Empty for all of them."""
    wanted: Wanted
    places: Iterator[Path]
    """Where to keep what is wanted: paths of files that are not there yet."""


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
    with _kept() as places:
        found = _files(_merged(layout, layout.manifest.layers, _Wish(folder, wanted, places)))
        for path, file in found.items():
            _write(root / path, file)
    return {path: file.sha256 for path, file in found.items()}


def hashes(layout: Layout, layers: int) -> dict[str, str]:
    """The files that an image's lowest layers hold: a file's path below the root → its SHA-256, 64 hex digits.

    Raises:
        LayoutError: a layer is no tar that can be read.
    """
    with _kept() as places:
        found = _files(_merged(layout, layout.manifest.layers[:layers], _Wish("", lambda *_: False, places)))
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
    with _kept() as places:
        found = _merged(layout, layout.manifest.layers[below:], _Wish("", wanted, places))
        if any(file.kept and not path.startswith(_FUNCTIONS) for path, file in found.items()):
            there = base()
            found = {path: one for path, one in found.items() if one.link is not None or there.get(path) != one.sha256}
        for path in sorted(found, reverse=True):  # what is below a path comes before it, and so before a link there
            _write(root / path, found[path])
    return {path: file.sha256 for path, file in _files(found).items()}


@contextmanager
def _kept() -> Iterator[Iterator[Path]]:
    """Places for what may be wanted, as long as upper layers can still take it away."""
    with tempfile.TemporaryDirectory(prefix="lockage-contents-") as folder:
        yield (Path(folder, str(number)) for number in count())


def _merged(layout: Layout, layers: Iterable[Descriptor], wish: _Wish) -> dict[str, _File]:
    """Files and links of some layers, lowest first."""
    found: dict[str, _File] = {}
    for layer in layers:
        try:
            _merge(found, layout.blob(layer.digest), wish)
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
    if file.kept is None and file.link is None:
        return
    place.parent.mkdir(parents=True, exist_ok=True)
    if file.kept is not None:
        shutil.copyfile(file.kept, place)  # hard links share what is kept, so it stays
    elif file.link is not None and not place.exists():  # in the place of a folder it would be no link
        place.symlink_to(file.link)


def _merge(found: dict[str, _File], blob: Path, wish: _Wish) -> None:
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
            elif _meet(path, wish.folder):
                brought[path] = _read(tar, member, path, wish)
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


def _read(tar: tarfile.TarFile, member: tarfile.TarInfo, path: str, wish: _Wish) -> _File | None:
    """A file or link; None for a device, which stands in its path's place all the same."""
    if member.issym():
        return _File("", link=member.linkname)
    stream = tar.extractfile(member) if member.isreg() else None
    if stream is None:
        return None
    chunk, hashed = stream.read(_CHUNK), hashlib.sha256()
    kept = next(wish.places) if wish.wanted(path, chunk) else None
    with kept.open("wb") if kept else nullcontext() as target:
        while chunk:
            hashed.update(chunk)
            if target:
                target.write(chunk)
            chunk = stream.read(_CHUNK)
    return _File(hashed.hexdigest(), kept)
