"""Makes a release of what was pushed: every function's artifact, declared configuration and evidence. Pure."""

import hashlib
from collections.abc import Iterable, Mapping

import msgspec
from msgspec.structs import replace

from lockage.config.schema import Function, Project
from lockage.errors import UsageError
from lockage.model.artifact import Artifact, ImageArtifact, LayerArtifact, ZipArtifact
from lockage.model.ids import CommitSha, Digest
from lockage.model.release import (
    Architecture,
    Configuration,
    Evidence,
    EvidenceKind,
    Release,
    ReleasedFunction,
    ReleasedLayer,
    Weight,
    released_function,
)
from lockage.model.tool import UsedTool

_ARCHITECTURES: Mapping[str, Architecture] = {"linux/amd64": "x86_64", "linux/arm64": "arm64"}

REHEARSED = "released in a rehearsal"


class Source(msgspec.Struct, frozen=True, kw_only=True):
    """Where a release comes from."""

    commit: CommitSha
    dirty: bool


class Proven(msgspec.Struct, frozen=True, kw_only=True):
    """One artifact that was pushed, with its evidence."""

    artifact: Artifact
    documents: Mapping[EvidenceKind, bytes]
    second_sources: tuple[str, ...]

    @property
    def weight(self) -> Weight:
        """What the next release is compared with."""
        return Weight(
            name=self.artifact.name,
            size=self.artifact.size,
            unpacked=self.artifact.unpacked,
            packages=package_count(self.documents.get("sbom.cdx", b"{}")),
        )

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


class _Component(msgspec.Struct, frozen=True):
    purl: str = ""


class _Bom(msgspec.Struct, frozen=True):
    components: tuple[_Component, ...] = ()


def package_count(cyclonedx: bytes) -> int:
    """Packages that an SBOM names, each once."""
    found = msgspec.json.decode(cyclonedx, type=_Bom).components
    return len({one.purl for one in found if one.purl})


def sha256(content: bytes) -> Digest:
    """A document's name."""
    return Digest(f"sha256:{hashlib.sha256(content).hexdigest()}")


def ingredients(project: Project) -> tuple[str, ...]:
    """The artifacts that a release is made of: what functions run from, and the layers of their zips."""
    run = [project.runs(function) for function in project.functions]
    layers = [layer for name in run if name in project.zips for layer in project.zips[name].layers]
    return tuple(dict.fromkeys([*run, *layers]))


def make(
    project: Project,
    source: Source,
    goods: Mapping[str, Proven],
    probes: Mapping[str, str],
    *,
    rehearsal: bool,
    client: UsedTool | None = None,
) -> Release:
    """A release without a parent.

    Args:
        project: what is declared.
        source: of everything.
        goods: artifact → what was pushed of it.
        probes: function → JSON event.
        rehearsal: whether the registry is a rehearsal's.
        client: the registry's, that moves images; None where none is known.
    """
    used = {name: goods[name] for name in ingredients(project)}
    reasons = [reason for one in used.values() for reason in one.second_sources]
    return Release(
        schema=1,
        project=project.project,
        commit=source.commit,
        dirty=source.dirty,
        functions=tuple(
            _function(project, name, function, used, probes[name])
            for name, function in sorted(project.functions.items())
        ),
        layers=tuple(_layer(name, one.artifact) for name, one in sorted(used.items()) if name in project.layers),
        evidence=tuple(sorted(_evidence(used.values()), key=lambda one: (one.artifact, one.kind))),
        weights=tuple(one.weight for _, one in sorted(used.items())),
        tools=(client,) if client and any(isinstance(one.artifact, ImageArtifact) for one in used.values()) else (),
        parent=None,
        second_sources=tuple(dict.fromkeys([*reasons, *([REHEARSED] if rehearsal else [])])),
    )


def with_parent(release: Release, newest: Release | None) -> Release:
    """Place a release after the newest one; made again of the same, it is the same release.

    The client that moves its images here may be another build of it, which changes nothing of what is released.
    """
    if newest is None:
        return release
    again = replace(release, parent=newest.parent, tools=newest.tools)
    return newest if again.id == newest.id else replace(release, parent=newest.id)


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


def _layer(name: str, artifact: Artifact) -> ReleasedLayer:
    if not isinstance(artifact, LayerArtifact):
        raise TypeError(f"{name} is not the layer it is declared to be")
    return ReleasedLayer(
        name=name,
        artifact=artifact.digest,
        runtime=artifact.runtime,
        architecture=_ARCHITECTURES[artifact.platform],
    )


def _function(
    project: Project, name: str, function: Function, goods: Mapping[str, Proven], probe: str
) -> ReleasedFunction:
    artifact = goods[project.runs(name)].artifact
    return released_function(
        name,
        repository=_repository(project, name, artifact),
        artifact=artifact.digest,
        configuration=_configuration(function, artifact, goods),
        probe=probe,
    )


def _configuration(function: Function, artifact: Artifact, goods: Mapping[str, Proven]) -> Configuration:
    common = Configuration(
        command=(),
        memory_mb=function.memory_mb,
        timeout_s=function.timeout_s,
        environment=dict(function.environment),
        architecture=_ARCHITECTURES[artifact.platform],
    )
    if isinstance(artifact, ZipArtifact):
        layers = tuple(goods[layer].artifact.digest for layer in artifact.layers)
        return replace(common, handler=function.handler, runtime=artifact.runtime, layers=layers)
    return replace(common, command=(function.handler,))


def _repository(project: Project, name: str, artifact: Artifact) -> str:
    """Where its image is; empty for a zip."""
    if not isinstance(artifact, ImageArtifact):
        return ""
    repository = project.images[artifact.name].repository
    if repository is None:
        raise UsageError(
            f"{name} cannot be released: its image has no repository",
            why=f"lockage.yaml: images.{artifact.name} names no repository, so it was never pushed",
            remedy=f"name an ECR repository under images.{artifact.name}, and declare it in Terraform's registry",
        )
    return repository


def _evidence(goods: Iterable[Proven]) -> Iterable[Evidence]:
    """Two names for one artifact have the same evidence: it is named once."""
    return dict.fromkeys(one for ware in goods for one in ware.evidence)
