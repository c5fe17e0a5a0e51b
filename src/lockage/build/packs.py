"""Packs: a wheel's files, compressed and hashed once, from which every archive that holds the wheel is put together.

A pack is a folder of two files: ``data``, the compressed contents one after another, and ``index.json``, which says of
each file its name, mode, size, checksums and place. Reading one costs a few milliseconds, whatever the wheel weighs.
"""

import hashlib
import mmap
import shutil
import tempfile
from collections.abc import Iterable
from pathlib import Path

import msgspec

from lockage.build.archive import Entry

_INDEX, _DATA = "index.json", "data"


class _Filed(msgspec.Struct, frozen=True, array_like=True):
    path: str
    executable: bool
    method: int
    crc: int
    size: int
    sha256: str
    offset: int
    length: int


class _Index(msgspec.Struct, frozen=True):
    data: str
    """SHA-256 of the data."""
    files: tuple[_Filed, ...]


class Pack(msgspec.Struct, frozen=True, kw_only=True):
    """A wheel, ready to be put into archives."""

    key: str
    entries: tuple[Entry, ...]

    @property
    def size(self) -> int:
        """Bytes of all files, unpacked."""
        return sum(entry.size for entry in self.entries)


class PackStore:
    """Packs by key, in the per-user cache.

    Args:
        place: the store's folder; need not exist yet.
    """

    def __init__(self, place: Path) -> None:
        self.place = place
        self._found: dict[str, Pack] = {}

    def find(self, key: str) -> Pack | None:
        """A pack, its data held to its hash; None when it is not there, or not as it was put there.

        It is looked at once: what was found is mapped, and does not change when its file is replaced.
        """
        if key not in self._found and (pack := self._read(key)):
            self._found[key] = pack
        return self._found.get(key)

    def _read(self, key: str) -> Pack | None:
        folder = self.place / key
        try:
            index = msgspec.json.decode((folder / _INDEX).read_bytes(), type=_Index)
            data = _mapped(folder / _DATA)
        except (OSError, msgspec.DecodeError):
            return None
        if hashlib.sha256(data).hexdigest() != index.data:
            return None
        return Pack(key=key, entries=tuple(_entry(one, data) for one in index.files))

    def add(self, key: str, entries: Iterable[Entry]) -> None:
        """Put a pack there, whole or not at all; whoever does so is :func:`alone` in the store."""
        work = Path(tempfile.mkdtemp(prefix=".part-", dir=self.place))
        _write(work, entries)
        shutil.rmtree(self.place / key, ignore_errors=True)  # what is there was no pack
        work.rename(self.place / key)

    def name(self, key: str, pack: str) -> None:
        """Let a pack that is there be found by another key too; whoever does so is :func:`alone` in the store."""
        with tempfile.TemporaryDirectory(prefix=".part-", dir=self.place) as work:
            link = Path(work) / "link"
            link.symlink_to(pack)
            shutil.rmtree(self.place / key, ignore_errors=True)  # what is there was no pack
            link.replace(self.place / key)


def _write(folder: Path, entries: Iterable[Entry]) -> None:
    filed, offset, hashed = [], 0, hashlib.sha256()
    with (folder / _DATA).open("wb") as data:
        for one in entries:
            data.write(one.data)
            hashed.update(one.data)
            filed.append(
                _Filed(one.path, one.executable, one.method, one.crc, one.size, one.sha256, offset, len(one.data))
            )
            offset += len(one.data)
    (folder / _INDEX).write_bytes(msgspec.json.encode(_Index(data=hashed.hexdigest(), files=tuple(filed))))


def _mapped(path: Path) -> memoryview:
    if not path.stat().st_size:
        return memoryview(b"")
    with path.open("rb") as file:
        return memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))


def _entry(one: _Filed, data: memoryview) -> Entry:
    return Entry(
        one.path, one.executable, one.method, one.crc, one.size, one.sha256, data[one.offset : one.offset + one.length]
    )
