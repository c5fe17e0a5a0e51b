"""Where ``lockage reproduce --release`` has a release's own artifacts from."""

import hashlib
import shutil
from pathlib import Path

import pytest
from fakes.archives import put_archive
from fakes.aws import World
from fakes.aws_services import FakeEcr, FakeS3, FakeSsm
from fakes.dist import put_image
from fakes.environment import Silent
from fakes.oci import write_layout
from fakes.zips import Zip, zip_release
from msgspec.structs import replace

from lockage.aws.access import Access
from lockage.aws.bucket import Bucket
from lockage.aws.calls import Caller
from lockage.aws.ecr import EcrClient
from lockage.aws.ssm import ParameterClient
from lockage.cli.originals import Released, Remote
from lockage.console import Console
from lockage.errors import LockageError, UsageError
from lockage.model.artifact import Artifact, ImageArtifact
from lockage.model.dist import DistDir, encode
from lockage.model.ids import Digest
from lockage.model.release import Evidence, Release, archive_key
from lockage.oci import layout
from lockage.publish.push import Shop
from lockage.release.store import ReleaseStore
from lockage.tools.crane import Login

RELEASE = zip_release({"scorer": Zip(code="1")})


class Registry:
    """Gives the one image that was pushed."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.asked: list[str] = []

    def push(self, layout: Path, reference: str, login: Login) -> frozenset[Digest]:
        raise NotImplementedError

    def pull(self, reference: str, folder: Path, login: Login) -> None:
        assert login.host == "registry:1"
        self.asked.append(reference)
        shutil.copytree(self.folder, folder)


class Pushed(Remote):
    """A release store and a registry with memory."""

    def __init__(self, images: Path) -> None:
        self.s3 = FakeS3(World(), "222222222222")
        self.registry = Registry(images)
        caller = Caller(lambda: "me")
        self.bucket = Bucket(self.s3, "platform-releases", caller=caller)
        self.store = ReleaseStore(self.bucket)
        ecr = EcrClient(FakeEcr(self.s3.world, "222222222222"), place="arn:", caller=caller)
        self.shop = Shop(images=ecr, registry=self.registry, host="registry:1")


@pytest.fixture
def dist(tmp_path: Path) -> DistDir:
    return DistDir(tmp_path / "project" / "dist")


@pytest.fixture
def remote(tmp_path: Path) -> Pushed:
    return Pushed(tmp_path / "registry")


@pytest.fixture
def unreachable(tmp_path: Path) -> Remote:
    """Even its project file is not there."""
    return Remote(tmp_path / "nothing" / "lockage.yaml")


def released(dist: DistDir, remote: Remote, release: Release) -> Released:
    return Released(release, dist, DistDir(dist.root.parent / "fetched"), remote, Console(Silent()))


def recorded(*artifacts: Artifact, repository: str = "") -> Release:
    """A release that records what these were built of."""
    bodies = [(artifact, encode(artifact)) for artifact in artifacts]
    evidence = tuple(Evidence(artifact=one.digest, kind="artifact", sha256=sha256(body)) for one, body in bodies)
    functions = (replace(RELEASE.functions[0], artifact=artifacts[0].digest, repository=repository),)
    return replace(RELEASE, evidence=evidence, functions=functions)


def sha256(body: bytes) -> Digest:
    return Digest(f"sha256:{hashlib.sha256(body).hexdigest()}")


def an_image(dist: DistDir) -> ImageArtifact:
    return put_image(dist, "platform", lambda place: write_layout(place, layers=[{"var/task/app.py": b"1"}]))


def test_what_stands_byte_for_byte_is_taken_from_there(dist: DistDir, unreachable: Remote) -> None:
    zipped, image = put_archive(dist, "dashboard"), an_image(dist)
    found = released(dist, unreachable, recorded(zipped, image))
    assert found.inputs("dashboard", zipped.digest) == zipped.inputs != ()
    assert found.dist("dashboard", zipped.digest) is dist
    assert found.dist("platform", image.digest) is dist


def test_what_does_not_stand_cannot_be_had_where_nothing_is_reached(dist: DistDir, unreachable: Remote) -> None:
    artifact = put_archive(dist, "dashboard")
    shutil.rmtree(dist.root)
    found = released(dist, unreachable, recorded(artifact))
    with pytest.raises(LockageError):
        found.dist("dashboard", artifact.digest)
    with pytest.raises(LockageError):
        found.inputs("dashboard", artifact.digest)


@pytest.mark.parametrize("here", ["nothing", "another", "spoilt"])
def test_an_archive_is_fetched_from_the_release_store(dist: DistDir, remote: Pushed, here: str) -> None:
    artifact = put_archive(dist, "dashboard")
    content = dist.archive("dashboard").read_bytes()
    remote.s3.objects[archive_key(artifact.digest)] = content
    shutil.rmtree(dist.root)
    if here != "nothing":
        put_archive(dist, "dashboard", spoil=lambda files: files.update({"shop/more.py": b"# more\n"}))
    if here == "spoilt":
        dist.write_artifact(dist.folder("dashboard"), artifact)
    place = released(dist, remote, recorded(artifact)).dist("dashboard", artifact.digest)
    assert place is not dist
    assert place.archive("dashboard").read_bytes() == content


@pytest.mark.parametrize("here", ["nothing", "spoilt"])
def test_an_image_is_pulled_by_digest_from_its_repository(
    tmp_path: Path, dist: DistDir, remote: Pushed, here: str
) -> None:
    image = an_image(DistDir(tmp_path / "built"))
    shutil.copytree(DistDir(tmp_path / "built").layout("platform"), remote.registry.folder)
    if here == "spoilt":
        layer = an_image(dist).layers[0]
        layout.blob_path(dist.layout("platform"), layer.digest).write_bytes(bytes(layer.size))
    place = released(dist, remote, recorded(image, repository="our/platform")).dist("platform", image.digest)
    assert layout.read(place.layout("platform")).digest == image.digest
    assert remote.registry.asked == [f"registry:1/our/platform@{image.digest}"]


def test_inputs_are_those_that_the_release_records_wherever_another_build_stands(dist: DistDir, remote: Pushed) -> None:
    artifact = put_archive(dist, "dashboard")
    remote.store.add_evidence(sha256(encode(artifact)), encode(artifact))
    dist.write_artifact(dist.folder("dashboard"), replace(artifact, inputs=()))
    found = released(dist, remote, recorded(artifact))
    assert found.inputs("dashboard", artifact.digest) == artifact.inputs


def test_of_two_artifacts_of_one_content_each_has_its_own_inputs(dist: DistDir, remote: Pushed) -> None:
    one = put_archive(dist, "one")
    other = replace(one, name="other", inputs=())
    for artifact in (one, other):
        remote.store.add_evidence(sha256(encode(artifact)), encode(artifact))
    found = released(dist, remote, recorded(one, other))
    assert (found.inputs("one", one.digest), found.inputs("other", one.digest)) == (one.inputs, ())


def test_a_release_without_a_record_is_taken_at_the_word_of_what_stands(dist: DistDir, unreachable: Remote) -> None:
    artifact = put_archive(dist, "dashboard")
    found = released(dist, unreachable, RELEASE)
    assert found.inputs("dashboard", artifact.digest) == artifact.inputs
    with pytest.raises(UsageError, match="the release does not record what dashboard was built of"):
        found.inputs("dashboard", Digest("sha256:" + "f" * 64))


def test_a_record_that_cannot_be_read_is_said_so(dist: DistDir, remote: Pushed) -> None:
    body = b'{"kind":"sculpture"}'
    remote.store.add_evidence(sha256(body), body)
    digest = Digest("sha256:" + "f" * 64)
    evidence = (Evidence(artifact=digest, kind="artifact", sha256=sha256(body)),)
    with pytest.raises(UsageError, match="what dashboard was built of cannot be read") as caught:
        released(dist, remote, replace(RELEASE, evidence=evidence)).inputs("dashboard", digest)
    assert "sculpture" in caught.value.why


def test_a_stand_in_for_ecr_is_shown_no_way_in_outside_of_a_rehearsal(
    tmp_path: Path, project_root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copy(project_root / "lockage.yaml", tmp_path)
    (tmp_path / "lockage.local.yaml").write_text("mirrors: {registry: 'localhost:4566'}\n")
    monkeypatch.setattr(Access, "default", lambda _region: Ordinary())
    with pytest.raises(UsageError, match="localhost:4566 may stand in for ECR in a rehearsal only"):
        _ = Remote(tmp_path / "lockage.yaml").shop


class Ordinary:
    """An account that is nobody's rehearsal."""

    def parameters(self) -> ParameterClient:
        fake = FakeSsm(World(), "222222222222")
        return ParameterClient(fake, place="arn:", caller=Caller(lambda: "me"))
