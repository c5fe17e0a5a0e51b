"""The native code of what functions run, held to the runtime that AWS gives it, whatever image is at hand here."""

import tempfile
from pathlib import Path

import msgspec
from msgspec.structs import replace

from lockage.inspect.native import (
    LAYERS,
    TASK,
    NativeCodeDoubtful,
    NativeCodeRefused,
    Root,
    Target,
    hold_native,
    inspect_native,
    matters,
)
from lockage.model.artifact import Artifact, ImageArtifact, LayerArtifact, ZipArtifact
from lockage.model.check import Failure, Kind, NativeCheck
from lockage.model.dist import DistDir
from lockage.oci import layout
from lockage.oci.contents import contents
from lockage.tools.unpack import mount, unpack

LAMBDAS = "public.ecr.aws/lambda/python:"
"""How the references begin of the images whose system is known."""


def look(artifact: Artifact, dist: DistDir) -> NativeCheck:
    """Hold one artifact, a zip with its layers; what is found is told, not raised.

    Raises:
        RuntimeUnknown: nothing is written down about its runtime.
        UnpackError: an archive is not what was built.
    """
    python = _python(artifact, dist)
    if not python:
        return NativeCheck(summary="not looked at: its base is not one of Lambda's, so only running it can tell")
    target = msgspec.convert({"python": python, "platform": artifact.platform}, Target)
    with tempfile.TemporaryDirectory() as work:
        roots, files = _roots(artifact, dist, Path(work))
        found = replace(inspect_native(roots, target), files=files)
    try:
        hold_native(artifact.name, found)
    except (NativeCodeRefused, NativeCodeDoubtful) as error:
        kind: Kind = "native" if isinstance(error, NativeCodeRefused) else "doubt"
        failure = Failure(kind=kind, what=error.what, why=error.why, remedy=error.remedy)
        return NativeCheck(summary=found.summary(), failure=failure)
    return NativeCheck(summary=found.summary())


def _python(artifact: Artifact, dist: DistDir) -> str:
    """The minor version of the Lambda runtime below it; empty for an image on another base."""
    if not isinstance(artifact, ImageArtifact):
        return artifact.runtime.removeprefix("python")
    bases = [given.name for given in artifact.inputs if given.kind == "base"]
    for name in bases:
        if name.startswith(LAMBDAS):
            return name.removeprefix(LAMBDAS).partition("@")[0].partition("-")[0]
    own = (dist.find_artifact(name) for name in bases if "@" not in name)
    return next((python for one in own if one and (python := _python(one, dist))), "")


def _roots(artifact: Artifact, dist: DistDir, work: Path) -> tuple[list[Root], int]:
    """Where its parts are mounted, and how many files it has.

    Only what can matter is written: thousands of small files take a busy disk longer than all the rest.
    """
    if isinstance(artifact, ImageArtifact):
        found = contents(layout.read(dist.layout(artifact.name)), TASK.removeprefix("/"), matters, work)
        (work / TASK.removeprefix("/")).mkdir(parents=True, exist_ok=True)
        return [Root(work / TASK.removeprefix("/"), TASK)], len(found)
    layers = artifact.layers if isinstance(artifact, ZipArtifact) else ()
    archives = [artifact, *(one for one in map(dist.read_artifact, layers) if isinstance(one, LayerArtifact))]
    roots, seen = [], dict[str, str]()

    def wanted(path: str, content: bytes) -> bool:
        return matters(path, content) or path in seen  # whatever it is, it takes an earlier layer's place

    for number, one in enumerate(archives):
        place = work / str(number) / mount(one)
        place.mkdir(parents=True)
        seen |= unpack(one, dist.archive(one.name), work / str(number), wanted)
        roots.append(Root(place, TASK if one is artifact else LAYERS))
    return roots, len(seen)
