"""Writes the SBOMs of an image in ``dist/``: Syft describes the exact layout, the documents are held to it."""

import hashlib
import json
import tempfile
from pathlib import Path
from typing import Protocol

from lockage.inspect import documents
from lockage.model import dist as files
from lockage.model.dist import DistDir
from lockage.model.ids import Digest
from lockage.model.sbom import Sbom
from lockage.oci import layout as oci
from lockage.tools.locked import Tool


class Describes(Protocol):
    """What writes SBOMs."""

    tool: Tool

    def describe(self, layout: Path, name: str, cyclonedx: Path, spdx: Path) -> None:
        """Write both documents of a layout's only image; raises ToolError when it could not."""


def describe(dist: DistDir, name: str, cataloguer: Describes) -> Sbom:
    """Write both SBOMs of an image beside it; neither is left when one is doubtful.

    Raises:
        UsageError: the image was not built.
        LayoutError: its layout is not one intact image.
        SbomDoubtful: the documents do not describe it.
        ToolError: the cataloguer failed.
    """
    artifact = dist.read_artifact(name)
    for path in (dist.cyclonedx(name), dist.spdx(name)):
        path.unlink(missing_ok=True)
    layout = oci.read(dist.layout(name))
    oci.verify(layout)
    subject = documents.Subject(name=name, digest=artifact.digest, created=layout.config.created)
    with tempfile.TemporaryDirectory(prefix=".sbom-", dir=dist.folder(name)) as part:
        raw = Path(part, "cdx.json"), Path(part, "spdx.json")
        cataloguer.describe(layout.path, name, *raw)
        cdx, spdx = (_read(name, path) for path in raw)
    packages, os_packages = documents.check(name, artifact.digest, cdx, spdx)
    tool = cataloguer.tool
    return Sbom(
        artifact=artifact.digest,
        cyclonedx=_write(dist.cyclonedx(name), documents.cyclonedx(cdx, subject, tool)),
        spdx=_write(dist.spdx(name), documents.spdx(spdx, subject, tool)),
        packages=packages,
        os_packages=os_packages,
        tool=f"syft {tool.version} sha256:{tool.sha256}",
        second_source=tool.second_source,
    )


def _read(name: str, path: Path) -> documents.Document:
    try:
        document: documents.Document = json.loads(path.read_bytes())
    except (OSError, ValueError) as error:
        raise documents.SbomDoubtful(name, f"{path.name} does not read as JSON: {error}") from error
    return document


def _write(path: Path, document: documents.Document) -> Digest:
    content = json.dumps(document, indent=1, sort_keys=True, ensure_ascii=False).encode() + b"\n"
    files.write(path, content)
    return Digest(f"sha256:{hashlib.sha256(content).hexdigest()}")
