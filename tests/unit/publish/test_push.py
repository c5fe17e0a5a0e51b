import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from fakes.aws import World
from fakes.aws_services import FakeEcr
from fakes.dist import put_image
from fakes.environment import digest
from fakes.oci import write_layout

from lockage.aws.calls import Caller, DeniedError
from lockage.aws.ecr import EcrClient
from lockage.errors import AwsError, ToolError
from lockage.model.artifact import ImageArtifact
from lockage.model.dist import DistDir
from lockage.model.ids import Digest
from lockage.oci import layout as oci
from lockage.oci.layout import Layout
from lockage.publish.push import Shop, TagTakenError, pull, push
from lockage.tools.crane import Login, RegistryRefused

TAG = "c" * 40


class FakeRegistry:
    """A registry's data plane: keeps layouts by digest, refuses tags that are taken."""

    def __init__(self, ecr: FakeEcr) -> None:
        self.ecr = ecr
        self.layouts: dict[str, Path] = {}
        self.blobs: set[Digest] = set()
        self.refuses = ""
        self.loses = False
        self.before: Callable[[], None] = lambda: None
        self.logins: list[Login] = []

    def push(self, layout: Path, reference: str, login: Login) -> frozenset[Digest]:
        self.logins.append(login)
        self.before()
        place, _, tag = reference.rpartition(":")
        tags = self.ecr.repositories[place.partition("/")[2]]
        image = oci.read(layout)
        if self.refuses or tags.get(tag, image.digest) != image.digest:
            said = self.refuses or f"TAG_INVALID: tag '{tag}' is immutable"
            raise RegistryRefused(ToolError("crane failed with exit code 1", why=said, remedy="run it by hand"))
        self.layouts[image.digest] = layout
        if not self.loses:
            tags[tag] = image.digest
        new = frozenset(image.digests) - self.blobs
        self.blobs |= new
        return new

    def pull(self, reference: str, folder: Path, login: Login) -> None:
        self.logins.append(login)
        if reference.rpartition("@")[2] not in self.layouts:
            raise RegistryRefused(ToolError("crane failed with exit code 1", why="MANIFEST_UNKNOWN", remedy="look"))
        shutil.copytree(self.layouts[reference.rpartition("@")[2]], folder)


@pytest.fixture
def ecr() -> FakeEcr:
    fake = FakeEcr(World(), "222222222222", "platform-publisher")
    fake.repositories["platform"] = {}
    return fake


@pytest.fixture
def registry(ecr: FakeEcr) -> FakeRegistry:
    return FakeRegistry(ecr)


@pytest.fixture
def shop(ecr: FakeEcr, registry: FakeRegistry) -> Shop:
    place = "arn:aws:ecr:eu-central-1:222222222222:repository/"
    return Shop(images=EcrClient(ecr, place=place, caller=Caller(lambda: "me")), registry=registry, host="registry:1")


def image(folder: Path, content: bytes = b"1") -> tuple[ImageArtifact, Layout]:
    dist = DistDir(folder)
    layers = [{"etc/base": b"base"}, {"var/task/app.py": content}]
    artifact = put_image(dist, "platform", lambda place: write_layout(place, layers=layers))
    return artifact, oci.read(dist.layout("platform"))


def test_an_absent_tag_is_pushed_and_read_back(tmp_path: Path, shop: Shop, registry: FakeRegistry) -> None:
    artifact, layout = image(tmp_path)
    done = push(artifact, layout, "platform", TAG, shop)
    assert (done.digest, done.reused, done.tag) == (artifact.digest, False, TAG)
    assert done.sent == done.size > 0
    assert shop.images.digest_of("platform", TAG) == artifact.digest
    assert registry.logins == [Login(host="registry:1", token="QVdTOnNlY3JldA==")]  # noqa: S106 - the fake's


def test_the_same_again_is_nothing(tmp_path: Path, shop: Shop, registry: FakeRegistry) -> None:
    artifact, layout = image(tmp_path)
    push(artifact, layout, "platform", TAG, shop)
    done = push(artifact, layout, "platform", TAG, shop)
    assert (done.reused, done.sent) == (True, 0)
    assert len(registry.logins) == 1


def test_only_what_the_registry_lacks_is_sent(tmp_path: Path, shop: Shop) -> None:
    push(*image(tmp_path / "one"), "platform", TAG, shop)
    artifact, layout = image(tmp_path / "two", b"2")
    done = push(artifact, layout, "platform", "d" * 40, shop)
    base, task = layout.manifest.layers
    assert done.sent == task.size + layout.manifest.config.size
    assert done.size == done.sent + base.size


