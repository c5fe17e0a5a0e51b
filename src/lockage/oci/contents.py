"""What an image holds below one folder, read from its layers as an engine would merge them; nothing is run.

Whiteouts take away what lower layers brought, as the image specification has it:
https://github.com/opencontainers/image-spec/blob/v1.1.0/layer.md#whiteouts
"""

import hashlib
import posixpath
import tarfile
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import NamedTuple

from lockage.oci.layout import Layout, LayoutError

_WHITEOUT = ".wh."
_OPAQUE = ".wh..wh..opq"


class _File(NamedTuple):
    sha256: str
    content: bytes | None
    """None where nobody wants it."""


def contents(layout: Layout, folder: str, wanted: Callable[[str, bytes], bool], root: Path) -> dict[str, str]:
    """Read the files below a folder; a file's path below the root → its SHA-256, 64 hex digits.

    Args:
        layout: the image.
        folder: such as ``var/task``.
        wanted: whether a file, by its path below the root and its content, is to be written out.
        root: stands for the root of the image's file system; takes what is wanted.

    Raises:
        LayoutError: a layer is no tar that can be read.
    """
    found: dict[str, _File] = {}
    for layer in layout.manifest.layers:
        try:
            _merge(found, layout.blob(layer.digest), folder, wanted)
        except (tarfile.TarError, OSError, EOFError) as error:
            raise LayoutError(
                f"the layer {layer.digest} cannot be read",
                why=f"{type(error).__name__}: {error}",
                remedy="build the image again: ./noxw -s build",
            ) from error
    for path, file in found.items():
        if file.content is not None:
            (root / path).parent.mkdir(parents=True, exist_ok=True)
            (root / path).write_bytes(file.content)
    return {path: file.sha256 for path, file in found.items()}


def _merge(found: dict[str, _File], blob: Path, folder: str, wanted: Callable[[str, bytes], bool]) -> None:
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
    return posixpath.normpath(name).lstrip("/")


def _above(path: str) -> Iterator[str]:
    """A path, all folders it is in, and the root, which has no name."""
    while path:
        yield path
        path = posixpath.dirname(path)
    yield ""


def _meet(path: str, folder: str) -> bool:
    """Whether a path is below the folder, or is something else in the place of the folder itself or one above it."""
    return path.startswith(f"{folder}/") or f"{folder}/".startswith(f"{path}/")


def _read(tar: tarfile.TarFile, member: tarfile.TarInfo, wanted: Callable[[bytes], bool]) -> _File | None:
    """A file; None for a link or device, which stands in its path's place all the same."""
    stream = tar.extractfile(member) if member.isreg() else None
    if stream is None:
        return None
    content = stream.read()
    return _File(hashlib.sha256(content).hexdigest(), content if wanted(content) else None)
