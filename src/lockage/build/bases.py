"""Where a build finds the images it rests on, what time they carry and how many layers they have."""

import io
import math
import tarfile
import tempfile
from datetime import datetime
from pathlib import Path

import msgspec

from lockage.model.artifact import Artifact
from lockage.oci import layout
from lockage.plan.recipe import Base, Recipe
from lockage.tools.buildx import BuildFailed, Buildx
from lockage.tools.docker import Docker, Made

NO_BASE_EPOCH = 315_532_800
"""1980-01-01, for an image from scratch."""

_DOCKER_IMAGE = "docker-image://"


class Ground(msgspec.Struct, frozen=True, kw_only=True):
    """What an image rests on."""

    epoch: int
    """The time that the image carries, in seconds since 1970: its base's own, never the clock's or the commit's.

    Files of the base are then not newer, so its layers keep their digests when times are rewritten.
    """
    layers: int
    """How many layers its base has; they are the image's lowest."""


class Bases:
    """Answers for one builder.

    Args:
        docker: the engine.
        buildx: the builder.
        project: the project's name, for names in the local store.
    """

    def __init__(self, docker: Docker, buildx: Buildx, project: str) -> None:
        self._docker = docker
        self._buildx = buildx
        self._project = project

    @property
    def platform(self) -> str:
        """What the engine runs on, such as ``linux/amd64``: what is built for it is built natively."""
        return self._docker.machine().platform

    def context(self, artifact: Artifact, path: Path) -> str:
        """An image of the project as a build context.

        BuildKit inside the engine starts from the local store in 0.2 s, from a layout in 0.9 s; one in a container
        sees no local store.
        """
        if self._buildx.builder.container:
            return f"oci-layout://{path.resolve()}@{artifact.digest}"
        return f"{_DOCKER_IMAGE}{self.load(artifact, path)}"

    def load(self, artifact: Artifact, path: Path) -> str:
        """Put an image of the project into the local store, if it is not there; its reference there."""
        return self._load(f"lockage/{self._project}-{artifact.name}", artifact.digest, path)

    def runnable(self, base: Base, platform: str) -> str:
        """An image from outside, in the local store, by the name that it can be run by there.

        Raises:
            BuildFailed: its tag in the local store has come to mean another image since.
            ToolError: it is not there, and cannot be fetched.
        """
        if base.context.startswith("oci-layout://"):
            place = Path(base.context.removeprefix("oci-layout://").partition("@")[0])
            return self._load("lockage/runtime", base.digest, place)
        name = base.context.removeprefix(_DOCKER_IMAGE) or base.reference
        if "@" not in name:
            self._hold_planned(name, base)
        elif self._docker.image(name) is None:
            self._docker.pull(name, platform)
        return name

    def _load(self, name: str, digest: str, path: Path) -> str:
        """By digest where the store keeps images as they are.

        An engine without containerd's store knows no digest of what was loaded: there a tag that spells the digest out
        stands for it.
        """
        tag = f"{name}:{digest.replace(':', '-')}"
        reference = tag if self._buildx.builder.container else f"{name}@{digest}"
        if self._docker.image(reference) is None:
            with tempfile.TemporaryDirectory() as work:
                archive = Path(work) / "image.tar"
                write_archive(layout.read(path), reference, archive)
                self._docker.load(archive)
        return reference

    def place_of(self, base: Base) -> str:
        """The context that takes the place of an image from outside, held to be what was planned.

        Raises:
            BuildFailed: its tag in the local store has come to mean another image since.
        """
        if base.context.startswith(_DOCKER_IMAGE) and not self._buildx.builder.container:
            self._hold_planned(base.context.removeprefix(_DOCKER_IMAGE), base)
        return base.context

    def _hold_planned(self, name: str, base: Base) -> None:
        found = self._docker.image(name)
        if found is None or found.digest != base.digest:
            raise BuildFailed(
                f"{base.context} is not what was planned",
                why=f"planned {base.digest}, found {found.digest if found else 'nothing'}",
                remedy="something else changes the local image store at the same time; run this again",
            )

    def ground(self, recipe: Recipe, own: dict[str, Path]) -> Ground:
        """What an image rests on.

        Args:
            recipe: the image's.
            own: layouts of the project's images it is built upon, by name.
        """
        name = recipe.dockerfile.final_base
        if name in own:
            return _ground(_made(own[name]))
        base = next((base for base in recipe.bases if base.reference == name), None)
        return _ground(self._made(base, recipe.platform)) if base else Ground(epoch=NO_BASE_EPOCH, layers=0)

    def _made(self, base: Base, platform: str) -> Made:
        if base.context.startswith("oci-layout://"):
            return _made(Path(base.context.removeprefix("oci-layout://").partition("@")[0]))
        reference = base.context.removeprefix(_DOCKER_IMAGE) or base.reference
        local = None if self._buildx.builder.container else self._docker.image(reference)
        return local or self._buildx.made(reference, platform)


def _made(place: Path) -> Made:
    """Of an image in a layout."""
    found = layout.read(place)
    return Made(created=found.config.created, layers=len(found.manifest.layers))


def _ground(made: Made) -> Ground:
    return Ground(epoch=seconds(made.created), layers=made.layers)


def seconds(created: str) -> int:
    """Seconds since 1970, rounded up."""
    return math.ceil(datetime.fromisoformat(created).timestamp())


def write_archive(image: layout.Layout, reference: str, archive: Path) -> None:
    """A layout as a tar that ``docker load`` takes, the image under this reference.

    ``index.json`` is what containerd's store reads, ``manifest.json`` what the older one does; that takes a tag only.
    """
    blobs = {digest: str(layout.blob_path(Path(), digest)) for digest in image.digests}
    legacy = {
        "Config": blobs[image.manifest.config.digest],
        "RepoTags": [] if "@" in reference else [reference],
        "Layers": [blobs[layer.digest] for layer in image.manifest.layers],
    }
    with tarfile.open(archive, "w") as tar:
        for path in ("oci-layout", *blobs.values()):
            tar.add(image.path / path, arcname=path)
        _add(tar, "index.json", layout.named_index(image, f"docker.io/{reference}"))
        _add(tar, "manifest.json", msgspec.json.encode([legacy]))


def _add(tar: tarfile.TarFile, name: str, content: bytes) -> None:
    header = tarfile.TarInfo(name)
    header.size = len(content)
    tar.addfile(header, io.BytesIO(content))