def test_another_image_under_the_tag_stops_with_the_first_file_that_differs(
    tmp_path: Path, shop: Shop, registry: FakeRegistry
) -> None:
    theirs, their_layout = image(tmp_path / "theirs")
    push(theirs, their_layout, "platform", TAG, shop)
    ours, layout = image(tmp_path / "ours", b"2")
    with pytest.raises(TagTakenError) as caught:
        push(ours, layout, "platform", TAG, shop)
    assert caught.value.what == f"platform:{TAG} names another image; nothing was pushed"
    there, here, part = caught.value.why.splitlines()
    assert there == f"there: {theirs.digest}"
    assert here == f"here:  {ours.digest}"
    assert part.startswith("they part at layer 2 (layer 1): var/task/app.py: content sha256:")
    assert "lockage reproduce" in caught.value.remedy
    assert shop.images.digest_of("platform", TAG) == theirs.digest, "it is what it was"
    assert ours.digest not in registry.layouts, "nothing of ours is left there"


def test_an_image_that_cannot_be_fetched_to_compare_still_stops(tmp_path: Path, shop: Shop, ecr: FakeEcr) -> None:
    ecr.repositories["platform"][TAG] = f"sha256:{'f' * 64}"
    with pytest.raises(TagTakenError) as caught:
        push(*image(tmp_path), "platform", TAG, shop)
    assert "the other could not be fetched to compare" in caught.value.why


def test_an_image_is_had_back_by_digest(tmp_path: Path, shop: Shop, registry: FakeRegistry) -> None:
    artifact, layout = image(tmp_path)
    push(artifact, layout, "platform", TAG, shop)
    back = pull("platform", artifact.digest, tmp_path / "back", shop)
    assert (back.digest, back.path) == (artifact.digest, tmp_path / "back")
    registry.layouts[digest("f")] = layout.path
    with pytest.raises(AwsError, match="gave another image than platform@sha256:ffff"):
        pull("platform", digest("f"), tmp_path / "other", shop)
    layer = layout.manifest.layers[1]
    layout.blob(layer.digest).write_bytes(bytes(layer.size))
    with pytest.raises(oci.LayoutError):
        pull("platform", artifact.digest, tmp_path / "spoilt", shop)


def test_a_tag_that_somebody_takes_in_the_same_moment(tmp_path: Path, shop: Shop, registry: FakeRegistry) -> None:
    theirs, their_layout = image(tmp_path / "theirs")
    registry.layouts[theirs.digest] = their_layout.path
    registry.before = lambda: registry.ecr.repositories["platform"].update({TAG: theirs.digest})
    with pytest.raises(TagTakenError, match="names another image"):
        push(*image(tmp_path / "ours", b"2"), "platform", TAG, shop)
    same = push(theirs, their_layout, "platform", TAG, shop)
    assert same.reused


def test_a_missing_permission_in_the_data_plane_names_action_resource_and_role(
    tmp_path: Path, shop: Shop, registry: FakeRegistry
) -> None:
    who = "arn:aws:sts::222222222222:assumed-role/platform-publisher/lockage"
    on = "arn:aws:ecr:eu-central-1:222222222222:repository/platform"
    registry.refuses = (
        f"Error: POST https://r/v2/platform/blobs/uploads/: DENIED: User: {who} is not authorized to perform: "
        f"ecr:InitiateLayerUpload on resource: {on} because no identity-based policy allows it"
    )
    with pytest.raises(DeniedError) as caught:
        push(*image(tmp_path), "platform", TAG, shop)
    assert caught.value.render() == (
        "error: role platform-publisher lacks the permission ecr:InitiateLayerUpload\n"
        f"  why:  on:  {on}\n"
        f"        for: {who}\n"
        f"        AWS: {registry.refuses}\n"
        "  next: allow ecr:InitiateLayerUpload on this resource in the policy of role platform-publisher, which "
        "terraform/modules/project works out; apply, and run the same command again"
    )
    assert registry.ecr.repositories["platform"] == {}


def test_another_refusal_is_the_registrys_own(tmp_path: Path, shop: Shop, registry: FakeRegistry) -> None:
    registry.refuses = "Error: 500 Internal Server Error"
    with pytest.raises(RegistryRefused) as caught:
        push(*image(tmp_path), "platform", TAG, shop)
    assert caught.value.said == "Error: 500 Internal Server Error"
    assert caught.value.render() == (
        "error: crane failed with exit code 1\n  why:  Error: 500 Internal Server Error\n  next: run it by hand"
    )
    assert registry.ecr.repositories["platform"] == {}


def test_a_push_that_is_not_there_afterwards_is_no_success(tmp_path: Path, shop: Shop, registry: FakeRegistry) -> None:
    registry.loses = True
    with pytest.raises(AwsError, match="was pushed and is not there"):
        push(*image(tmp_path), "platform", TAG, shop)
