"""The release store: a versioned bucket of JSON documents and archives, kept consistent by conditional writes alone.

================================= ======================================== ==============================
key                               holds                                    written
================================= ======================================== ==============================
``releases/<id>.json``            a release; its SHA-256 is its name       once
``evidence/<sha256>.json``        a document about an artifact             once
``archives/<sha256>.zip``         a zip or layer (``publish.archives``)    once
``environments/<e>/current.json`` what an environment runs and ran         if unchanged since it was read
``rollouts/<e>/<n>.json``         a rollout's journal                      if unchanged since it was read
================================= ======================================== ==============================
"""

import hashlib
from typing import TypeVar

import msgspec

from lockage.aws.bucket import Bucket
from lockage.aws.calls import StaleError
from lockage.errors import AwsError, UsageError
from lockage.model.canonical import canonical
from lockage.model.ids import Digest, ReleaseId
from lockage.model.release import Release
from lockage.model.rollout import EnvironmentRecord, Journal

T = TypeVar("T")


class ReleaseStore:
    """Releases, evidence, and what each environment runs."""

    def __init__(self, bucket: Bucket) -> None:
        self._bucket = bucket

    def release(self, release: ReleaseId) -> Release:
        """A release by its id.

        Raises:
            UsageError: the store has none by that id.
            AwsError: its bytes are not what its name says.
        """
        key = f"releases/{release}.json"
        document = self._bucket.read(key)
        if document is None:
            raise UsageError(
                f"there is no release {release}",
                why=f"the release store {self._bucket.name} holds no {key}",
                remedy="`lockage release` makes one of what was pushed; its id is in dist/release.json",
            )
        found = self._decode(key, document.body, Release)
        if found.id != release:
            raise AwsError(
                f"the stored release {release} was tampered with",
                why=f"{key} holds a manifest whose hash is {found.id}",
                remedy="restore the object's first version in the bucket, and find out who wrote the newest",
            )
        return found

    def add_release(self, release: Release) -> bool:
        """Keep a release; whether it was new."""
        return self._add(f"releases/{release.id}.json", canonical(release))

    def add_evidence(self, sha256: Digest, body: bytes) -> bool:
        """Keep a document under its hash; whether it was new."""
        return self._add(_evidence_key(sha256), body)

    def evidence(self, sha256: Digest) -> bytes:
        """A document by its hash.

        Raises:
            UsageError: the store has none by that hash.
            AwsError: its bytes are not what its name says.
        """
        key = _evidence_key(sha256)
        document = self._bucket.read(key)
        if document is None:
            raise UsageError(
                f"there is no evidence {sha256}",
                why=f"the release store {self._bucket.name} holds no {key}",
                remedy="`lockage release` keeps it with every release; look at the bucket's lifecycle rules",
            )
        if hashlib.sha256(document.body).hexdigest() != sha256.removeprefix("sha256:"):
            raise AwsError(
                f"the stored evidence {sha256} was tampered with",
                why=f"{key} holds other bytes",
                remedy="restore the object's first version in the bucket, and find out who wrote the newest",
            )
        return document.body

    def record(self, environment: str) -> tuple[EnvironmentRecord, str]:
        """What an environment runs and ran, and the ETag that guards its next write; empty when it never ran any."""
        key = _record_key(environment)
        document = self._bucket.read(key)
        if document is None:
            return EnvironmentRecord(environment=environment), ""
        return self._decode(key, document.body, EnvironmentRecord), document.etag

    def write_record(self, record: EnvironmentRecord, *, etag: str) -> str:
        """Write what an environment runs; the new ETag.

        Args:
            record: the whole record.
            etag: of the record as it was read; empty when there was none.

        Raises:
            StaleError: another rollout wrote it since.
        """
        return self._write(_record_key(record.environment), record, etag)

    def journal(self, environment: str, number: int) -> tuple[Journal, str] | None:
        """A rollout's journal and its ETag."""
        key = _journal_key(environment, number)
        document = self._bucket.read(key)
        return None if document is None else (self._decode(key, document.body, Journal), document.etag)

    def write_journal(self, journal: Journal, *, etag: str) -> str:
        """Write a journal; the new ETag.

        Args:
            journal: the whole journal.
            etag: of the journal as it was last written; empty for the first time.

        Raises:
            StaleError: another rollout wrote it.
        """
        return self._write(_journal_key(journal.environment, journal.number), journal, etag)

    def _write(self, key: str, value: msgspec.Struct, etag: str) -> str:
        """A write whose answer was lost is sent again and then finds itself: that is no conflict."""
        body = canonical(value)
        try:
            return self._bucket.replace(key, body, etag=etag) if etag else self._bucket.create(key, body)
        except StaleError:
            there = self._bucket.read(key)
            if there is None or there.body != body:
                raise
            return there.etag

    def _add(self, key: str, body: bytes) -> bool:
        try:
            self._bucket.create(key, body)
        except StaleError:
            return False
        return True

    def _decode(self, key: str, body: bytes, type_: type[T]) -> T:
        try:
            return msgspec.json.decode(body, type=type_)
        except msgspec.DecodeError as error:
            raise AwsError(
                f"cannot read {key} in the release store {self._bucket.name}",
                why=str(error),
                remedy="use the version of lockage that wrote it, or restore an earlier version of the object",
            ) from error


def _evidence_key(sha256: Digest) -> str:
    return f"evidence/{sha256.removeprefix('sha256:')}.json"


def _record_key(environment: str) -> str:
    return f"environments/{environment}/current.json"


def _journal_key(environment: str, number: int) -> str:
    return f"rollouts/{environment}/{number}.json"
