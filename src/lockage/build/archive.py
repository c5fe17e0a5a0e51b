"""The one writer of zip archives: names, modes and contents alone decide the bytes.

Entries stand sorted by name, all from 1980-01-01, all made on Unix, without folders of their own, extra fields or
comments. Their contents come compressed: what belongs to a wheel was compressed once, long ago.
https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT
"""

import hashlib
import struct
import zlib
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from queue import SimpleQueue
from threading import Thread
from typing import NamedTuple, Self

import deflate

from lockage.errors import LockageError
from lockage.model.ids import Digest

LEVEL = 9
"""libdeflate's: 0.995 of what zlib makes at its level 6, in three quarters of the time (of a function of 40 MB)."""

_STORED, _DEFLATED = 0, 8
_TIME, _DATE = 0, 0x0021  # 1980-01-01 00:00:00
_MADE_BY = 3 << 8 | 20  # Unix, version 2.0
_NEEDED = 20
_UTF8 = 1 << 11
_REGULAR = 0o100000
_MOST_ENTRIES = 0xFFFF
_MOST_BYTES = 0xFFFFFFFF
_BATCH = 1 << 20


class ArchiveError(LockageError):
    """What cannot become an archive."""

    exit_code = 15


class Entry(NamedTuple):
    """One file of an archive, compressed."""

    path: str
    executable: bool
    method: int
    crc: int
    size: int
    sha256: str
    """Of the contents, 64 hex digits."""
    data: bytes | memoryview


def entry(path: str, content: bytes | memoryview, *, executable: bool = False) -> Entry:
    """Compress a file; stored as it is where that is not larger."""
    packed = deflate.deflate_compress(content, LEVEL)
    smaller = len(packed) < len(content)
    return Entry(
        path=path,
        executable=executable,
        method=_DEFLATED if smaller else _STORED,
        crc=zlib.crc32(content),
        size=len(content),
        sha256=hashlib.sha256(content).hexdigest(),
        data=bytes(packed if smaller else content),
    )


def content(one: Entry) -> bytes | memoryview:
    """A file's bytes."""
    return bytes(deflate.deflate_decompress(one.data, one.size)) if one.method == _DEFLATED else one.data


def write(path: Path, entries: Iterable[Entry]) -> tuple[Digest, int]:
    """Write an archive; its SHA-256 and its bytes.

    Args:
        path: the file, which is overwritten.
        entries: in any order; two of one name must be equal, and count once.

    Raises:
        ArchiveError: two files of one name differ, a name leads out of the archive, or there is too much of it.
    """
    ordered = merged(entries)
    if len(ordered) > _MOST_ENTRIES:
        raise ArchiveError(
            f"an archive of {len(ordered):,} files is too much",
            why=f"its directory has room for {_MOST_ENTRIES:,}",
            remedy="build an image of it instead",
        )
    size = 0
    with _Hashing() as hashing, path.open("wb", buffering=_BATCH) as file:
        for batch in _batches(_chunks(ordered)):
            hashing.add(batch)
            size += sum(map(file.write, batch))
    return Digest(f"sha256:{hashing.digest()}"), size


class _Hashing:
    """SHA-256 of what is added, worked out beside whoever adds it: hashing takes about as long as writing."""

    def __init__(self) -> None:
        self._added: SimpleQueue[Sequence[bytes | memoryview] | None] = SimpleQueue()
        self._hashed = hashlib.sha256()
        self._thread = Thread(target=self._work, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._added.put(None)
        self._thread.join()

    def add(self, chunks: Sequence[bytes | memoryview]) -> None:
        """More of it; not to be changed any more."""
        self._added.put(chunks)

    def digest(self) -> str:
        """64 hex digits, when all has been added."""
        return self._hashed.hexdigest()

    def _work(self) -> None:
        for chunks in iter(self._added.get, None):
            for chunk in chunks:
                self._hashed.update(chunk)


def _batches(chunks: Iterable[bytes | memoryview]) -> Iterator[list[bytes | memoryview]]:
    batch, size = list[bytes | memoryview](), 0
    for chunk in chunks:
        batch.append(chunk)
        size += len(chunk)
        if size >= _BATCH:
            yield batch
            batch, size = [], 0
    yield batch


def merged(entries: Iterable[Entry]) -> list[Entry]:
    """Files in the order of their names, each once.

    Raises:
        ArchiveError: two of one name differ, or a name leads out of the tree.
    """
    found: dict[str, Entry] = {}
    for one in entries:
        other = found.setdefault(one.path, one)
        if other is not one and (other.sha256, other.executable) != (one.sha256, one.executable):
            raise two_called(one.path, "they have different contents")
    _hold_names(found)
    return [found[path] for path in sorted(found, key=str.encode)]


def two_called(path: str, why: str) -> ArchiveError:
    """The one message for two files of one name, whoever finds them."""
    return ArchiveError(
        f"two files are called {path}",
        why=f"{why}, and which of them a function would import is an accident",
        remedy="two packages of one lock bring it: take one of them out, or another version that does not",
    )


def _hold_names(paths: Iterable[str]) -> None:
    for path in paths:
        parts = path.split("/")
        if not path or "\\" in path or "\0" in path or {"", ".", ".."} & set(parts):
            raise _no_name(
                path, "it leads out of the folder that Lambda unpacks into, or means another place on another system"
            )
        if not path.isascii() and any("\ud800" <= character <= "\udfff" for character in path):
            raise _no_name(path, "its bytes are not UTF-8, and unpacked elsewhere it would be called something else")


def _no_name(path: str, why: str) -> ArchiveError:
    return ArchiveError(
        f"{path!r} cannot be a name in an archive",
        why=why,
        remedy="rename the file; if a package brings it, do not use that package",
    )


def _chunks(entries: Sequence[Entry]) -> Iterator[bytes | memoryview]:
    offset, directory = 0, []
    for one in entries:
        name = one.path.encode()
        about = struct.pack(
            "<HHHHHIIIHH",
            _NEEDED, 0 if one.path.isascii() else _UTF8, one.method, _TIME, _DATE,
            one.crc, len(one.data), one.size, len(name), 0,
        )  # fmt: skip
        directory.append(_listed(one, name, about, offset))
        yield b"PK\x03\x04" + about + name
        yield one.data
        offset += 30 + len(name) + len(one.data)
        _hold_size(offset)
    listing = b"".join(directory)
    yield listing
    yield struct.pack("<4sHHHHIIH", b"PK\x05\x06", 0, 0, len(entries), len(entries), len(listing), offset, 0)


def _listed(one: Entry, name: bytes, about: bytes, offset: int) -> bytes:
    mode = _REGULAR | (0o755 if one.executable else 0o644)
    made_by = struct.pack("<H", _MADE_BY)
    return b"PK\x01\x02" + made_by + about + struct.pack("<HHHII", 0, 0, 0, mode << 16, offset) + name


def _hold_size(offset: int) -> None:
    if offset > _MOST_BYTES:
        raise ArchiveError(
            "an archive of more than 4 GB is too much",
            why="its directory cannot point that far; Lambda takes 250 MiB unpacked",
            remedy="build an image of it instead",
        )
