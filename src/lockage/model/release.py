"""A release: an immutable manifest, named by its own hash; all that deploy, promote and rollback accept."""

import hashlib
from typing import Literal

import msgspec

from lockage.model.canonical import canonical, content_digest
from lockage.model.ids import CommitSha, Digest, ReleaseId

EvidenceKind = Literal["sbom.cdx", "sbom.spdx", "findings", "verdict"]
Architecture = Literal["x86_64", "arm64"]

_DIRTY_DIGITS = 12


class Configuration(msgspec.Struct, frozen=True, kw_only=True):
    """What a version snapshots beside its code: the pipeline's half of a function."""

    command: tuple[str, ...]
    """``image_config.command``: the handler."""
    memory_mb: int
    timeout_s: int
    environment: dict[str, str]
    """As declared, with references such as ``${table.NAME}``; or resolved, where a field says so."""
    architecture: Architecture


class ReleasedFunction(msgspec.Struct, frozen=True, kw_only=True):
    """One function of a release: its artifact and its declared configuration."""

    name: str
    """As in ``lockage.yaml``."""
    package: Literal["image"]
    repository: str
    """ECR repository that holds the artifact."""
    artifact: Digest
    configuration: Configuration
    configuration_hash: Digest
    """Of the declared configuration, references unresolved: equal in every environment."""
    probe: str
    """JSON event that every version must answer without an error and without an effect."""


class Evidence(msgspec.Struct, frozen=True, kw_only=True):
    """A document about an artifact, kept by its content."""

    artifact: Digest
    kind: EvidenceKind
    sha256: Digest


class Release(msgspec.Struct, frozen=True, kw_only=True):
    """All functions of a project at one commit, with what proves them."""

    schema: Literal[1] = 1
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


def released_function(
    name: str, *, repository: str, artifact: Digest, configuration: Configuration, probe: str
) -> ReleasedFunction:
    """A function of a release, its configuration hashed."""
    return ReleasedFunction(
        name=name,
        package="image",
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
