import hashlib
from pathlib import Path

import pytest
from fakes.aws import BrokenBody, World
from fakes.aws_services import FakeEcr, FakeS3, FakeSsm

from lockage.aws.bucket import Bucket
from lockage.aws.calls import Caller, DeniedError, StaleError
from lockage.aws.ecr import EcrClient, registry_host
from lockage.aws.ssm import ParameterClient
from lockage.config.schema import Registry
from lockage.errors import AwsError
from lockage.model.ids import Digest

CALLER = Caller(lambda: "arn:aws:sts::222222222222:assumed-role/platform-publisher/lockage")
REGISTRY = Registry(account="222222222222", region="eu-central-1", store="platform-releases")


def test_a_document_is_written_only_if_it_is_still_what_was_read() -> None:
    bucket = Bucket(FakeS3(World(), "222222222222"), "releases", caller=CALLER)
    assert bucket.read("a.json") is None
    first = bucket.create("a.json", b"1")
    second = bucket.replace("a.json", b"2", etag=first)
    with pytest.raises(StaleError):
        bucket.replace("a.json", b"3", etag=first)
    with pytest.raises(StaleError):
        bucket.create("a.json", b"4")
    document = bucket.read("a.json")
    assert document is not None
    assert (document.body, document.etag) == (b"2", second)


def test_a_document_that_breaks_off_is_an_error_that_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    fake = FakeS3(World(), "222222222222")
    broken = {"Body": BrokenBody(ConnectionResetError("it broke")), "ETag": "e"}
    monkeypatch.setattr(fake, "get_object", lambda **_: broken, raising=False)
    with pytest.raises(AwsError, match="s3:GetObject got no answer for arn:aws:s3:::releases/a"):
        Bucket(fake, "releases", caller=CALLER).read("a.json")


def sha256(content: bytes) -> Digest:
    return Digest(f"sha256:{hashlib.sha256(content).hexdigest()}")


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    path = tmp_path / "archive.zip"
    path.write_bytes(b"zip")
    return path


def test_a_file_is_written_once_and_known_by_its_checksum(archive: Path) -> None:
    bucket = Bucket(FakeS3(World(), "222222222222"), "releases", caller=CALLER)
    assert bucket.digest_of("archives/a.zip") is None
    bucket.upload("archives/a.zip", archive, sha256(b"zip"))
    assert bucket.digest_of("archives/a.zip") == sha256(b"zip")
    with pytest.raises(StaleError):
        bucket.upload("archives/a.zip", archive, sha256(b"zip"))


def test_a_file_that_is_not_what_it_should_be_is_not_taken(archive: Path) -> None:
    bucket = Bucket(FakeS3(World(), "222222222222"), "releases", caller=CALLER)
    with pytest.raises(AwsError) as caught:
        bucket.upload("archives/a.zip", archive, sha256(b"another"))
    assert "BadDigest" in caught.value.why
    assert bucket.digest_of("archives/a.zip") is None


@pytest.mark.parametrize("told", [{}, {"ChecksumSHA256": "AAAA-2", "ChecksumType": "COMPOSITE"}])
def test_a_file_that_somebody_else_wrote_is_not_known(told: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    fake = FakeS3(World(), "222222222222")
    monkeypatch.setattr(fake, "head_object", lambda **_: told, raising=False)
    with pytest.raises(AwsError, match=r"it cannot be told what archives/a\.zip in the bucket releases holds"):
        Bucket(fake, "releases", caller=CALLER).digest_of("archives/a.zip")


def test_what_is_denied_in_a_bucket_is_named() -> None:
    world = World()
    bucket = Bucket(FakeS3(world, "222222222222", "platform-publisher"), "releases", caller=CALLER)
    with world.denying("platform-publisher", "s3:PutObject"), pytest.raises(DeniedError) as caught:
        bucket.create("releases/1.json", b"1")
    assert caught.value.what == "role platform-publisher lacks the permission s3:PutObject"
    assert "arn:aws:s3:::releases/releases/1.json" in caught.value.why


def test_a_parameter_or_none() -> None:
    fake = FakeSsm(World(), "111111111111")
    parameters = ParameterClient(fake, place="arn:aws:ssm:eu-central-1:111111111111:parameter", caller=CALLER)
    fake.parameters["/platform/table/decisions"] = "decisions"
    assert parameters.get("/platform/table/decisions") == "decisions"
    assert parameters.get("/platform/table/none") is None


@pytest.mark.parametrize(("value", "expected"), [(None, False), ("true", True), ("false", False), ("", False)])
def test_only_a_rehearsals_account_says_so(value: str | None, *, expected: bool) -> None:
    fake = FakeSsm(World(), "111111111111")
    if value is not None:
        fake.parameters["/platform/rehearsal"] = value
    assert ParameterClient(fake, place="p", caller=CALLER).is_rehearsal("platform") is expected


def test_a_tag_or_none_and_a_repository_that_is_missing() -> None:
    fake = FakeEcr(World(), "222222222222")
    images = EcrClient(fake, place="arn:aws:ecr:eu-central-1:222222222222:repository/", caller=CALLER)
    fake.repositories["platform"] = {"abc": f"sha256:{'a' * 64}"}
    assert images.digest_of("platform", "abc") == f"sha256:{'a' * 64}"
    assert images.digest_of("platform", "def") is None
    with pytest.raises(AwsError, match="there is no ECR repository other") as caught:
        images.digest_of("other", "abc")
    assert "Terraform makes repositories" in caught.value.remedy


def test_where_images_are() -> None:
    assert registry_host(REGISTRY) == "222222222222.dkr.ecr.eu-central-1.amazonaws.com"
    assert registry_host(REGISTRY, "localhost:4566") == "localhost:4566"
