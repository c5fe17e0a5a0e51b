"""Pushing into a real registry data plane, with the locked client; and having back what only a release store holds."""

import shutil
from pathlib import Path

import pytest
from fakes.accounts import REGION, REGISTRY, Accounts
from fakes.dist import put_image
from fakes.oci import write_layout
from fakes.shop import HANDLERS, LAYERS
from fakes.shop import Shop as Project

from lockage.build.reproduce import NotReproducible
from lockage.errors import AwsError
from lockage.model.artifact import ImageArtifact, LayerArtifact, ZipArtifact
from lockage.model.dist import DistDir
from lockage.model.ids import ReleaseId
from lockage.oci import layout as oci
from lockage.oci.layout import Layout, hash_file
from lockage.publish import archives
from lockage.publish.push import Shop, TagTakenError, push
from lockage.release.store import ReleaseStore
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


def publish(project: Project, accounts: Accounts) -> ReleaseId:
    """A release of what stands in ``dist/``, and all of it in the store alone."""
    place = {"LocationConstraint": REGION}
    accounts.operator(REGISTRY).client("s3").create_bucket(Bucket="shop-releases", CreateBucketConfiguration=place)
    bucket = accounts.owner(REGISTRY).bucket("shop-releases")
    store, release = ReleaseStore(bucket), project.release(project.commit())
    for name in ("shop", *LAYERS):
        artifact = project.dist.read_artifact(name)
        assert isinstance(artifact, ZipArtifact | LayerArtifact)
        archives.store(artifact, project.dist.archive(name), bucket)
        record = project.dist.artifact(name)
        store.add_evidence(hash_file(record), record.read_bytes())
    store.add_release(release)
    shutil.rmtree(project.dist.root)
    return release.id


def test_what_does_not_stand_is_fetched_to_be_compared(
    accounts: Accounts, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", REGISTRY)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "any")
    project = Project(tmp_path / "project", functions={"well": HANDLERS["well"]})
    project.lockage("build")
    project.alter("shop", "shop/well.py", b"# slipped in\n")
    release = publish(project, accounts)
    capsys.readouterr()
    with pytest.raises(NotReproducible) as caught:
        project.lockage("reproduce", "--release", release)
    said = capsys.readouterr().err
    assert "shop: this is not what the release was built of: source functions/shop changed\n" in said
    assert "fetch the released shop\n" in said
    assert caught.value.what == "shop of this commit is not what was released"
    assert caught.value.why.splitlines()[-1].startswith("content: shop/well.py: content sha256:")
    assert not (project.root / "dist" / "shop").exists()
