"""Pushes one image under the commit's tag: absent, push; the same, nothing; another, stop and say where they part.

ECR's tags are immutable here, so what a commit's tag names once, it names for ever. Everything after this stage takes
the digest; the tag is for people.
"""

import re
import tempfile
from pathlib import Path
from typing import Protocol

import msgspec

from lockage.aws.calls import denied
from lockage.aws.ecr import EcrClient
from lockage.errors import AwsError, LockageError
from lockage.model.artifact import ImageArtifact
from lockage.model.ids import Digest
from lockage.oci import layout as oci
from lockage.oci.difference import difference
from lockage.oci.layout import Layout
from lockage.tools.crane import Login, RegistryRefused

_DENIED = re.compile(r"User: (?P<who>arn:\S+) is not authorized to perform: (?P<action>\S+) on resource: (?P<on>\S+)")


class TagTakenError(AwsError):
    """The tag names other content; it never changes."""


class Registry(Protocol):
    """What moves images."""

    def push(self, layout: Path, reference: str, login: Login) -> frozenset[Digest]:
        """Push a layout; the blobs that were sent."""

    def pull(self, reference: str, folder: Path, login: Login) -> None:
        """Pull into a new layout."""


class Shop(msgspec.Struct, frozen=True, kw_only=True):
    """A registry, reached."""

    images: EcrClient
    registry: Registry
    host: str
    """Of image references."""


class Pushed(msgspec.Struct, frozen=True, kw_only=True):
    """An image that is in the registry, as it was read back."""

    image: str
    repository: str
    tag: str
    digest: Digest
    reused: bool
    """Whether it was there already."""
    sent: int
    """Bytes that went over the wire."""
    size: int
    """Bytes of the whole image."""

    @property
    def place(self) -> str:
        """Where people find it."""
        return f"{self.repository}:{self.tag}"


def push(artifact: ImageArtifact, layout: Layout, repository: str, tag: str, shop: Shop) -> Pushed:
    """Push an image that was held to be acceptable.

    Raises:
        TagTakenError: the tag names other content.
        DeniedError: a permission is missing.
        AwsError: there is no such repository, or what was read back is not what was pushed.
        RegistryRefused: the registry did not take it for another reason.
    """
    found = shop.images.digest_of(repository, tag)
    sent: frozenset[Digest] = frozenset()
    if found is None:
        sent = _send(layout, repository, tag, shop)
        held = shop.images.digest_of(repository, tag)
    else:
        held = found
    if held != artifact.digest:
        raise _taken(layout, repository, tag, held, shop)
    blobs = (layout.manifest.config, *layout.manifest.layers)
    return Pushed(
        image=artifact.name,
        repository=repository,
        tag=tag,
        digest=artifact.digest,
        reused=found is not None,
        sent=sum(blob.size for blob in blobs if blob.digest in sent),
        size=sum(blob.size for blob in blobs),
    )


def _send(layout: Layout, repository: str, tag: str, shop: Shop) -> frozenset[Digest]:
    """Somebody may push the same tag at the same moment: then the registry refuses ours, and theirs is looked at."""
    login = Login(host=shop.host, token=shop.images.token())
    try:
        return shop.registry.push(layout.path, f"{shop.host}/{repository}:{tag}", login)
    except RegistryRefused as error:
        if "immutable" in error.said and shop.images.digest_of(repository, tag) is not None:
            return frozenset()
        refusal = _DENIED.search(error.said)
        if refusal:
            raise denied(refusal["action"], refusal["on"], refusal["who"], error.said) from error
        raise


def _taken(layout: Layout, repository: str, tag: str, held: Digest | None, shop: Shop) -> LockageError:
    if held is None:
        return AwsError(
            f"{repository}:{tag} was pushed and is not there",
            why="ECR took the image and names none by its tag",
            remedy="push again; if it stays so, look at the repository's lifecycle policy and who else deletes",
        )
    return TagTakenError(
        f"{repository}:{tag} names another image; nothing was pushed",
        why=f"there: {held}\nhere:  {layout.digest}\n{_where_they_part(layout, repository, held, shop)}",
        remedy="equal sources must give equal bytes: `lockage reproduce` finds out why these do not; where the sources "
        "do differ, commit them: the new commit has a tag of its own",
    )


def _where_they_part(layout: Layout, repository: str, held: Digest, shop: Shop) -> str:
    """The first layer and file that differ; an image that cannot be fetched does not hide that they do."""
    with tempfile.TemporaryDirectory(prefix="lockage-other-") as scratch:
        try:
            found = difference(layout, pull(repository, held, Path(scratch, "layout"), shop))
        except LockageError as error:
            return f"the other could not be fetched to compare: {error.what}"
    return f"they part at {found.render()}" if found else "they differ in the manifest alone"


def pull(repository: str, digest: Digest, into: Path, shop: Shop) -> Layout:
    """Have an image back.

    Args:
        repository: that holds it.
        digest: of its manifest.
        into: a folder that is not there yet; becomes its layout.
        shop: the registry.

    Raises:
        DeniedError: a permission is missing.
        RegistryRefused: the registry did not give it.
        LayoutError: what it gave is no intact image.
        AwsError: it is another one.
    """
    login = Login(host=shop.host, token=shop.images.token())
    shop.registry.pull(f"{shop.host}/{repository}@{digest}", into, login)
    found = oci.read(into)
    oci.verify(found)
    if found.digest != digest:
        raise AwsError(
            f"{shop.host} gave another image than {repository}@{digest}",
            why=f"what came is {found.digest}",
            remedy="find out what stands between this machine and the registry, then run this again",
        )
    return found
