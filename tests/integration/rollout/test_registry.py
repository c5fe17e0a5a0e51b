"""Pushing into a real registry data plane, with the locked client."""

from pathlib import Path

import pytest
from fakes.accounts import REGISTRY, Accounts
from fakes.dist import put_image
from fakes.oci import write_layout

from lockage.errors import AwsError
from lockage.model.artifact import ImageArtifact
from lockage.model.dist import DistDir
from lockage.oci import layout as oci
from lockage.oci.layout import Layout
from lockage.publish.push import Shop, TagTakenError, push
from lockage.tools.crane import Crane
from lockage.tools.locked import Locked

pytestmark = [pytest.mark.aws, pytest.mark.tools]


@pytest.fixture(scope="module")
def shop(accounts: Accounts) -> Shop:
    accounts.operator(REGISTRY).client("ecr").create_repository(
        repositoryName="platform", imageTagMutability="IMMUTABLE"
    )
    return Shop(
        images=accounts.owner(REGISTRY).images(),
        registry=Crane(Locked().path("crane")),
        host=accounts.aws.registry,
    )


def image(folder: Path, content: bytes) -> tuple[ImageArtifact, Layout]:
    dist = DistDir(folder)
    layers = [{"etc/base": bytes(range(256)) * 4000}, {"var/task/app.py": content}]
    artifact = put_image(dist, "platform", lambda place: write_layout(place, layers=layers))
    return artifact, oci.read(dist.layout("platform"))


def test_push_again_add_and_refuse(shop: Shop, tmp_path: Path) -> None:
    one, two = image(tmp_path / "one", b"1"), image(tmp_path / "two", b"2")
    first = push(*one, "platform", "1" * 40, shop)
    assert (first.reused, first.sent) == (False, first.size)
    assert push(*one, "platform", "1" * 40, shop).reused
    second = push(*two, "platform", "2" * 40, shop)
    assert second.sent < second.size, "the base layer was there already"
    with pytest.raises(TagTakenError) as caught:
        push(*two, "platform", "1" * 40, shop)
    assert "they part at layer 2 (layer 1): var/task/app.py: content" in caught.value.why
    assert shop.images.digest_of("platform", "1" * 40) == one[0].digest


def test_a_tag_that_is_taken_while_we_push_is_refused_by_the_registry(shop: Shop, tmp_path: Path) -> None:
    theirs, ours = image(tmp_path / "theirs", b"3"), image(tmp_path / "ours", b"4")
    registry = shop.registry

    class Race:
        """Somebody else is quicker, once."""

        push = staticmethod(lambda *given: (registry.push(theirs[1].path, *given[1:]), registry.push(*given))[1])
        pull = staticmethod(registry.pull)

    with pytest.raises(TagTakenError, match="names another image"):
        push(*ours, "platform", "3" * 40, Shop(images=shop.images, registry=Race(), host=shop.host))


def test_a_repository_that_is_not_there(shop: Shop, tmp_path: Path) -> None:
    with pytest.raises(AwsError, match="there is no ECR repository other"):
        push(*image(tmp_path, b"1"), "other", "1" * 40, shop)
