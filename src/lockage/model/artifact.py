"""What Lambda runs, by its content, and what went into it."""

from typing import Literal

import msgspec

from lockage.model.ids import Digest, Fingerprint
from lockage.model.tool import UsedTool


class Input(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that went into an artifact, by content."""

    kind: Literal["base", "stage", "source", "requirements", "dockerfile", "builder", "option", "tool"]
    name: str
    digest: str
    """``sha256:…``, or the exact version where the thing is a program's behaviour (the builder)."""
    second_source: str = ""
    """Empty when this is the pinned original; else why it is not, such as ``stand-in for public.ecr.aws/…``."""
    tool: UsedTool | None = None
    """Of a tool, where it came from. Says nothing that counts beside name and digest: no fingerprint depends on it."""


class Layer(msgspec.Struct, frozen=True, kw_only=True):
    """One image layer."""

    digest: Digest
    """Of the compressed bytes, as the registry stores them."""
    diff_id: Digest
    """Of the uncompressed tar."""
    size: int
    """Compressed bytes."""


class Package(msgspec.Struct, frozen=True, kw_only=True):
    """A locked package, as it was made ready for what it went into."""

    name: str
    """Normalised."""
    version: str
    hashes: tuple[str, ...]
    """SHA-256 of every file that the lock lets it come from, 64 hex digits each, sorted."""
    record: str
    """SHA-256 of its ``RECORD`` as it was packed, 64 hex digits: that names the hash of every one of its files."""


class ImageArtifact(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", tag="image"):
    """A single-platform container image in ``dist/<name>/layout`` (an OCI image layout)."""

    name: str
    digest: Digest
    """Of the manifest."""
    fingerprint: Fingerprint
    platform: str
    """``linux/amd64`` or ``linux/arm64``."""
    size: int
    """Compressed bytes of all layers."""
    unpacked: int
    """Bytes of all layers uncompressed: what Lambda's 10 GB limit and our budget count."""
    layers: tuple[Layer, ...]
    inputs: tuple[Input, ...]
    base: str = ""
    """The image in its last ``FROM``: one from outside by digest, one of the project by name; or ``scratch``."""
    base_layers: int = 0
    """How many of the layers, from the lowest, are those of its base."""
    packages: tuple[Package, ...] = ()
    """What its own lock brought in, in the lock's order."""
    schema: Literal[2] = 2

    @property
    def second_sources(self) -> tuple[str, ...]:
        """Why this artifact may serve a rehearsal only; empty when nothing came from a second source."""
        return second_sources(self.inputs)


class _Archive(msgspec.Struct, frozen=True, kw_only=True):
    name: str
    digest: Digest
    """SHA-256 of the archive: Lambda's ``CodeSha256``, there in base64."""
    fingerprint: Fingerprint
    platform: str
    """``linux/amd64`` or ``linux/arm64``."""
    runtime: str
    """Such as ``python3.13``."""
    size: int
    """Bytes of the archive."""
    unpacked: int
    """Bytes of all files in it: what Lambda's limit of 250 MiB counts."""
    inputs: tuple[Input, ...]
    packages: tuple[Package, ...] = ()
    """What its lock brought in, in the lock's order."""
    schema: Literal[2] = 2

    @property
    def second_sources(self) -> tuple[str, ...]:
        """Why this artifact may serve a rehearsal only; empty when nothing came from a second source."""
        return second_sources(self.inputs)


class ZipArtifact(_Archive, frozen=True, kw_only=True, tag_field="kind", tag="zip"):
    """A function's archive, ``dist/<name>/archive.zip``."""

    layers: tuple[str, ...] = ()
    """Names of the layers it runs with, in order."""


class LayerArtifact(_Archive, frozen=True, kw_only=True, tag_field="kind", tag="layer"):
    """A layer's archive, ``dist/<name>/archive.zip``."""


Artifact = ImageArtifact | ZipArtifact | LayerArtifact
"""Every kind of artifact."""


def second_sources(inputs: tuple[Input, ...]) -> tuple[str, ...]:
    """Why what was made of these may serve a rehearsal only."""
    return tuple(i.second_source for i in inputs if i.second_source)
