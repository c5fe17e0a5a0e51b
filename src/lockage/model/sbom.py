"""What an SBOM says of an artifact, in figures, and where it may serve."""

import msgspec

from lockage.model.ids import Digest

REHEARSAL_ONLY = "lockage:syft:rehearsal-only"
"""The property of a CycloneDX document that names its second source."""


class Sbom(msgspec.Struct, frozen=True, kw_only=True):
    """The SBOM documents of one artifact."""

    artifact: Digest
    """What they describe."""
    cyclonedx: Digest
    """Of the document's bytes."""
    spdx: Digest
    """Of the document's bytes."""
    profile: Digest
    """Of the package-level document's bytes."""
    packages: int
    os_packages: int
    """Those of the operating system's package manager."""
    agreed: int
    """Python packages that lock, SBOM and metadata agree on."""
    second_source: str = ""
    """Why they may serve a rehearsal only: the second source of the program that made them."""
