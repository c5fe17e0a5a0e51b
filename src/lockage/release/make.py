"""Makes a release of what was pushed: every function's artifact, declared configuration and evidence. Pure."""

import hashlib
from collections.abc import Iterable, Mapping

import msgspec
from msgspec.structs import replace

from lockage.config.schema import Function, Project
from lockage.errors import UsageError
from lockage.model.artifact import ImageArtifact
from lockage.model.ids import CommitSha, Digest
from lockage.model.release import (
    Architecture,
    Configuration,
    Evidence,
    EvidenceKind,
    Release,
    ReleasedFunction,
    released_function,
)

_ARCHITECTURES: Mapping[str, Architecture] = {"linux/amd64": "x86_64", "linux/arm64": "arm64"}

REHEARSED = "released in a rehearsal"


class Source(msgspec.Struct, frozen=True, kw_only=True):
    """Where a release comes from."""

    commit: CommitSha
    dirty: bool


class Proven(msgspec.Struct, frozen=True, kw_only=True):
    """One image that was pushed, with its evidence."""

    artifact: ImageArtifact
    documents: Mapping[EvidenceKind, bytes]
    second_sources: tuple[str, ...]

    @property
    def hashes(self) -> dict[EvidenceKind, Digest]:
        """Each document's name."""
        return {kind: sha256(content) for kind, content in sorted(self.documents.items())}

    @property
    def evidence(self) -> tuple[Evidence, ...]:
        """What a release says of them."""
        return tuple(
            Evidence(artifact=self.artifact.digest, kind=kind, sha256=found) for kind, found in self.hashes.items()
        )


def sha256(content: bytes) -> Digest:
    """A document's name."""
    return Digest(f"sha256:{hashlib.sha256(content).hexdigest()}")


def make(
    project: Project, source: Source, images: Mapping[str, Proven], probes: Mapping[str, str], *, rehearsal: bool
) -> Release:
    """A release without a parent.

    Args:
        project: what is declared.
        source: of everything.
        images: image → what was pushed of it.
        probes: function → JSON event.
        rehearsal: whether the registry is a rehearsal's.
    """
    used = {function.image: images[function.image] for function in project.functions.values()}
    reasons = [reason for image in used.values() for reason in image.second_sources]
    return Release(
        project=project.project,
        commit=source.commit,
        dirty=source.dirty,
        functions=tuple(
            _function(project, name, function, used[function.image].artifact, probes[name])
            for name, function in sorted(project.functions.items())
        ),
        evidence=tuple(sorted(_evidence(used.values()), key=lambda one: (one.artifact, one.kind))),
        parent=None,
        second_sources=tuple(dict.fromkeys([*reasons, *([REHEARSED] if rehearsal else [])])),
    )


def with_parent(release: Release, newest: Release | None) -> Release:
    """Place a release after the newest one; made again of the same, it is the same release."""
    if newest is None:
        return release
    again = replace(release, parent=newest.parent)
    return again if again.id == newest.id else replace(release, parent=newest.id)


def probe_event(function: str, path: str, content: bytes) -> str:
    """A probe as a release holds it.

    Raises:
        UsageError: the file is not JSON.
    """
    try:
        return msgspec.json.encode(msgspec.json.decode(content)).decode()
    except msgspec.DecodeError as error:
        raise UsageError(
            f"the probe of {function} is not JSON",
            why=f"{path}: {error}",
            remedy="make it the JSON event that every version must answer without an error and without an effect",
        ) from error


def _function(project: Project, name: str, function: Function, artifact: ImageArtifact, probe: str) -> ReleasedFunction:
    image = project.images[function.image]
    if image.repository is None:
        raise UsageError(
            f"{name} cannot be released: its image has no repository",
            why=f"lockage.yaml: images.{function.image} names no repository, so it was never pushed",
            remedy=f"name an ECR repository under images.{function.image}, and declare it in Terraform's registry",
        )
    return released_function(
        name,
        repository=image.repository,
        artifact=artifact.digest,
        configuration=Configuration(
            command=(function.handler,),
            memory_mb=function.memory_mb,
            timeout_s=function.timeout_s,
            environment=dict(function.environment),
            architecture=_ARCHITECTURES[artifact.platform],
        ),
        probe=probe,
    )


def _evidence(images: Iterable[Proven]) -> Iterable[Evidence]:
    """Two names for one image have the same evidence: it is named once."""
    return dict.fromkeys(one for image in images for one in image.evidence)
