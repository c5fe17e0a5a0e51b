"""Writes the SBOMs of an image in ``dist/``: Syft describes the exact layout, the documents are held to it."""

import json
import tempfile
from pathlib import Path
from typing import Protocol

from lockage.inspect import documents
from lockage.inspect.documents import Document, Maker, SbomDoubtful, Subject
from lockage.model import dist as files
from lockage.model.dist import DistDir
from lockage.model.ids import Digest
from lockage.model.sbom import Sbom
from lockage.oci import layout as oci
from lockage.tools.locked import Tool


class Describes(Protocol):
    """What writes SBOMs."""

    tool: Tool
    config: Path

    def describe(self, layout: Path, name: str, cyclonedx: Path, spdx: Path) -> None:
        """Write both documents of a layout's only image; raises ToolError when it could not."""


class Describer:
    """Describes the images of one ``dist/``.

    Args:
        dist: where the images are, and where their SBOMs go.
        cataloguer: writes them.
    """

    def __init__(self, dist: DistDir, cataloguer: Describes) -> None:
        self._dist = dist
        self._cataloguer = cataloguer
        tool = cataloguer.tool
        self._maker = Maker(
            program=Digest(f"sha256:{tool.sha256}"),
            config=oci.hash_file(cataloguer.config),
            second_source=tool.second_source,
        )

    def standing(self, name: str) -> Sbom | None:
        """The SBOMs beside an image, when they are of this very image, by this program and configuration.

        Raises:
            UsageError: the image was not built.
        """
        digest = self._dist.read_artifact(name).digest
        try:
            cdx, spdx = read(name, self._dist.cyclonedx(name)), read(name, self._dist.spdx(name))
            packages, os_packages = documents.check(name, digest, cdx, spdx)
        except SbomDoubtful:
            return None
        return self._sbom(name, packages, os_packages) if documents.made_by(self._maker, cdx, spdx) else None

    def describe(self, name: str) -> Sbom:
        """Write both SBOMs of an image beside it; neither is left when one is doubtful.

        Raises:
            UsageError: the image was not built.
            LayoutError: its layout is not one intact image.
            SbomDoubtful: the documents do not describe it.
            ToolError: the cataloguer failed.
        """
        digest = self._dist.read_artifact(name).digest
        for path in (self._dist.cyclonedx(name), self._dist.spdx(name)):
            path.unlink(missing_ok=True)
        layout = oci.read(self._dist.layout(name))
        oci.verify(layout)
        with tempfile.TemporaryDirectory(prefix=".sbom-", dir=self._dist.folder(name)) as part:
            raw = Path(part, "cdx.json"), Path(part, "spdx.json")
            self._cataloguer.describe(layout.path, name, *raw)
            cdx, spdx = (read(name, path) for path in raw)
        packages, os_packages = documents.check(name, digest, cdx, spdx)
        subject = Subject(name=name, digest=digest, created=layout.config.created)
        _write(self._dist.cyclonedx(name), documents.cyclonedx(cdx, subject, self._maker))
        _write(self._dist.spdx(name), documents.spdx(spdx, subject, self._maker))
        return self._sbom(name, packages, os_packages)

    def _sbom(self, name: str, packages: int, os_packages: int) -> Sbom:
        return Sbom(
            artifact=self._dist.read_artifact(name).digest,
            cyclonedx=oci.hash_file(self._dist.cyclonedx(name)),
            spdx=oci.hash_file(self._dist.spdx(name)),
            packages=packages,
            os_packages=os_packages,
            second_source=self._maker.second_source,
        )


def read(name: str, path: Path) -> Document:
    """One of an image's documents.

    Raises:
        SbomDoubtful: it is not there, or not JSON.
    """
    try:
        document: Document = json.loads(path.read_bytes())
    except (OSError, ValueError) as error:
        raise SbomDoubtful(name, f"{path.name} does not read as JSON: {error}") from error
    return document


def _write(path: Path, document: Document) -> None:
    files.write(path, json.dumps(document, indent=1, sort_keys=True, ensure_ascii=False).encode() + b"\n")
