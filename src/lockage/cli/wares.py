"""What ``push`` and ``release`` are about: artifacts in ``dist/`` with their evidence, held to be what they claim."""

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from lockage.cli import tried
from lockage.cli.handed import hold_expected
from lockage.config.schema import Local, Project
from lockage.errors import UsageError
from lockage.gate import again
from lockage.gate.evidence import Scanner, Subject
from lockage.gate.policy import Policy
from lockage.gate.policy import read as read_policy
from lockage.gate.subject import of_archive, of_image
from lockage.inspect import documents
from lockage.inspect.documents import Maker, SbomDoubtful, read
from lockage.model.artifact import Artifact, ImageArtifact, LayerArtifact, ZipArtifact
from lockage.model.dist import DistDir
from lockage.model.ids import Digest
from lockage.model.release import EvidenceKind
from lockage.model.verdict import Verdict
from lockage.oci import layout as oci
from lockage.oci.layout import Layout, hash_file
from lockage.plan.gather import Gatherer
from lockage.plan.origin import Pinned, differences
from lockage.publish import acceptance, unpacking
from lockage.publish.unpacking import Contents
from lockage.release.make import Proven, Source
from lockage.tools.docker import Docker
from lockage.tools.git import Git
from lockage.tools.lock import load as load_lock
from lockage.tools.several import several

SYFT_CONFIG = Path("sbom/syft.yaml")


class ImageWare(msgspec.Struct, frozen=True, kw_only=True):
    """One image that may be pushed."""

    artifact: ImageArtifact
    proven: Proven
    layout: Layout
    repository: str


class ArchiveWare(msgspec.Struct, frozen=True, kw_only=True):
    """One zip or layer that may be pushed."""

    contents: Contents
    proven: Proven
    archive: Path

    @property
    def artifact(self) -> ZipArtifact | LayerArtifact:
        """What was built."""
        return self.contents.artifact


Ware = ImageWare | ArchiveWare


def published(project: Project) -> tuple[str, ...]:
    """The images that have a repository, and all zips and layers."""
    images = (name for name, image in project.images.items() if image.repository is not None)
    return (*images, *project.zips, *project.layers)


def source(root: Path) -> Source:
    """The commit that is checked out, and whether the tree holds more than it."""
    git = Git(root)
    return Source(commit=git.head(), dirty=git.is_dirty())


def inspect(
    names: Sequence[str],
    project: Project,
    root: Path,
    *,
    evidence: Path | None = None,
    expect: dict[str, Digest] | None = None,
) -> list[Ware]:
    """Artifacts of ``dist/``, every byte of them hashed again, with all that is known of them.

    Args:
        names: of the artifacts.
        project: what ``lockage.yaml`` says.
        root: its folder.
        evidence: where findings and verdicts lie instead of in ``dist/``.
        expect: artifacts by the SHA-256 of their description; nothing else is taken.

    Raises:
        UsageError: one was not built, or not from this tree, or Lambda would not take it.
        GateFailed: the gate stopped one.
        FunctionsFailed: a function does not answer where it will live.
        Inconclusive: what is in one, what the gate thinks of it, or how its functions answer, is not known.
    """
    dist = DistDir(root / "dist")
    for name in names:
        dist.read_artifact(name)  # what was never built is said first
    hold_built_from(names, project, root, expect)
    handed = Handed(dist=dist, evidence=DistDir(evidence) if evidence else dist, root=root, project=project)
    policy = read_policy(project, root)
    wares = several(lambda name: _inspect(name, handed, policy), names)  # hashing leaves Python to other threads
    _hold_together([ware.contents for ware in wares if isinstance(ware, ArchiveWare)], project, dist)
    return wares


class Handed(msgspec.Struct, frozen=True, kw_only=True):
    """Where what was handed over lies."""

    dist: DistDir
    evidence: DistDir
    """Findings and verdicts."""
    root: Path
    """What is checked out."""
    project: Project


def _inspect(name: str, handed: Handed, policy: Policy) -> Ware:
    artifact = handed.dist.read_artifact(name)
    if not isinstance(artifact, ImageArtifact):
        archive = handed.dist.archive(name)
        contents = unpacking.read(artifact, archive)
        subject = of_archive(artifact, handed.dist.cyclonedx(name))
        return ArchiveWare(contents=contents, proven=_prove(artifact, subject, handed, policy), archive=archive)
    layout = oci.read(handed.dist.layout(name))
    oci.verify(layout)
    acceptance.hold_identity(artifact, layout)
    acceptance.hold_lambda_takes(artifact, layout)
    return ImageWare(
        artifact=artifact,
        proven=_prove(artifact, of_image(name, layout), handed, policy),
        layout=layout,
        repository=handed.project.images[name].repository or "",
    )


