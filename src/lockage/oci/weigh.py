"""What layers hold: how much below one folder, what a function would weigh as a zip; which files; of what time."""

import math
import tarfile
import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import PurePosixPath

from lockage.oci.layout import Descriptor, Layout, LayoutError

_WHITEOUT, _OPAQUE = ".wh.", ".wh..wh..opq"
"""How a layer takes files of those below away
(https://github.com/opencontainers/image-spec/blob/v1.1.0/layer.md#whiteouts)."""


def bytes_below(layout: Layout, folder: str) -> int:
    """Bytes of all regular files below a folder, as all layers together leave it; links weigh nothing.

    Args:
        layout: the image.
        folder: absolute, such as ``/var/task``.

    Raises:
        LayoutError: a layer does not read as an archive.
    """
    top = PurePosixPath(folder.lstrip("/"))
    sizes: dict[PurePosixPath, int] = {}
    for layer in layout.manifest.layers:
        with opened(layout, layer) as tar:
            _apply(sizes, top, tar)
    return sum(sizes.values())


def brought(layout: Layout, layers: Iterable[Descriptor]) -> Iterator[tuple[PurePosixPath, int]]:
    """Path below the root and bytes of every regular file in some of an image's layers, whatever others make of it.

    Raises:
        LayoutError: a layer does not read as an archive.
    """
    for layer in layers:
        with opened(layout, layer) as tar:
            yield from ((PurePosixPath(one.name.lstrip("/")), one.size) for one in tar if one.isreg())


def newest(layout: Layout, layer: Descriptor) -> int:
    """The latest time in a layer, in seconds since 1970, rounded up; 0 for an empty one.

    Raises:
        LayoutError: it does not read as an archive.
    """
    with opened(layout, layer) as tar:
        return max((math.ceil(member.mtime) for member in tar), default=0)


@contextmanager
def opened(layout: Layout, layer: Descriptor) -> Iterator[tarfile.TarFile]:
    """A layer's archive, while it is read.

    Raises:
        LayoutError: it does not read as one, to its end.
    """
    try:
        with tarfile.open(layout.blob(layer.digest)) as tar:
            yield tar
    except (tarfile.TarError, zlib.error, EOFError, OSError) as error:
        raise LayoutError(
            f"{layout.path} is not one intact image",
            why=f"the layer {layer.digest} does not read as an archive: {error}",
            remedy="remove it and build again: ./noxw -s build",
        ) from error


def _apply(sizes: dict[PurePosixPath, int], top: PurePosixPath, tar: tarfile.TarFile) -> None:
    """What is taken away is of the layers below, wherever in the layer it is said."""
    added: dict[PurePosixPath, int] = {}
    for member in tar:
        path = PurePosixPath(member.name)
        if path.name.startswith(_WHITEOUT):
            gone = path.parent if path.name == _OPAQUE else path.with_name(path.name.removeprefix(_WHITEOUT))
            for old in list(_at_or_below(sizes, gone)):
                del sizes[old]
        elif path.is_relative_to(top):
            sizes.pop(path, None)
            if member.isreg():
                added[path] = member.size
    sizes.update(added)


def _at_or_below(sizes: dict[PurePosixPath, int], path: PurePosixPath) -> Iterator[PurePosixPath]:
    return (one for one in sizes if one.is_relative_to(path))
