"""What a function runs from: an image, or archives over the image of their runtime."""

import tarfile
import zipfile
from collections.abc import Iterable, Sequence
from contextlib import ExitStack
from pathlib import Path

import msgspec

from lockage.errors import UsageError
from lockage.model.ids import Digest
from lockage.oci.layout import hash_file

TASK, LAYERS = "/var/task", "/opt"
_TIME = 315_532_800  # 1980-01-01


class Archive(msgspec.Struct, frozen=True, kw_only=True):
    """The file of a zip or layer."""

    path: Path
    digest: Digest


class Subject(msgspec.Struct, frozen=True, kw_only=True):
    """An image of the engine's store, and what goes over it."""

    image: str
    platform: str
    task: Archive | None = None
    """Of a zip: goes to ``/var/task``."""
    layers: tuple[Archive, ...] = ()
    """Under a zip: merged under ``/opt`` in this order, of two files of one name the later layer's."""

    @property
    def folders(self) -> tuple[str, ...]:
        """Places that archives fill."""
        return (TASK, LAYERS) if self.layers else (TASK,)


def merge(task: Archive, layers: Sequence[Archive], into: Path) -> None:
    """Write what Lambda unpacks as one tar file, with the modes that the archives give.

    Raises:
        UsageError: an archive is not what was built.
    """
    with tarfile.open(into, "w", format=tarfile.GNU_FORMAT) as tar, ExitStack() as opened:
        archives = [(LAYERS, opened.enter_context(_held(layer))) for layer in layers]
        archives.append((TASK, opened.enter_context(_held(task))))
        found = {f"{folder}/{one.filename}": (archive, one) for folder, archive in archives for one in _files(archive)}
        for path, (archive, one) in found.items():
            header = tarfile.TarInfo(path.removeprefix("/"))
            header.size, header.mode, header.mtime = one.file_size, one.external_attr >> 16 & 0o777, _TIME
            with archive.open(one) as content:
                tar.addfile(header, content)


def _held(archive: Archive) -> zipfile.ZipFile:
    found = hash_file(archive.path)
    if found != archive.digest:
        raise UsageError(
            f"{archive.path} is not what was built",
            why=f"built was {archive.digest}, this is {found}",
            remedy="build it again: ./noxw -s build",
        )
    return zipfile.ZipFile(archive.path)


def _files(archive: zipfile.ZipFile) -> Iterable[zipfile.ZipInfo]:
    return (one for one in archive.infolist() if not one.is_dir())
