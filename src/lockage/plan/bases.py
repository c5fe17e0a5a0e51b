"""Images from outside the project: the pinned one, or on this machine what takes its place."""

from pathlib import Path

from lockage.config.schema import Local
from lockage.errors import UsageError
from lockage.oci import layout
from lockage.plan.recipe import Base
from lockage.tools.docker import Docker


class MirrorError(UsageError):
    """Local configuration names a mirror that is not there."""


def find_base(reference: str, local: Local, docker: Docker) -> Base:
    """An image, or what takes its place, by digest.

    Args:
        reference: as the project pins it.
        local: what this machine's own configuration says.
        docker: the engine, asked for a mirror's digest.

    Raises:
        MirrorError: what should take its place is not there.
    """
    mirror = local.mirrors.bases.get(reference, "")
    if not mirror:
        return Base(reference=reference, digest=reference.rpartition("@")[2])
    kind, _, place = mirror.partition("://")
    name, _, digest = place.partition("@")
    if digest:
        return Base(reference=reference, context=mirror, digest=digest)
    digest = _digest(kind, name, mirror, docker)
    # BuildKit finds an image of the local store by the tag it has there; by digest it would ask a registry.
    context = mirror if kind == "docker-image" else f"{mirror}@{digest}"
    return Base(reference=reference, context=context, digest=digest)


def _digest(kind: str, name: str, mirror: str, docker: Docker) -> str:
    if kind == "docker-image" and (image := docker.image(name)):
        return image.digest
    if kind == "oci-layout":
        return layout.read(Path(name)).digest
    raise MirrorError(
        f"the mirror {mirror} is not there",
        why="local configuration names it under mirrors.bases, and the local image store holds no such image"
        if kind == "docker-image"
        else "a mirror is docker-image://… or oci-layout://…",
        remedy="make the stand-in (scripts/standin-base), or mend local configuration",
    )
