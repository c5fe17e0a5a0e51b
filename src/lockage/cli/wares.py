"""What ``push`` and ``release`` are about: images in ``dist/`` with their evidence, held to be what they claim."""

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from lockage.cli.handed import hold_expected
from lockage.config.schema import Image, Local, Project
from lockage.errors import UsageError
from lockage.gate import again
from lockage.gate.evidence import Scanner
from lockage.gate.policy import Policy
from lockage.gate.policy import read as read_policy
from lockage.inspect import documents
from lockage.inspect.describe import read
from lockage.inspect.documents import Maker, SbomDoubtful
from lockage.model.artifact import ImageArtifact
from lockage.model.dist import DistDir
from lockage.model.ids import Digest
from lockage.model.verdict import Verdict
from lockage.oci import layout as oci
from lockage.oci.layout import Layout, hash_file
from lockage.plan.gather import Gatherer
from lockage.plan.origin import Pinned, differences
from lockage.publish import acceptance
from lockage.release.make import Proven, Source
from lockage.tools.docker import Docker
from lockage.tools.git import Git
from lockage.tools.lock import load as load_lock

SYFT_CONFIG = Path("sbom/syft.yaml")


class Ware(msgspec.Struct, frozen=True, kw_only=True):
    """One image that may be pushed."""

    proven: Proven
    layout: Layout
    repository: str

    @property
    def artifact(self) -> ImageArtifact:
        """The image."""
        return self.proven.artifact


def published(project: Project) -> tuple[str, ...]:
    """The images that have a repository."""
    return tuple(name for name, image in project.images.items() if image.repository is not None)


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
    """Images of ``dist/``, every byte of them hashed again, with their verdicts and their SBOMs.

    Args:
        names: of the images.
        project: what ``lockage.yaml`` says.
        root: its folder.
        evidence: where findings and verdicts lie instead of in ``dist/``.
        expect: artifacts by the SHA-256 of their description; nothing else is taken.

    Raises:
        UsageError: one was not built, or not from this tree, or Lambda would not take it.
        GateFailed: the gate stopped one.
        Inconclusive: what is in one, or what the gate thinks of it, is not known.
    """
    for name in names:
        DistDir(root / "dist").read_artifact(name)  # what was never built is said first
    hold_built_from(names, project, root, expect)
    policy = read_policy(project, root)
    return [_inspect(name, project.images[name], root, policy, DistDir(evidence or root / "dist")) for name in names]


def _inspect(name: str, image: Image, root: Path, policy: Policy, evidence: DistDir) -> Ware:
    dist = DistDir(root / "dist")
    artifact, layout = dist.read_artifact(name), oci.read(dist.layout(name))
    oci.verify(layout)
    acceptance.hold_identity(artifact, layout)
    acceptance.hold_lambda_takes(artifact, layout)
    verdict = evidence.read_verdict(name)
    acceptance.hold_verdict(artifact, verdict)
    findings = evidence.findings(name).read_bytes()
    again.hold(verdict, again.evidence(name, layout, findings, verdict, _scanner(verdict)), policy, datetime.now(UTC))
    mark = hold_described(artifact, dist, root / SYFT_CONFIG)
    proven = Proven(
        artifact=artifact,
        documents={
            "sbom.cdx": dist.cyclonedx(name).read_bytes(),
            "sbom.spdx": dist.spdx(name).read_bytes(),
            "findings": findings,
            "verdict": evidence.verdict(name).read_bytes(),
        },
        second_sources=acceptance.second_sources(artifact, verdict, (mark,) if mark else ()),
    )
    return Ware(proven=proven, layout=layout, repository=image.repository or "")


def hold_built_from(
    names: Sequence[str], project: Project, root: Path, expect: dict[str, Digest] | None = None
) -> None:
    """Hold that images were built of what is checked out, all they are built upon included: their tag will say so.

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
            remedy="build and scan again: ./noxw -s build sbom scan",
        )


def hold_described(artifact: ImageArtifact, dist: DistDir, config: Path) -> str:
    """Hold that both SBOMs are of this image, by the locked Syft; why they serve a rehearsal only, empty when not so.

    Raises:
        SbomDoubtful: one is missing, of another image, empty, or by another program or configuration.
    """
    name = artifact.name
    cdx, spdx = read(name, dist.cyclonedx(name)), read(name, dist.spdx(name))
    documents.check(name, artifact.digest, cdx, spdx)
    program = documents.program(cdx)
    mark = load_lock().second_source("syft", program.removeprefix("sha256:"))
    if not documents.made_by(Maker(program=Digest(program), config=hash_file(config), second_source=mark), cdx, spdx):
        why = f"they do not say as their makers that this tree's {config.name} and Syft of {program or 'no hash'} are"
        raise SbomDoubtful(name, why)
    return mark


def _scanner(verdict: Verdict) -> Scanner:
    """The locked scanner, of the bytes that the verdict names: what they are good for, the lock knows."""
    lock, sha256 = load_lock(), verdict.scanner.rpartition("sha256:")[2]
    return Scanner(version=lock.pin("trivy").version, sha256=sha256, second_source=lock.second_source("trivy", sha256))
