"""What ``push`` and ``release`` are about: images in ``dist/`` with their evidence, held to be what they claim."""

from collections.abc import Sequence
from pathlib import Path

import msgspec

from lockage.config.schema import Image, Project
from lockage.errors import UsageError
from lockage.model.artifact import ImageArtifact
from lockage.model.dist import DistDir
from lockage.oci import layout as oci
from lockage.oci.layout import Layout
from lockage.plan.recipe import Tree
from lockage.publish import acceptance
from lockage.release.make import Proven, Source
from lockage.tools.git import Git


class Ware(msgspec.Struct, frozen=True, kw_only=True):
    """One image that may be pushed."""

    proven: Proven
    layout: Layout
    repository: str

    @property
    def artifact(self) -> ImageArtifact:
        """The image."""
        return self.proven.artifact


def published(project: Project) -> tuple[str, ...]:
    """The images that have a repository."""
    return tuple(name for name, image in project.images.items() if image.repository is not None)


def source(root: Path) -> Source:
    """The commit that is checked out, and whether the tree holds more than it."""
    git = Git(root)
    return Source(commit=git.head(), dirty=git.is_dirty())


def inspect(name: str, image: Image, root: Path) -> Ware:
    """One image of ``dist/``, every byte of it hashed again, with its verdict and its SBOMs.

    Raises:
        UsageError: it was not built, or not from this tree, or Lambda would not take it.
        GateFailed: the gate stopped it.
        Inconclusive: what is in it, or what the gate thinks of it, is not known.
    """
    dist = DistDir(root / "dist")
    artifact, layout = dist.read_artifact(name), oci.read(dist.layout(name))
    oci.verify(layout)
    acceptance.hold_identity(artifact, layout)
    hold_built_from(artifact, image, root)
    acceptance.hold_lambda_takes(artifact, layout)
    verdict = dist.read_verdict(name)
    acceptance.hold_verdict(artifact, verdict)
    marks = acceptance.sbom_second_source(artifact, dist.cyclonedx(name), dist.spdx(name))
    proven = Proven(
        artifact=artifact,
        documents={
            "sbom.cdx": dist.cyclonedx(name).read_bytes(),
            "sbom.spdx": dist.spdx(name).read_bytes(),
            "findings": dist.findings(name).read_bytes(),
            "verdict": dist.verdict(name).read_bytes(),
        },
        second_sources=acceptance.second_sources(artifact, verdict, marks),
    )
    return Ware(proven=proven, layout=layout, repository=image.repository or "")


def hold_built_from(artifact: ImageArtifact, image: Image, root: Path) -> None:
    """Hold that an image was built of the sources that are checked out: its tag will say so.

    Raises:
        UsageError: naming the sources that are others.
    """
    built = {given.name: given.digest for given in artifact.inputs if given.kind == "source"}
    changed = [path for path, digest in _sources(image.sources, root) if built.get(path) != digest]
    if changed:
        raise UsageError(
            f"the image {artifact.name} in dist/ was not built from this tree",
            why="\n".join(f"{path} has changed since" for path in changed),
            remedy=f"build and scan it again: ./noxw -s build scan -- {artifact.name}",
        )


def _sources(paths: Sequence[str], root: Path) -> list[tuple[str, str]]:
    if not paths:
        return []
    files = Git(root).files(*paths)
    folders = [path.rstrip("/") for path in paths]
    return [
        (folder, Tree(path=folder, files=tuple(file for file in files if file.path.startswith(f"{folder}/"))).digest)
        for folder in folders
    ]
