"""The files that a function imports from, read from what was built: an image, or a zip and its layers."""

import hashlib
import zipfile
from collections.abc import Iterator, Sequence
from pathlib import Path, PurePosixPath

from lockage.inspect.parity import File, kinds, merged
from lockage.model.artifact import Artifact, ImageArtifact, LayerArtifact
from lockage.model.dist import DistDir
from lockage.oci import layout
from lockage.oci.contents import contents

_TASK = "var/task"
_LAYER = "python/"


def listing(artifact: Artifact, layers: Sequence[Artifact], dist: DistDir) -> dict[str, File]:
    """Path below the import root → file, as Python finds them: the task's own before those of layers.

    Args:
        artifact: an image or a zip.
        layers: those under a zip.
        dist: where they are.

    Raises:
        LayoutError: an image cannot be read.
    """
    everything = (artifact, *layers)
    own = {source for one in everything for source in _sources(one)}
    return merged(kinds(_hashes(one, dist), own) for one in everything)


def _sources(artifact: Artifact) -> Iterator[str]:
    """Names under which a project's own folders are staged."""
    return (PurePosixPath(one.name).name for one in artifact.inputs if one.kind == "source")


def _hashes(artifact: Artifact, dist: DistDir) -> dict[str, str]:
    if isinstance(artifact, ImageArtifact):
        found = contents(layout.read(dist.layout(artifact.name)), _TASK, lambda *_: False, Path())
        return {path.removeprefix(f"{_TASK}/"): sha256 for path, sha256 in found.items()}
    root = _LAYER if isinstance(artifact, LayerArtifact) else ""
    with zipfile.ZipFile(dist.archive(artifact.name)) as archive:
        return {
            name.removeprefix(root): hashlib.sha256(archive.read(name)).hexdigest()
            for name in archive.namelist()
            if name.startswith(root)
        }
