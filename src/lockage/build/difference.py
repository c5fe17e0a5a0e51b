"""Where two artifacts part, images and archives alike: the first file, and what such differences likely come of."""

import hashlib
import zipfile
from collections.abc import Collection
from pathlib import Path, PurePosixPath
from typing import Literal

import msgspec

from lockage.model.artifact import Artifact, ImageArtifact, LayerArtifact
from lockage.model.dist import DistDir
from lockage.model.parting import Parting, first
from lockage.oci import layout
from lockage.oci.difference import difference

Class = Literal["time", "ordering", "writer", "bytecode", "dependency", "base", "content"]
"""What a difference likely comes of; *content* is the project's own files, and what its Dockerfile does."""

_WRITTEN: dict[str, Class] = {"order": "ordering", "written": "writer", "compressed": "writer", "made_on": "writer"}
_WITHOUT_FILE = {"layers", "configuration"}
_TASK = "var/task/"
_LAYER = "python/"


def found_difference(artifact: Artifact, one: DistDir, other: DistDir, changed: Collection[str] = ()) -> str:
    """The first difference between two artifacts in a line, its likely class before it; empty when they are the same.

    Args:
        artifact: what was built into ``one``.
        one: where it stands.
        other: where another of its name stands.
        changed: kinds of recorded inputs in which the two differ.
    """
    name = artifact.name
    found: Parting | None
    if isinstance(artifact, ImageArtifact):
        found = difference(layout.read(one.layout(name)), layout.read(other.layout(name)))
    else:
        found = archive_difference(one.archive(name), other.archive(name))
    return f"{classify(found, artifact, changed)}: {found.render()}" if found else ""


def classify(found: Parting, artifact: Artifact, changed: Collection[str] = ()) -> Class:
    """What a difference likely comes of.

    A recorded input that differs explains what it decides: the base decides what lies outside the task's folder and all
    bytecode, requirements decide packages. Whatever else is decided by where the file lies, and by what of it differs.

    Args:
        found: the first difference.
        artifact: either of the two.
        changed: kinds of recorded inputs in which the two differ.
    """
    if found.field in _WRITTEN:
        return _WRITTEN[found.field]
    origin = _origin(found, artifact)
    compiled = found.path.endswith(".pyc") and not found.source_too
    if "base" in changed and (compiled or origin == "system"):
        return "base"
    if found.field == "time":
        return "time"
    if compiled:
        return "bytecode"
    if origin == "own":
        return "content"
    return _of_package(changed) if origin == "package" else _of_system(found, changed)


def _of_package(changed: Collection[str]) -> Class:
    """The base builds packages too, from their sdists."""
    return "base" if "base" in changed and "requirements" not in changed else "dependency"


def _of_system(found: Parting, changed: Collection[str]) -> Class:
    """With the same base: a tool that is taken in, or what the Dockerfile does."""
    if "tool" in changed:
        return "dependency"
    return "content" if found.field in _WITHOUT_FILE or "dockerfile" in changed else "base"


def _origin(found: Parting, artifact: Artifact) -> Literal["own", "package", "system"]:
    """Own source folders are staged under their last names; beside them in the task's folder is what is imported."""
    root = _TASK if isinstance(artifact, ImageArtifact) else _LAYER if isinstance(artifact, LayerArtifact) else ""
    if not found.path.startswith(root):
        return "system"
    own = {PurePosixPath(one.name).name for one in artifact.inputs if one.kind == "source"}
    return "own" if found.path.removeprefix(root).partition("/")[0] in own else "package"


class _Member(msgspec.Struct, frozen=True):
    """What an archive says about one file, in the order in which differences are told."""

    content: str
    mode: str
    time: str
    made_on: int
    compressed: int


_WORDS = {"made_on": "system", "compressed": "compressed bytes"}


def archive_difference(ours: Path, theirs: Path) -> Parting | None:
    """The first difference between two archives; None when the bytes are equal."""
    if ours.read_bytes() == theirs.read_bytes():
        return None
    return first(_members(ours), _members(theirs), _WORDS, written="written")


def _members(path: Path) -> dict[str, _Member]:
    with zipfile.ZipFile(path) as archive:
        return {one.filename: _member(archive, one) for one in archive.infolist()}


def _member(archive: zipfile.ZipFile, one: zipfile.ZipInfo) -> _Member:
    return _Member(
        content=f"sha256:{hashlib.sha256(archive.read(one)).hexdigest()}",
        mode=f"{one.external_attr >> 16:06o}",
        time="{:04}-{:02}-{:02} {:02}:{:02}:{:02}".format(*one.date_time),
        made_on=one.create_system,
        compressed=one.compress_size,
    )
