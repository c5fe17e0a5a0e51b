"""From what was built to what a verdict is about."""

from pathlib import Path

import msgspec

from lockage.gate.evidence import ArchiveSubject, ImageSubject
from lockage.gate.findings import Unreadable, canonical
from lockage.model.artifact import Artifact, ImageArtifact, LayerArtifact, ZipArtifact
from lockage.oci.layout import Layout

_PYPI = "pkg:pypi/"


class _Component(msgspec.Struct, frozen=True):
    version: str = ""
    purl: str = ""


class _Metadata(msgspec.Struct, frozen=True):
    component: _Component


class _CycloneDx(msgspec.Struct, frozen=True):
    """As much of an SBOM as the gate needs."""

    metadata: _Metadata
    components: tuple[_Component, ...]


def is_described(artifact: Artifact, sbom: Path) -> bool:
    """Whether the gate knows what an artifact holds: of an image the scanner tells, of an archive its SBOM must.

    Args:
        artifact: what was built.
        sbom: its CycloneDX document, if there is one.
    """
    return isinstance(artifact, ImageArtifact) or not isinstance(_python(artifact, sbom), Unreadable)


def of_image(name: str, layout: Layout) -> ImageSubject:
    """An image in its layout."""
    return ImageSubject(
        name=name,
        digest=layout.digest,
        image_id=layout.manifest.config.digest,
        diff_ids=layout.config.rootfs.diff_ids,
    )


def of_archive(artifact: ZipArtifact | LayerArtifact, sbom: Path) -> ArchiveSubject:
    """A zip or layer.

    Args:
        artifact: what was built.
        sbom: its CycloneDX document.
    """
    return ArchiveSubject(
        name=artifact.name,
        digest=artifact.digest,
        locked=any(one.kind == "requirements" for one in artifact.inputs),
        python=_python(artifact, sbom),
    )


def _python(artifact: ZipArtifact | LayerArtifact, sbom: Path) -> tuple[str, ...] | Unreadable:
    try:
        document = msgspec.json.decode(sbom.read_bytes(), type=_CycloneDx)
    except FileNotFoundError:
        return Unreadable(reason="it has no SBOM")
    except (OSError, msgspec.DecodeError, UnicodeDecodeError) as error:
        return Unreadable(reason=f"its SBOM cannot be read: {error}")
    described = document.metadata.component.version
    if described != artifact.digest:
        return Unreadable(reason=f"its SBOM is about {described or 'nothing'}, the archive is {artifact.digest}")
    return tuple(sorted({canonical(one.purl) for one in document.components if one.purl.startswith(_PYPI)}))
