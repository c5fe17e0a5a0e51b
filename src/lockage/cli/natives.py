"""The native code of what is built, held to the runtime that AWS gives it, whatever image is at hand here."""

import re
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache, partial
from pathlib import Path
from threading import Lock
from typing import NamedTuple

import msgspec
from msgspec.structs import replace

from lockage.inspect.lock import built_of
from lockage.inspect.native import (
    LAYERS,
    ROOT,
    TASK,
    NativeCodeDoubtful,
    NativeCodeRefused,
    NativeInspection,
    Root,
    Target,
    hold_native,
    inspect_native,
    matters,
)
from lockage.model.artifact import Artifact, ImageArtifact, LayerArtifact, ZipArtifact
from lockage.model.check import Failure, Kind, NativeCheck
from lockage.model.dist import DistDir
from lockage.model.ids import Digest
from lockage.oci import layout
from lockage.oci.contents import added, hashes
from lockage.tools.unpack import mount, unpack

LAMBDAS = "public.ecr.aws/lambda/python:"
"""How the references begin of the images whose system is known."""

_PYTHON = re.compile(r"[0-9]+\.[0-9]+")
"""How a tag begins that tells Python's minor version."""

_ALONE = Lock()
"""Several images rest on one base: who comes second waits for what the first has read of it."""


def look(artifact: Artifact, dist: DistDir) -> NativeCheck:
    """Hold one artifact, a zip with its layers; what is found is told, not raised.

    Raises:
        UsageError: an image is not there that it was built upon, or nothing is written down about its runtime.
        UnpackError: an archive is not what was built.
        LayoutError: an image cannot be read.
    """
    found = inspection(artifact, dist)
    if found is None:
        return _unknown(artifact)
    try:
        hold_native(artifact.name, found)
    except (NativeCodeRefused, NativeCodeDoubtful) as error:
        kind: Kind = "native" if isinstance(error, NativeCodeRefused) else "doubt"
        failure = Failure(kind=kind, what=error.what, why=error.why, remedy=error.remedy)
        return NativeCheck(summary=found.summary(), failure=failure)
    return NativeCheck(summary=found.summary())


def inspection(artifact: Artifact, dist: DistDir) -> NativeInspection | None:
    """What native code an artifact has, a zip with its layers; None of an image that does not rest on one of Lambda's.

    Raises:
        UsageError, UnpackError, LayoutError: as :func:`look`.
    """
    ground = _ground(artifact, dist)
    if ground is None:
        return None
    target = msgspec.convert({"python": ground.python, "platform": artifact.platform}, Target)
    with tempfile.TemporaryDirectory(prefix="lockage-native-") as work:
        roots, files = _roots(artifact, ground, dist, Path(work))
        return replace(inspect_native(roots, target), files=files)


def _unknown(artifact: Artifact) -> NativeCheck:
    failure = Failure(
        kind="doubt",
        what=f"whether native code in {artifact.name} runs on Lambda cannot be told",
        why=f"it does not rest on an image of Lambda's ({LAMBDAS}…), and of no other is it known what it has",
        remedy=f"build it upon {LAMBDAS}…, by digest, or upon an image of the project that is",
    )
    return NativeCheck(summary="not looked at: its base is not one of Lambda's", failure=failure)


class _Ground(NamedTuple):
    """What an artifact rests on."""

    python: str
    """Minor version of the Lambda runtime."""
    image: ImageArtifact | None = None
    """Of an image: the one of the project that rests on Lambda's own, itself perhaps."""


def _ground(artifact: Artifact, dist: DistDir) -> _Ground | None:
    """None for an image on another base."""
    if not isinstance(artifact, ImageArtifact):
        return _Ground(artifact.runtime.removeprefix("python"))
    images = list(built_of(artifact, dist))
    lowest, below = artifact, {one.name: one for one in images if one is not artifact}
    while isinstance(upon := below.pop(lowest.base, None), ImageArtifact):
        lowest = upon
    if not lowest.base.startswith(LAMBDAS):
        return None
    tag = lowest.base.removeprefix(LAMBDAS).partition("@")[0]
    return _Ground(_minor(tag) or next(_compiled_for(images), tag), lowest)


def _minor(tag: str) -> str:
    """``3.13`` of ``3.13``, ``3.13-x86_64`` and ``3.13.2025.11.10.09-x86_64``; empty where a tag tells none."""
    found = _PYTHON.match(tag)
    return found.group() if found else ""


def _compiled_for(images: Iterable[Artifact]) -> Iterator[str]:
    """The Python that packages were taken for, of every image that has some."""
    return (one.digest for made in images for one in made.inputs if (one.kind, one.name) == ("option", "python"))


def _roots(artifact: Artifact, ground: _Ground, dist: DistDir, work: Path) -> tuple[list[Root], int]:
    """Where its parts are mounted, and how many files it has.

    Only what can matter is written: thousands of small files take a busy disk longer than all the rest.
    """
    if isinstance(artifact, ImageArtifact):
        lowest = ground.image or artifact
        base = partial(_base, dist.layout(lowest.name), lowest.digest, lowest.base_layers)
        found = added(_image(dist.layout(artifact.name), artifact.digest), lowest.base_layers, matters, work, base)
        return [Root(work, ROOT)], len(found)
    layers = artifact.layers if isinstance(artifact, ZipArtifact) else ()
    archives = [artifact, *(one for one in map(dist.read_artifact, layers) if isinstance(one, LayerArtifact))]
    roots, seen = [], dict[str, str]()

    def wanted(path: str, content: bytes) -> bool:
        return matters(path, content) or path in seen  # whatever it is, it takes an earlier layer's place

    for number, one in enumerate(archives):
        place = work / str(number) / mount(one)
        place.mkdir(parents=True)
        seen |= unpack(one, dist.archive(one.name), work / str(number), wanted)
        roots.append(Root(place, LAYERS if isinstance(one, LayerArtifact) else TASK))
    return roots, len(seen)


def _base(place: Path, digest: Digest, layers: int) -> Mapping[str, str]:
    """What Lambda's image holds, or what stands in for it: path → SHA-256."""
    with _ALONE:
        return _read_base(place, digest, layers)


@lru_cache(maxsize=1)
def _read_base(place: Path, digest: Digest, layers: int) -> Mapping[str, str]:
    return hashes(_image(place, digest), layers)


def _image(place: Path, digest: Digest) -> layout.Layout:
    found = layout.read(place)
    if found.digest != digest:
        raise layout.LayoutError(
            f"{place} is not the image that was built",
            why=f"artifact.json names {digest}, and the layout is {found.digest}",
            remedy="build it again: ./noxw -s build",
        )
    return found
