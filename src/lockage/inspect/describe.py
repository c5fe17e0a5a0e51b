"""Writes the SBOMs of an artifact in ``dist/``: Syft describes what was built, and the documents are held to it.

An archive is unpacked into its real place for that, and an image's packages are read from its layers: lock, SBOM and
the packages' own metadata must agree before anything is written.
"""

import json
import tempfile
from pathlib import Path, PurePosixPath
from typing import Protocol

import msgspec

from lockage.inspect import documents, installed, lock, profile, truth
from lockage.inspect.documents import Document, Maker, SbomDoubtful, Subject, read
from lockage.inspect.installed import Tree
from lockage.model import dist as files
from lockage.model.artifact import Artifact, ImageArtifact, LayerArtifact, ZipArtifact
from lockage.model.dist import DistDir
from lockage.model.sbom import Sbom
from lockage.oci import layout as oci
from lockage.oci.contents import contents
from lockage.tools.locked import Tool
from lockage.tools.unpack import home, unpack

_TASK = "var/task"
"""Where an image has its functions and what they import
(https://docs.aws.amazon.com/lambda/latest/dg/python-image.html)."""


class Describes(Protocol):
    """What writes SBOMs."""

    tool: Tool
    config: Path

    def describe(self, layout: Path, name: str, cyclonedx: Path, spdx: Path) -> None:
        """Write both documents of a layout's only image; raises ToolError when it could not."""

    def describe_tree(self, root: Path, name: str, cyclonedx: Path, spdx: Path) -> None:
        """Write both documents of an unpacked archive; raises ToolError when it could not."""


class _Seen(msgspec.Struct, frozen=True, kw_only=True):
    """An artifact, looked into."""

    subject: Subject
    cyclonedx: Document
    spdx: Document
    tree: Tree
    sources: tuple[str, ...] | None
    """The project's own folders in it; None where it may hold what else it likes."""


class Describer:
    """Describes the artifacts of one ``dist/``.

    Args:
        dist: where they are, and where their SBOMs go.
        root: the project's folder, where the locks are.
        cataloguer: writes SBOMs.
    """

    def __init__(self, dist: DistDir, root: Path, cataloguer: Describes) -> None:
        self._dist = dist
        self._root = root
        self._cataloguer = cataloguer
        tool = cataloguer.tool
        self._maker = Maker(
            tool=tool.used,
            config=oci.hash_file(cataloguer.config),
            second_source=tool.second_source,
        )

    def standing(self, name: str) -> Sbom | None:
        """The SBOMs beside an artifact, when they are of this very one, by this program and configuration.

        Raises:
            UsageError: it was not built, or of another lock.
        """
        artifact = self._dist.read_artifact(name)
        locked = lock.read(artifact, self._root, self._dist)
        try:
            cdx, spdx, small = (read(name, path) for path in self._places(name))
            found = self._sbom(artifact, cdx, spdx, small)
        except SbomDoubtful:
            return None
        made = documents.made_by(self._maker, cdx, spdx) and profile.made_by(self._maker, locked, small)
        return found if made and self._stands(artifact) else None

    def describe(self, name: str) -> Sbom:
        """Write all SBOMs of an artifact beside it; none is left when one is doubtful, or not true.

        Raises:
            UsageError: it was not built, or of another lock.
            LayoutError: an image's layout is not one intact image.
            UnpackError: an archive is not what was built.
            SbomDoubtful: the documents do not describe it.
            Untrue: lock, SBOM and metadata do not agree.
            ToolError: the cataloguer failed.
        """
        artifact = self._dist.read_artifact(name)
        for path in self._places(name):
            path.unlink(missing_ok=True)
        locked = lock.read(artifact, self._root, self._dist)
        with tempfile.TemporaryDirectory(prefix="lockage-sbom-") as work:
            seen = self._look(artifact, Path(work))
            cdx = documents.cyclonedx(seen.cyclonedx, seen.subject, self._maker)
            spdx = documents.spdx(seen.spdx, seen.subject, self._maker)
            documents.check(artifact, cdx, spdx)
            agreement = truth.hold(name, locked, cdx, seen.tree, seen.sources)
        small = profile.profile(cdx, seen.subject, self._maker, agreement)
        for path, document in zip(self._places(name), (cdx, spdx, small), strict=True):
            _write(path, document)
        return self._sbom(artifact, cdx, spdx, small)

    def _look(self, artifact: Artifact, work: Path) -> _Seen:
        return self._image(artifact, work) if isinstance(artifact, ImageArtifact) else self._archive(artifact, work)

    def _image(self, artifact: ImageArtifact, work: Path) -> _Seen:
        name, raw, root = artifact.name, (work / "cdx.json", work / "spdx.json"), work / "root"
        layout = oci.read(self._dist.layout(name))
        oci.verify(layout)
        self._cataloguer.describe(layout.path, name, *raw)
        return _Seen(
            subject=Subject(name=name, digest=artifact.digest, created=layout.config.created),
            cyclonedx=read(name, raw[0]),
            spdx=read(name, raw[1]),
            tree=Tree(root=root, home=_TASK, files=contents(layout, _TASK, _is_metadata, root)),
            sources=None,
        )

    def _archive(self, artifact: ZipArtifact | LayerArtifact, work: Path) -> _Seen:
        name, raw, root = artifact.name, (work / "cdx.json", work / "spdx.json"), work / "root"
        hashes = unpack(artifact, self._dist.archive(name), root)
        self._cataloguer.describe_tree(root, name, *raw)
        return _Seen(
            subject=documents.archived(name, artifact.digest),
            cyclonedx=read(name, raw[0]),
            spdx=read(name, raw[1]),
            tree=Tree(root=root, home=home(artifact), files=hashes),
            sources=tuple(PurePosixPath(one.name).name for one in artifact.inputs if one.kind == "source"),
        )

    def _stands(self, artifact: Artifact) -> bool:
        """Whether an archive is still the one that was built; an image's blobs are named by what they are."""
        if isinstance(artifact, ImageArtifact):
            return True
        archive = self._dist.archive(artifact.name)
        return archive.is_file() and oci.hash_file(archive) == artifact.digest

    def _places(self, name: str) -> tuple[Path, Path, Path]:
        return self._dist.cyclonedx(name), self._dist.spdx(name), self._dist.profile(name)

    def _sbom(self, artifact: Artifact, cdx: Document, spdx: Document, small: Document) -> Sbom:
        packages, os_packages = documents.check(artifact, cdx, spdx)
        return Sbom(
            artifact=artifact.digest,
            cyclonedx=oci.hash_file(self._dist.cyclonedx(artifact.name)),
            spdx=oci.hash_file(self._dist.spdx(artifact.name)),
            profile=oci.hash_file(self._dist.profile(artifact.name)),
            packages=packages,
            os_packages=os_packages,
            agreed=documents.check_profile(artifact, cdx, small),
            second_source=self._maker.second_source,
        )


def _is_metadata(path: str, _: bytes) -> bool:
    """Whether a file of an image is of the metadata of a package in its task root."""
    return path.removeprefix(f"{_TASK}/").partition("/")[0].endswith(installed.METADATA)


def _write(path: Path, document: Document) -> None:
    files.write(path, json.dumps(document, indent=1, sort_keys=True, ensure_ascii=False).encode() + b"\n")
