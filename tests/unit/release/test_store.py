import hashlib

import pytest
from fakes.aws import World
from fakes.aws_services import FakeS3
from fakes.environment import digest, make_release

from lockage.aws.bucket import Bucket
from lockage.aws.calls import Caller, StaleError
from lockage.errors import AwsError, UsageError
from lockage.model.canonical import canonical
from lockage.model.ids import Digest, ReleaseId
from lockage.model.rollout import EnvironmentRecord
from lockage.release.store import ReleaseStore

RELEASE = make_release("a")


@pytest.fixture
def s3() -> FakeS3:
    return FakeS3(World(), "222222222222")


@pytest.fixture
def store(s3: FakeS3) -> ReleaseStore:
    return ReleaseStore(Bucket(s3, "platform-releases", caller=Caller(lambda: "me")))


def test_a_release_is_kept_once_under_its_hash(s3: FakeS3, store: ReleaseStore) -> None:
    assert store.add_release(RELEASE)
    assert not store.add_release(RELEASE)
    [(key, body)] = s3.objects.items()
    assert key == f"releases/{hashlib.sha256(body).hexdigest()}.json"
    assert store.release(RELEASE.id) == RELEASE


def test_a_missing_release_says_how_to_make_one(store: ReleaseStore) -> None:
    with pytest.raises(UsageError, match="there is no release 0000") as caught:
        store.release(ReleaseId("0" * 64))
    assert "platform-releases holds no releases/0000" in caught.value.why


def test_a_release_that_was_tampered_with_is_not_taken(s3: FakeS3, store: ReleaseStore) -> None:
    store.add_release(RELEASE)
    s3.objects[f"releases/{RELEASE.id}.json"] = canonical(make_release("b"))
    with pytest.raises(AwsError, match="was tampered with"):
        store.release(RELEASE.id)


def test_what_cannot_be_read_is_named(s3: FakeS3, store: ReleaseStore) -> None:
    s3.objects["environments/prod/current.json"] = b'{"schema":2}'
    with pytest.raises(AwsError, match=r"cannot read environments/prod/current.json in the release store"):
        store.record("prod")


def test_evidence_is_kept_by_content(s3: FakeS3, store: ReleaseStore) -> None:
    assert store.add_evidence(digest("a"), b"{}")
    assert not store.add_evidence(digest("a"), b"{}")
    assert list(s3.objects) == [f"evidence/{'a' * 64}.json"]


def test_evidence_is_read_by_its_hash_and_held_to_it(s3: FakeS3, store: ReleaseStore) -> None:
    sha256 = Digest(f"sha256:{hashlib.sha256(b'{}').hexdigest()}")
    with pytest.raises(UsageError, match=f"there is no evidence {sha256}"):
        store.evidence(sha256)
    store.add_evidence(sha256, b"{}")
    assert store.evidence(sha256) == b"{}"
    s3.objects[f"evidence/{sha256.removeprefix('sha256:')}.json"] = b"[]"
    with pytest.raises(AwsError, match="was tampered with"):
        store.evidence(sha256)


def test_an_environment_that_never_ran_anything_has_an_empty_record(store: ReleaseStore) -> None:
    assert store.record("prod") == (EnvironmentRecord(environment="prod"), "")


def test_a_record_is_written_only_over_what_was_read(store: ReleaseStore) -> None:
    first = store.write_record(EnvironmentRecord(environment="prod", rollout=1), etag="")
    store.write_record(EnvironmentRecord(environment="prod", rollout=2), etag=first)
    with pytest.raises(StaleError):
        store.write_record(EnvironmentRecord(environment="prod", rollout=3), etag=first)
    with pytest.raises(StaleError):
        store.write_record(EnvironmentRecord(environment="prod", rollout=3), etag="")
    assert store.record("prod")[0].rollout == 2


def test_a_write_that_finds_itself_is_no_conflict(store: ReleaseStore) -> None:
    record = EnvironmentRecord(environment="prod", rollout=1)
    assert store.write_record(record, etag="") == store.write_record(record, etag="")
