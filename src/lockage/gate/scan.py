"""From an image in ``dist/`` to its verdict: verify the layout, let the scanner report, decide, write down."""

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
from lockage.gate.evidence import Evidence, Scanner
from lockage.gate.findings import Scan, Unreadable, parse
from lockage.gate.policy import Policy
from lockage.gate.refusal import Ruling
from lockage.model.dist import DistDir
from lockage.model.ids import Digest
from lockage.model.verdict import Verdict
from lockage.oci import layout as oci
from lockage.tools.locked import Tool


class Scans(Protocol):
    """What reports on images."""

    tool: Tool

    def scan(self, layout: Path, name: str, cache: Path, output: Path) -> None:
        """Write a layout's complete report; raises ToolError when it could not."""


class Gate:
    """Decides on the images of one ``dist/``.

    Args:
        dist: where the images are, and where findings and verdicts go.
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
        """The decision on the findings that stand beside an image, taken anew, for exceptions and databases age.

        None unless the image, the scanner, its database, the policy and the findings themselves are the very ones of
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
        """Scan an image and decide on it; its findings and verdict replace those of before.

        Raises:
            UsageError: it was not built.
        """
        return self._judge(name, lambda: self._scan(name))

    def judge(self, name: str, findings: Path) -> Ruling:
        """Decide on an image from findings that another step wrote.

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
        artifact = self._dist.read_artifact(name)
        subject = self._subject(name, artifact.digest)
        scan = report() if isinstance(subject, oci.Layout) else subject
        tool = self._scanner.tool
        evidence = Evidence(
            image=name,
            digest=artifact.digest,
            image_id=subject.manifest.config.digest if isinstance(subject, oci.Layout) else artifact.digest,
            diff_ids=subject.config.rootfs.diff_ids if isinstance(subject, oci.Layout) else (),
            scan=scan,
            database=self._database.facts,
            scanner=Scanner(version=tool.version, sha256=tool.sha256, second_source=tool.second_source),
        )
        now = self._clock()
        remedies = tuple(doubt.remedy for doubt in doubts(evidence, self._policy, now))
        return Ruling(image=name, verdict=decide(evidence, self._policy, now), remedies=remedies)

    def _subject(self, name: str, digest: Digest) -> oci.Layout | Unreadable:
        """The layout, every byte of it hashed: the scanner takes blobs by their names."""
        try:
            layout = oci.read(self._dist.layout(name))
            oci.verify(layout)
        except LockageError as error:
            return Unreadable(reason=f"the image cannot be trusted: {error.what}: {error.why}")
        if layout.digest != digest:
            return Unreadable(reason=f"{layout.path} holds {layout.digest}, but built was {digest}")
        return layout

    def _scan(self, name: str) -> Scan | Unreadable:
        target = self._dist.findings(name)
        target.unlink(missing_ok=True)
        if isinstance(self._database.facts, Unreadable):
            return Unreadable(reason="nothing was scanned, for want of a database")
        with tempfile.TemporaryDirectory(prefix=".findings-", dir=target.parent) as part:
            report = Path(part) / target.name
            try:
                self._scanner.scan(self._dist.layout(name), name, self._database.cache, report)
            except ToolError as error:
                return Unreadable(reason=f"the scanner could not scan: {brief(error)}")
            if not report.is_file():
                return Unreadable(reason="the scanner ended as if all was well, and wrote nothing")
            report.replace(target)
        return _given(target)


def _basis(verdict: Verdict) -> tuple[object, ...]:
    """What a verdict rests on."""
    return verdict.artifact, verdict.scanner, verdict.database, verdict.policy, verdict.findings


def _given(findings: Path) -> Scan | Unreadable:
    try:
        return parse(findings.read_bytes())
    except OSError as error:
        return Unreadable(reason=f"the findings cannot be read: {findings}: {error.strerror}")
