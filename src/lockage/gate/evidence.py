"""Everything one verdict is decided from, gathered before anything is decided."""

from datetime import UTC, datetime

import msgspec

from lockage.gate.findings import Scan, Unreadable
from lockage.model.ids import Digest
from lockage.model.verdict import Database


def utc(time: datetime) -> str:
    """A time as verdicts have it: ISO, UTC, ending in ``Z``."""
    return time.astimezone(UTC).isoformat().replace("+00:00", "Z")


class DatabaseFacts(msgspec.Struct, frozen=True, kw_only=True):
    """A vulnerability database as it lies on this machine."""

    digest: Digest
    """Of ``trivy.db``."""
    schema: int
    updated_at: datetime
    """From its own metadata."""
    downloaded_at: datetime
    """When it came to this machine; findings made with it are younger."""
    second_source: str = ""
    """Empty for a published database; else what serves in its place."""
    systems: tuple[str, ...] = ()
    """Of a second source: the operating systems it has advisories for, such as ``debian 13``."""

    def record(self) -> Database:
        """What a verdict keeps of it."""
        return Database(
            digest=self.digest,
            updated_at=utc(self.updated_at),
            second_source=self.second_source,
            systems=self.systems,
        )


class Scanner(msgspec.Struct, frozen=True, kw_only=True):
    """The locked scanner."""

    version: str
    sha256: str
    """Of the binary, hex digits."""
    second_source: str = ""


class Evidence(msgspec.Struct, frozen=True, kw_only=True):
    """One image, what was seen in it, and with what."""

    image: str
    """Its name in ``lockage.yaml``."""
    digest: Digest
    """Of its manifest."""
    image_id: Digest
    """Of its configuration, which the scanner reports instead of the manifest's digest."""
    diff_ids: tuple[str, ...]
    scan: Scan | Unreadable
    database: DatabaseFacts | Unreadable
    scanner: Scanner
