"""An RPM database as Amazon Linux 2023 keeps it: SQLite, one binary header for each package."""

import sqlite3
import struct
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

# Tag numbers and types as rpm's own headers have them: rpmtag.h.
_NAME, _VERSION, _RELEASE, _EPOCH, _SIZE, _VENDOR, _LICENSE, _ARCH, _SOURCE = (
    1000,
    1001,
    1002,
    1003,
    1009,
    1011,
    1014,
    1022,
    1044,
)
_INT32, _STRING = 4, 6


class Rpm(NamedTuple):
    """One installed package."""

    name: str
    version: str
    release: str
    epoch: int | None = None


def rpm_database(packages: Iterable[Rpm]) -> bytes:
    """The bytes of ``var/lib/rpm/rpmdb.sqlite`` with these packages."""
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory, "rpmdb.sqlite")
        connection = sqlite3.connect(path)
        connection.execute("CREATE TABLE Packages (hnum INTEGER PRIMARY KEY AUTOINCREMENT, blob BLOB NOT NULL)")
        connection.executemany("INSERT INTO Packages (blob) VALUES (?)", [(_header(rpm),) for rpm in packages])
        connection.commit()
        connection.close()
        return path.read_bytes()


def _header(rpm: Rpm) -> bytes:
    """An rpm header blob: counts, an index of tags, the data; integers first, so they are aligned."""
    values: list[tuple[int, int, bytes]] = [(_SIZE, _INT32, struct.pack(">i", 1000))]
    if rpm.epoch is not None:
        values.append((_EPOCH, _INT32, struct.pack(">i", rpm.epoch)))
    texts = {
        _NAME: rpm.name,
        _VERSION: rpm.version,
        _RELEASE: rpm.release,
        _VENDOR: "Amazon Linux",
        _LICENSE: "MIT",
        _ARCH: "x86_64",
        _SOURCE: f"{rpm.name}-{rpm.version}-{rpm.release}.src.rpm",
    }
    values += [(tag, _STRING, text.encode() + b"\0") for tag, text in texts.items()]
    index, data = b"", b""
    for tag, kind, value in values:
        index += struct.pack(">iIiI", tag, kind, len(data), 1)
        data += value
    return struct.pack(">ii", len(values), len(data)) + index + data