def _prove(artifact: Artifact, subject: Subject, handed: Handed, policy: Policy) -> Proven:
    """Hold an artifact to its verdict, its SBOMs and what came of running its functions."""
    name, dist = artifact.name, handed.dist
    verdict = handed.evidence.read_verdict(name)
    acceptance.hold_verdict(artifact, verdict)
    findings = handed.evidence.findings(name).read_bytes()
    again.hold(verdict, again.evidence(subject, findings, verdict, _scanner(verdict)), policy, datetime.now(UTC))
    mark = hold_described(artifact, dist, handed.root / SYFT_CONFIG)
    run = tried.hold(artifact, handed.project, handed.root, dist)
    documents: dict[EvidenceKind, bytes] = {
        "artifact": dist.artifact(name).read_bytes(),
        "sbom.cdx": dist.cyclonedx(name).read_bytes(),
        "sbom.spdx": dist.spdx(name).read_bytes(),
        "sbom.packages": dist.profile(name).read_bytes(),
        "findings": findings,
        "verdict": handed.evidence.verdict(name).read_bytes(),
    }
    if run is not None:
        documents["check"] = dist.check(name).read_bytes()
    marks = (*((mark,) if mark else ()), *(run or ()))
    return Proven(
        artifact=artifact,
        documents=documents,
        second_sources=acceptance.second_sources(artifact, verdict, marks),
    )


def _hold_together(archives: Sequence[Contents], project: Project, dist: DistDir) -> None:
    """Hold every zip to its layers, those included that are not meant to be pushed now."""
    held = {contents.artifact.name: contents for contents in archives}
    for name, contents in held.items():
        if isinstance(contents.artifact, ZipArtifact):
            layers = [held.get(layer) or _layer(layer, dist) for layer in contents.artifact.layers]
            unpacking.hold_together(contents, layers, project.zips[name].layers)


def _layer(name: str, dist: DistDir) -> Contents:
    artifact = dist.read_artifact(name)
    if not isinstance(artifact, LayerArtifact):
        raise UsageError(
            f"dist/{name} is not the layer that a zip was built for",
            why=f"artifact.json describes an artifact of kind {artifact.__struct_config__.tag}",
            remedy=f"make it again, with its evidence: {acceptance.ALL_AGAIN}",
        )
    return unpacking.read(artifact, dist.archive(name))


def hold_built_from(
    names: Sequence[str], project: Project, root: Path, expect: dict[str, Digest] | None = None
) -> None:
    """Hold that artifacts were built of what is checked out, all they are built upon included: their tag will say so.

    Raises:
        UsageError: naming every input that is another, or every artifact that is not the expected one.
    """
    gatherer = Gatherer(root, project, Local(), docker=Docker(), tools=Pinned())
    recipes = gatherer.recipes(names)
    dist = DistDir(root / "dist")
    hold_expected(dist, [recipe.name for recipe in recipes], expect)
    changed = differences(recipes, {recipe.name: dist.read_artifact(recipe.name) for recipe in recipes})
    if changed:
        raise UsageError(
            f"what is in dist/ was not built from this tree: {', '.join(names)}",
            why="\n".join(changed),
            remedy=f"make it again, with its evidence: {acceptance.ALL_AGAIN}",
        )


def hold_described(artifact: Artifact, dist: DistDir, config: Path) -> str:
    """Hold that all SBOMs are of an artifact, by the locked Syft; why they serve a rehearsal only, empty when not so.

    Raises:
        UsageError: one is missing.
        SbomDoubtful: one is of another artifact, empty, or by another program or configuration.
    """
    name = artifact.name
    written = (dist.cyclonedx(name), dist.spdx(name), dist.profile(name))
    if missing := [one.name for one in written if not one.is_file()]:
        raise UsageError(
            f"{name} was not described",
            why=f"there is no {', '.join(missing)} in {dist.folder(name)}",
            remedy=f"describe it: ./noxw -s sbom -- {name}",
        )
    cdx, spdx = read(name, dist.cyclonedx(name)), read(name, dist.spdx(name))
    documents.check(artifact, cdx, spdx)
    documents.check_profile(artifact, cdx, read(name, dist.profile(name)))
    program, lock = documents.program(cdx), load_lock()
    sha256 = program.removeprefix("sha256:")
    mark = lock.second_source("syft", sha256)
    maker = Maker(tool=lock.used("syft", sha256), config=hash_file(config), second_source=mark)
    if not documents.made_by(maker, cdx, spdx):
        why = f"they do not say as their makers that this tree's {config.name} and Syft of {program or 'no hash'} are"
        raise SbomDoubtful(name, why)
    return mark


def _scanner(verdict: Verdict) -> Scanner:
    """The locked scanner, of the bytes that the verdict names: what they are good for, the lock knows."""
    lock, sha256 = load_lock(), verdict.scanner.sha256
    return Scanner(tool=lock.used("trivy", sha256), second_source=lock.second_source("trivy", sha256))
