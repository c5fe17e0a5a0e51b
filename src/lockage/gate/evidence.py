"""Everything one verdict is decided from, gathered before anything is decided."""

from datetime import UTC, datetime

import msgspec

from lockage.gate.findings import Scan, Unreadable
from lockage.model.ids import Digest
from lockage.model.tool import UsedTool
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

    tool: UsedTool
    second_source: str = ""
    """Why what it reports serves a rehearsal only; empty when it does not."""


def tree_name(digest: Digest) -> str:
    """The name of the folder that an archive is unpacked into to be scanned, 64 hex digits: the report repeats it."""
    return digest.removeprefix("sha256:")


class ImageSubject(msgspec.Struct, frozen=True, kw_only=True):
    """An image, and what the scanner calls it by."""

    name: str
    """In ``lockage.yaml``."""
    digest: Digest
    """Of its manifest."""
    image_id: Digest
    """Of its configuration, which the scanner reports instead of the manifest's digest."""
    diff_ids: tuple[str, ...]


class ArchiveSubject(msgspec.Struct, frozen=True, kw_only=True):
    """A zip or layer, which the scanner sees unpacked into a folder of its digest's name; it has no system."""

    name: str
    """In ``lockage.yaml``."""
    digest: Digest
    """Of its bytes."""
    locked: bool
    """Whether packages of a lock went into it."""
    python: tuple[str, ...] | Unreadable
    """The Python packages that its SBOM names, as package URLs."""


Subject = ImageSubject | ArchiveSubject
"""What a verdict is about."""


class Evidence(msgspec.Struct, frozen=True, kw_only=True):
    """One artifact, what was seen in it, and with what."""

    subject: Subject
    scan: Scan | Unreadable
    database: DatabaseFacts | Unreadable
    scanner: Scanner
