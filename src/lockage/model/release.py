"""A release: an immutable manifest, named by its own hash; all that deploy, promote and rollback accept."""

import hashlib
from typing import Literal

import msgspec

from lockage.model.canonical import canonical, content_digest
from lockage.model.ids import CommitSha, Digest, ReleaseId
from lockage.model.tool import UsedTool

EvidenceKind = Literal["artifact", "sbom.cdx", "sbom.spdx", "sbom.packages", "findings", "verdict", "check"]
"""The first is ``artifact.json``: what it was built of, which whoever builds it again compares with."""
Architecture = Literal["x86_64", "arm64"]
Package = Literal["image", "zip"]
"""Lambda's package type, which a function keeps for life."""

_DIRTY_DIGITS = 12


# What is empty is left out of these values' JSON: releases from before there were zips keep their ids.


class Configuration(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a version snapshots beside its code: the pipeline's half of a function."""

    command: tuple[str, ...]
    """``image_config.command``: an image's handler; empty for a zip."""
    memory_mb: int
    timeout_s: int
    environment: dict[str, str]
    """As declared, with references such as ``${table.NAME}``; or resolved, where a field says so."""
    architecture: Architecture
    handler: str = ""
    """Of a zip; empty for an image."""
    runtime: str = ""
    """Of a zip, such as ``python3.13``; empty for an image."""
    layers: tuple[Digest, ...] = ()
    """A zip's layers by content, in the order in which Lambda merges them under ``/opt``."""


class ReleasedFunction(msgspec.Struct, frozen=True, kw_only=True):
    """One function of a release: its artifact and its declared configuration."""

    name: str
    """As in ``lockage.yaml``."""
    package: Package
    repository: str
    """ECR repository that holds an image; empty for a zip, which lies in the release store."""
    artifact: Digest
    configuration: Configuration
    configuration_hash: Digest
    """Of the declared configuration, references unresolved: equal in every environment."""
    probe: str
    """JSON event that every version must answer without an error and without an effect."""


class ReleasedLayer(msgspec.Struct, frozen=True, kw_only=True):
    """One layer of a release. It has one digest for all functions: they cannot drift apart on it."""

    name: str
    """As in ``lockage.yaml``."""
    artifact: Digest
    runtime: str
    """Such as ``python3.13``."""
    architecture: Architecture


class Evidence(msgspec.Struct, frozen=True, kw_only=True):
    """A document about an artifact, kept by its content."""

    artifact: Digest
    kind: EvidenceKind
    sha256: Digest


class Weight(msgspec.Struct, frozen=True, kw_only=True):
    """What one artifact of a release weighs: the next release is compared with it."""

    name: str
    """As in ``lockage.yaml``."""
    size: int
    """Bytes as pushed: compressed layers, or the archive."""
    unpacked: int
    """Bytes unpacked."""
    packages: int
    """That its SBOM names."""


class Release(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """All functions of a project at one commit, with what proves them."""

    schema: Literal[1]
    project: str
    commit: CommitSha
    dirty: bool
    """Whether the tree held changes that the commit does not."""
    functions: tuple[ReleasedFunction, ...]
    """Sorted by name."""
    evidence: tuple[Evidence, ...]
    """Sorted by artifact and kind."""
    parent: ReleaseId | None
    """The release that was the newest when this one was made."""
    second_sources: tuple[str, ...]
    """Why this release may serve a rehearsal only; empty when everything came from its original."""
    layers: tuple[ReleasedLayer, ...] = ()
    """Those of its zips, sorted by name."""
    weights: tuple[Weight, ...] = ()
    """Of all artifacts, sorted by name."""
    tools: tuple[UsedTool, ...] = ()
    """The registry client of who made it, which moved its images; none for a release without images."""

    @property
    def id(self) -> ReleaseId:
        """SHA-256 of the canonical JSON, which is what the store holds: ``sha256sum`` agrees."""
        return ReleaseId(hashlib.sha256(canonical(self)).hexdigest())

    @property
    def rehearsal_only(self) -> tuple[str, ...]:
        """Why no real environment takes this release; empty when one may."""
        dirty = ("built from a tree with uncommitted changes",) if self.dirty else ()
        return (*self.second_sources, *dirty)

    def function_name(self, function: str) -> str:
        """The Lambda function's name, the same in every account."""
        return f"{self.project}-{function}"

    def layer_name(self, layer: str) -> str:
        """The Lambda layer's name, the same in every account."""
        return f"{self.project}-{layer}"


def released_function(
    name: str, *, repository: str, artifact: Digest, configuration: Configuration, probe: str
) -> ReleasedFunction:
    """A function of a release, its configuration hashed; one without a repository is a zip."""
    return ReleasedFunction(
        name=name,
        package="image" if repository else "zip",
        repository=repository,
        artifact=artifact,
        configuration=configuration,
        configuration_hash=content_digest(configuration),
        probe=probe,
    )


def image_tag(commit: CommitSha, digest: Digest, *, dirty: bool) -> str:
    """The tag of an image: its commit, unless the tree held more than the commit does.

    A dirty tree's image has its own digest in the tag: the commit's tag stays free for what the commit really is.
    """
    return f"{commit}-dirty-{digest.removeprefix('sha256:')[:_DIRTY_DIGITS]}" if dirty else commit


def archive_key(digest: Digest) -> str:
    """Where the release store's bucket holds a zip or layer: its content is its name."""
    return f"archives/{digest.removeprefix('sha256:')}.zip"
