"""What an SBOM says of an image, in figures, and where it may serve."""

from typing import Any

import msgspec

from lockage.model.ids import Digest

REHEARSAL_ONLY = "lockage:syft:rehearsal-only"
"""The property of a CycloneDX document that names its second source."""


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
    second_source: str = ""
    """Why they may serve a rehearsal only: the second source of the program that made them."""


class _Property(msgspec.Struct, frozen=True):
    name: str
    value: str = ""


class _Metadata(msgspec.Struct, frozen=True):
    component: dict[str, Any]
    properties: tuple[_Property, ...] = ()


class _CycloneDx(msgspec.Struct, frozen=True):
    metadata: _Metadata


def second_sources(cyclonedx: bytes) -> tuple[str, ...]:
    """Why a CycloneDX document may serve a rehearsal only; empty when nothing about it is a second source.

    Raises:
        msgspec.DecodeError: it is no such document.
    """
    document = msgspec.json.decode(cyclonedx, type=_CycloneDx)
    return tuple(one.value for one in document.metadata.properties if one.name == REHEARSAL_ONLY)
