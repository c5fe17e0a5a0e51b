"""Puts zips and layers into the release store, each under its own hash: absent, upload; present, nothing. And back.

Lambda reads them from there, whatever they weigh: the 50 MB that its API takes directly are no limit.
"""

from pathlib import Path

import msgspec

from lockage.aws.bucket import Bucket
from lockage.aws.calls import StaleError
from lockage.errors import AwsError
from lockage.model.artifact import LayerArtifact, ZipArtifact
from lockage.model.ids import Digest
from lockage.model.release import archive_key
from lockage.oci.layout import hash_file

DIRECT_BYTES = 52_428_800
"""Most that Lambda's API takes of an archive in a call
(https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html)."""


class Stored(msgspec.Struct, frozen=True, kw_only=True):
    """An archive that is in the store, as it was read back."""

    name: str
    place: str
    """``s3://<bucket>/<key>``."""
    digest: Digest
    reused: bool
    """Whether it was there already."""
    sent: int
    """Bytes that went over the wire."""
    size: int
    """Bytes of the archive."""

    @property
    def large(self) -> bool:
        """Whether Lambda takes it from S3 only."""
        return self.size > DIRECT_BYTES


def store(artifact: ZipArtifact | LayerArtifact, archive: Path, bucket: Bucket) -> Stored:
    """Upload an archive that was held to be acceptable.

    Raises:
        DeniedError: a permission is missing.
        AwsError: there is something else under its name, or it did not arrive.
    """
    key = archive_key(artifact.digest)
    reused = hold(artifact, bucket)
    if not reused:
        reused = not _uploaded(bucket, key, archive, artifact.digest)
        if not hold(artifact, bucket):
            raise AwsError(
                f"{artifact.name} was uploaded and is not there",
                why=f"S3 took {key} and has none in the bucket {bucket.name}",
                remedy="push again; if it stays so, look at the bucket's lifecycle rules and who else deletes",
            )
    return Stored(
        name=artifact.name,
        place=f"s3://{bucket.name}/{key}",
        digest=artifact.digest,
        reused=reused,
        sent=0 if reused else artifact.size,
        size=artifact.size,
    )


def hold(artifact: ZipArtifact | LayerArtifact, bucket: Bucket) -> bool:
    """Whether the store has an archive.

    Raises:
        AwsError: what is there under its name is not it.
    """
    key = archive_key(artifact.digest)
    found = bucket.digest_of(key)
    if found not in {None, artifact.digest}:
        raise AwsError(
            f"the release store holds something else in the place of {artifact.name}",
            why=f"{key} in the bucket {bucket.name} holds {found}",
            remedy="restore the object's first version in the bucket, and find out who wrote the newest",
        )
    return found is not None


def fetch(digest: Digest, into: Path, bucket: Bucket) -> None:
    """Have an archive back.

    Args:
        digest: which.
        into: the file, whose folder is there.
        bucket: the release store's.

    Raises:
        DeniedError: a permission is missing.
        AwsError: there is none, or something else under its name.
    """
    key = archive_key(digest)
    document = bucket.read(key)
    if document is None:
        raise AwsError(
            f"the release store holds no {key}",
            why=f"there is none in the bucket {bucket.name}",
            remedy="`lockage push` puts it there; look at the bucket's lifecycle rules and who else deletes",
        )
    into.write_bytes(document.body)
    if hash_file(into) != digest:
        raise AwsError(
            f"the release store holds something else under {key}",
            why=f"that object of the bucket {bucket.name} has the bytes of {hash_file(into)}",
            remedy="restore the object's first version in the bucket, and find out who wrote the newest",
        )


def _uploaded(bucket: Bucket, key: str, archive: Path, digest: Digest) -> bool:
    """Whether it was we who did; somebody may upload the same at the same moment."""
    try:
        bucket.upload(key, archive, digest)
    except StaleError:
        return False
    return True
