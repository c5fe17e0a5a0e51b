"""S3: documents in one bucket, written only if they are still what they were when read; and files, written once.

Conditional writes: https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html
Checksums: https://docs.aws.amazon.com/AmazonS3/latest/userguide/checking-object-integrity.html
"""

from pathlib import Path

import msgspec

from lockage.aws.calls import BotoClient, Caller
from lockage.aws.digests import from_base64, to_base64
from lockage.errors import AwsError
from lockage.model.ids import Digest

ABSENT = ("NoSuchKey", "404")


class Document(msgspec.Struct, frozen=True, kw_only=True):
    """An object as it was read."""

    body: bytes
    etag: str
    """Guards the next write."""


class Bucket:
    """One S3 bucket."""

    def __init__(self, boto: BotoClient, name: str, *, caller: Caller) -> None:
        self._boto, self.name, self._caller = boto, name, caller

    def read(self, key: str) -> Document | None:
        """An object, or None when there is none under this key."""
        response = self._caller.call(
            "s3:GetObject", self._arn(key), self._boto.get_object, absent=ABSENT, Bucket=self.name, Key=key
        )
        if response is None:
            return None
        body = self._caller.read("s3:GetObject", self._arn(key), response["Body"])
        return Document(body=body, etag=response["ETag"])

    def create(self, key: str, body: bytes) -> str:
        """Write an object that must not exist yet; its ETag.

        Raises:
            StaleError: there is one.
        """
        return self._put(key, body, IfNoneMatch="*")

    def replace(self, key: str, body: bytes, *, etag: str) -> str:
        """Write over an object that must still be the one that was read; the new ETag.

        Raises:
            StaleError: somebody wrote it since.
        """
        return self._put(key, body, IfMatch=etag)

    def digest_of(self, key: str) -> Digest | None:
        """What a file holds, by the checksum that S3 keeps of it; None when there is none under this key.

        Raises:
            AwsError: it was written without a checksum.
        """
        response = self._caller.call(
            "s3:GetObject",
            self._arn(key),
            self._boto.head_object,
            absent=ABSENT,
            Bucket=self.name,
            Key=key,
            ChecksumMode="ENABLED",
        )
        if response is None:
            return None
        whole = response.get("ChecksumType", "FULL_OBJECT") == "FULL_OBJECT"  # not of the checksums of its parts
        found = from_base64(response.get("ChecksumSHA256", "")) if whole else None
        if found is None:
            raise AwsError(
                f"it cannot be told what {key} in the bucket {self.name} holds",
                why="S3 keeps no SHA-256 of the whole of it, so this package did not write it",
                remedy="find out who did; remove that version of the object and push again",
            )
        return found

    def upload(self, key: str, path: Path, digest: Digest) -> None:
        """Write a file that must not exist yet; S3 takes it only if it holds what it should.

        Raises:
            StaleError: there is one.
        """
        with path.open("rb") as body:
            self._caller.call(
                "s3:PutObject",
                self._arn(key),
                self._boto.put_object,
                Bucket=self.name,
                Key=key,
                Body=body,
                ContentType="application/zip",
                ChecksumSHA256=to_base64(digest),
                IfNoneMatch="*",
            )

    def _put(self, key: str, body: bytes, **condition: str) -> str:
        response = self._caller.call(
            "s3:PutObject",
            self._arn(key),
            self._boto.put_object,
            Bucket=self.name,
            Key=key,
            Body=body,
            ContentType="application/json",
            **condition,
        )
        return str((response or {}).get("ETag", ""))

    def _arn(self, key: str) -> str:
        return f"arn:aws:s3:::{self.name}/{key}"
