"""Unpacks zips and layers for another step that runs the scanner, as a workflow does through an action."""

import shutil
from collections.abc import Iterable, Iterator
from pathlib import Path

from lockage.gate.evidence import tree_name
from lockage.model.artifact import ImageArtifact
from lockage.model.dist import DistDir
from lockage.tools.unpack import unpack


def lay_out(dist: DistDir, names: Iterable[str]) -> Iterator[tuple[str, Path]]:
    """Name and tree of each archive; a tree is alone in its folder, and named by what is in it.

    Raises:
        UsageError: one was not built.
        UnpackError: an archive is not what was built.
    """
    for name in names:
        artifact = dist.read_artifact(name)
        if not isinstance(artifact, ImageArtifact):
            shutil.rmtree(dist.trees(name), ignore_errors=True)
            tree = dist.trees(name) / tree_name(artifact.digest)
            unpack(artifact, dist.archive(name), tree)
            yield name, tree
