"""From an artifact in ``dist/`` to its verdict: hold its bytes, let the scanner report, decide, write down."""

import tempfile
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Protocol

from msgspec.structs import replace

from lockage.errors import LockageError, ToolError, UsageError
from lockage.gate.again import is_current
from lockage.gate.database import Prepared, brief
from lockage.gate.decide import decide
from lockage.gate.doubts import doubts
from lockage.gate.evidence import Evidence, ImageSubject, Scanner, Subject, tree_name
from lockage.gate.findings import Scan, Unreadable, parse
from lockage.gate.policy import Policy
from lockage.gate.refusal import Ruling
from lockage.gate.subject import of_archive, of_image
from lockage.model.artifact import Artifact, ImageArtifact
from lockage.model.dist import DistDir
from lockage.model.verdict import Verdict
from lockage.oci import layout as oci
from lockage.tools.locked import Tool
from lockage.tools.unpack import UnpackError, unpack


class Scans(Protocol):
    """What reports on artifacts."""

    tool: Tool

    def scan(self, layout: Path, name: str, cache: Path, output: Path) -> None:
        """Write a layout's complete report; raises ToolError when it could not."""

    def scan_tree(self, tree: Path, cache: Path, output: Path) -> None:
        """Write a folder's complete report, which calls it by its name; raises ToolError when it could not."""


class Gate:
    """Decides on the artifacts of one ``dist/``.

    Args:
        dist: where they are, and where findings and verdicts go.
        scanner: reports on them.
        database: what it reports with.
        policy: what decides.
        clock: the time now, with a time zone.
    """

    def __init__(
        self, dist: DistDir, scanner: Scans, database: Prepared, policy: Policy, clock: Callable[[], datetime]
    ) -> None:
        self._dist = dist
        self._scanner = scanner
        self._database = database
        self._policy = policy
        self._clock = clock

    def standing(self, name: str) -> Ruling | None:
        """The decision on the findings that stand beside an artifact, taken anew, for exceptions and databases age.

        None unless the artifact, the scanner, its database, the policy and the findings themselves are the very ones of
        the verdict. That stays as it is while the decision is the same and half of its time has not gone by.
        """
        try:
            before = self._dist.read_verdict(name)
        except UsageError:
            return None
        if before.outcome == "inconclusive":
            return None
        ruling = self._decide(name, lambda: _given(self._dist.findings(name)))
        if _basis(ruling.verdict) != _basis(before):
            return None
        if is_current(before, ruling.verdict, self._policy, self._clock()):
            return replace(ruling, verdict=before)
        self._dist.write_verdict(name, ruling.verdict)
        return ruling

    def examine(self, name: str) -> Ruling:
        """Scan an artifact and decide on it; its findings and verdict replace those of before.

        Raises:
            UsageError: it was not built.
        """
        return self._judge(name, lambda: self._scan(self._dist.read_artifact(name)))

    def judge(self, name: str, findings: Path) -> Ruling:
        """Decide on an artifact from findings that another step wrote.

        Raises:
            UsageError: it was not built.
        """
        return self._judge(name, lambda: _given(findings))

    def _judge(self, name: str, report: Callable[[], Scan | Unreadable]) -> Ruling:
        (self._dist.folder(name) / "verdict.json").unlink(missing_ok=True)
        ruling = self._decide(name, report)
        self._dist.write_verdict(name, ruling.verdict)
        return ruling

    def _decide(self, name: str, report: Callable[[], Scan | Unreadable]) -> Ruling:
        subject, problem = self._subject(self._dist.read_artifact(name))
        tool = self._scanner.tool
        evidence = Evidence(
            subject=subject,
            scan=problem or report(),
            database=self._database.facts,
            scanner=Scanner(tool=tool.used, second_source=tool.second_source),
        )
        now = self._clock()
        remedies = tuple(doubt.remedy for doubt in doubts(evidence, self._policy, now))
        return Ruling(name=name, verdict=decide(evidence, self._policy, now), remedies=remedies)

    def _subject(self, artifact: Artifact) -> tuple[Subject, Unreadable | None]:
        """The artifact, every byte of it hashed, and why it cannot be trusted."""
        if isinstance(artifact, ImageArtifact):
            return self._image(artifact)
        archive = self._dist.archive(artifact.name)
        subject = of_archive(artifact, self._dist.cyclonedx(artifact.name))
        found = oci.hash_file(archive) if archive.is_file() else "nothing"
        return subject, None if found == artifact.digest else _another(archive, found, artifact)

    def _image(self, artifact: ImageArtifact) -> tuple[Subject, Unreadable | None]:
        """The scanner takes blobs by their names, so all are hashed."""
        unknown = ImageSubject(name=artifact.name, digest=artifact.digest, image_id=artifact.digest, diff_ids=())
        try:
            layout = oci.read(self._dist.layout(artifact.name))
            oci.verify(layout)
        except LockageError as error:
            return unknown, Unreadable(reason=f"the image cannot be trusted: {error.what}: {error.why}")
        if layout.digest != artifact.digest:
            return unknown, _another(layout.path, layout.digest, artifact)
        return of_image(artifact.name, layout), None

    def _scan(self, artifact: Artifact) -> Scan | Unreadable:
        target = self._dist.findings(artifact.name)
        target.unlink(missing_ok=True)
        if isinstance(self._database.facts, Unreadable):
            return Unreadable(reason="nothing was scanned, for want of a database")
        with tempfile.TemporaryDirectory(prefix=".findings-", dir=target.parent) as part:
            report = Path(part) / target.name
            try:
                self._report(artifact, report)
            except ToolError as error:
                return Unreadable(reason=f"the scanner could not scan: {brief(error)}")
            except UnpackError as error:
                return Unreadable(reason=f"{error.what}: {error.why}")
            if not report.is_file():
                return Unreadable(reason="the scanner ended as if all was well, and wrote nothing")
            report.replace(target)
        return _given(target)

    def _report(self, artifact: Artifact, output: Path) -> None:
        name, cache = artifact.name, self._database.cache
        if isinstance(artifact, ImageArtifact):
            self._scanner.scan(self._dist.layout(name), name, cache, output)
            return
        with tempfile.TemporaryDirectory(prefix="lockage-scan-") as work:
            tree = Path(work) / tree_name(artifact.digest)
            unpack(artifact, self._dist.archive(name), tree)
            self._scanner.scan_tree(tree, cache, output)


def _another(place: Path, found: str, artifact: Artifact) -> Unreadable:
    return Unreadable(reason=f"{place} holds {found}, but built was {artifact.digest}")


def _basis(verdict: Verdict) -> tuple[object, ...]:
    """What a verdict rests on."""
    return verdict.artifact, verdict.scanner, verdict.database, verdict.policy, verdict.findings


def _given(findings: Path) -> Scan | Unreadable:
    try:
        return parse(findings.read_bytes())
    except OSError as error:
        return Unreadable(reason=f"the findings cannot be read: {findings}: {error.strerror}")
