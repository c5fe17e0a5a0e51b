"""S3: documents in one bucket, written only if they are still what they were when read.

Conditional writes: https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html
"""

import msgspec

from lockage.aws.calls import BotoClient, Caller

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
