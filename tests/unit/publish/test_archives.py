import hashlib
from pathlib import Path

import pytest
from fakes.aws import World
from fakes.aws_services import FakeS3

from lockage.aws.bucket import Bucket
from lockage.aws.calls import Caller, DeniedError
from lockage.errors import AwsError
from lockage.model.artifact import LayerArtifact
from lockage.model.ids import Digest, Fingerprint
from lockage.publish.archives import fetch, hold, store

PUBLISHER = "arn:aws:sts::222222222222:assumed-role/platform-publisher/lockage"
CONTENT = b"an archive"
DIGEST = Digest(f"sha256:{hashlib.sha256(CONTENT).hexdigest()}")
KEY = f"archives/{DIGEST.removeprefix('sha256:')}.zip"
LAYER = LayerArtifact(
    name="deps",
    digest=DIGEST,
    fingerprint=Fingerprint(DIGEST),
    platform="linux/amd64",
    runtime="python3.13",
    size=len(CONTENT),
    unpacked=20,
    inputs=(),
)


@pytest.fixture
def s3() -> FakeS3:
    return FakeS3(World(), "222222222222", "platform-publisher")


@pytest.fixture
def bucket(s3: FakeS3) -> Bucket:
    return Bucket(s3, "platform-releases", caller=Caller(lambda: PUBLISHER))


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    path = tmp_path / "archive.zip"
    path.write_bytes(CONTENT)
    return path


def test_what_is_absent_is_uploaded_under_its_hash(s3: FakeS3, bucket: Bucket, archive: Path) -> None:
    assert not hold(LAYER, bucket)
    done = store(LAYER, archive, bucket)
    assert s3.objects == {KEY: CONTENT}
    assert (done.place, done.digest) == (f"s3://platform-releases/{KEY}", DIGEST)
    assert (done.reused, done.sent, done.size) == (False, len(CONTENT), len(CONTENT))
    assert hold(LAYER, bucket)


def test_what_is_there_is_not_sent_again(s3: FakeS3, bucket: Bucket, archive: Path) -> None:
    store(LAYER, archive, bucket)
    before = s3.world.changes()
    done = store(LAYER, archive, bucket)
    assert (done.reused, done.sent) == (True, 0)
    assert s3.world.changes() == before


def test_somebody_who_uploads_the_same_at_the_same_moment_is_no_conflict(
    s3: FakeS3, bucket: Bucket, archive: Path
) -> None:
    s3.world.meanwhile["s3:PutObject"] = (1, lambda: store(LAYER, archive, bucket))
    assert store(LAYER, archive, bucket).reused


def test_an_answer_that_was_lost_is_no_conflict(s3: FakeS3, bucket: Bucket, archive: Path) -> None:
    s3.world.lost.add("s3:PutObject")
    assert store(LAYER, archive, bucket).digest == DIGEST


def test_something_else_under_its_name_is_told(s3: FakeS3, bucket: Bucket, archive: Path) -> None:
    store(LAYER, archive, bucket)
    s3.checksums[KEY] = "A" * 43 + "="
    with pytest.raises(AwsError, match="the release store holds something else in the place of deps") as caught:
        store(LAYER, archive, bucket)
    assert caught.value.why == f"{KEY} in the bucket platform-releases holds sha256:{'0' * 64}"


def test_what_was_taken_and_is_gone_is_told(s3: FakeS3, bucket: Bucket, archive: Path) -> None:
    s3.world.meanwhile["s3:HeadObject"] = (2, s3.objects.clear)
    with pytest.raises(AwsError, match="deps was uploaded and is not there"):
        store(LAYER, archive, bucket)


def test_a_file_that_changed_since_it_was_hashed_is_not_taken(s3: FakeS3, bucket: Bucket, archive: Path) -> None:
    archive.write_bytes(b"another")
    with pytest.raises(AwsError) as caught:
        store(LAYER, archive, bucket)
    assert "BadDigest" in caught.value.why
    assert s3.objects == {}


@pytest.mark.parametrize("action", ["s3:PutObject", "s3:HeadObject"])
def test_a_permission_that_lacks_is_named(s3: FakeS3, bucket: Bucket, archive: Path, action: str) -> None:
    with s3.world.denying("platform-publisher", action), pytest.raises(DeniedError) as caught:
        store(LAYER, archive, bucket)
    assert caught.value.what == (
        f"role platform-publisher lacks the permission {action.replace('HeadObject', 'GetObject')}"
    )
    assert f"arn:aws:s3:::platform-releases/{KEY}" in caught.value.why


def test_an_archive_is_had_back_by_digest(s3: FakeS3, bucket: Bucket, archive: Path, tmp_path: Path) -> None:
    with pytest.raises(AwsError, match=f"the release store holds no {KEY}"):
        fetch(DIGEST, tmp_path / "back.zip", bucket)
    store(LAYER, archive, bucket)
    fetch(DIGEST, tmp_path / "back.zip", bucket)
    assert (tmp_path / "back.zip").read_bytes() == CONTENT
    s3.objects[KEY] = b"another"
    with pytest.raises(AwsError, match=f"the release store holds something else under {KEY}"):
        fetch(DIGEST, tmp_path / "back.zip", bucket)
