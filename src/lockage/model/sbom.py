"""What an SBOM says of an image, in figures."""

import msgspec

from lockage.model.ids import Digest


class Sbom(msgspec.Struct, frozen=True, kw_only=True):
    """The two SBOM documents of one image."""

    artifact: Digest
    """The image they describe."""
    cyclonedx: Digest
    """Of the document's bytes."""
    spdx: Digest
    """Of the document's bytes."""
    packages: int
    os_packages: int
    """Those of the operating system's package manager."""
    tool: str
    """Name, version and SHA-256 of the program that made them."""
    second_source: str = ""
    """Why they may serve a rehearsal only: the program's second source."""
