"""Before every scan the gate is shown evidence whose verdict is known; if it decides otherwise, it is inert.

A policy that blocks nothing, a matcher that covers everything, a check that was commented out: each would let every
image pass, and a green line would be the only sign of it.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from msgspec.structs import replace

from lockage.errors import Inconclusive
from lockage.gate.decide import decide
from lockage.gate.evidence import ArchiveSubject, DatabaseFacts, Evidence, ImageSubject, Scanner, tree_name
from lockage.gate.exceptions import ExceptionEntry
from lockage.gate.findings import FOLDER, Scan, Unreadable
from lockage.gate.policy import DATABASE_SCHEMA, Policy
from lockage.model.ids import Digest
from lockage.model.tool import UsedTool
from lockage.model.verdict import Finding, Outcome, Severity

_NOW = datetime(2026, 1, 1, tzinfo=UTC)
_DIGEST = Digest("sha256:" + "0" * 64)


class GateInert(Inconclusive):
    """The gate gave a known case the wrong outcome; none of its verdicts is worth anything."""


def prove(policy: Policy) -> None:
    """Decide the known cases under a project's own policy (its exceptions aside).

    Raises:
        GateInert: a case came out otherwise than known.
    """
    bare = replace(policy, exceptions=())
    for name, evidence, under, expected in _cases(bare):
        outcome = decide(evidence, under, _NOW).outcome
        if outcome != expected:
            raise GateInert(
                "the gate is inert: nothing was scanned",
                why=f"shown {name}, it decided {outcome}; known is {expected}",
                remedy="look at what changed last in lockage.gate or under gate: in lockage.yaml",
            )


def _cases(policy: Policy) -> Iterator[tuple[str, Evidence, Policy, Outcome]]:
    for kind, clean in (("an image", _image(policy)), ("an archive", _archive(policy))):
        yield f"{kind} without findings", clean, policy, "pass"
        for what, evidence, under, expected in _findings(clean, policy):
            yield f"{kind} with {what}", evidence, under, expected
    for what, evidence in (*_doubtful(policy), *_doubtful_images(policy), *_doubtful_archives(policy)):
        yield what, evidence, policy, "inconclusive"


def _findings(clean: Evidence, policy: Policy) -> Iterator[tuple[str, Evidence, Policy, Outcome]]:
    for severity in sorted({*policy.severities, "CRITICAL"}):  # a policy without CRITICAL guards nothing
        found = _scanned(clean, findings=(_finding(severity),))
        yield f"a finding of severity {severity}", found, policy, "fail"
        yield f"an excepted finding of severity {severity}", found, _with(policy, _exception("1.0")), "pass"
        endless = replace(_exception("1.0"), expires="2999-12-31")
        yield f"a finding of severity {severity}, excepted for ever", found, _with(policy, endless), "fail"
        yield "an exception for another version", found, _with(policy, _exception("2.0")), "fail"
    lapsed = replace(_exception("1.0"), expires="2025-12-31")
    yield "an expired exception", clean, _with(policy, lapsed), "fail"
    yield "an exception that matches nothing", clean, _with(policy, _exception("1.0")), "fail"


def _doubtful(policy: Policy) -> Iterator[tuple[str, Evidence]]:
    clean, facts = _image(policy), _facts(policy)
    old = replace(facts, updated_at=_NOW - policy.max_age - timedelta(hours=1))
    yield "a report that is cut off", replace(clean, scan=Unreadable(reason="cut off"))
    yield "no database", replace(clean, database=Unreadable(reason="missing"))
    yield "a database that is too old", replace(clean, database=old)


def _doubtful_images(policy: Policy) -> Iterator[tuple[str, Evidence]]:
    clean = _image(policy)
    yield "an image without packages", _scanned(clean, os_packages=0)
    yield "an unknown operating system", _scanned(clean, os_family="none")
    yield "the findings of another image", _scanned(clean, image_id="sha256:" + "1" * 64)


def _doubtful_archives(policy: Policy) -> Iterator[tuple[str, Evidence]]:
    clean = _archive(policy)
    yield "the findings of another archive", _scanned(clean, target="1" * 64)
    yield "an archive without the packages of its SBOM", _scanned(clean, python=("pkg:pypi/another@1.0",))
    unknown = ArchiveSubject(name="known", digest=_DIGEST, locked=True, python=Unreadable(reason="no SBOM"))
    yield "an archive without an SBOM", replace(clean, subject=unknown)
    empty = ArchiveSubject(name="known", digest=_DIGEST, locked=True, python=())
    yield "an archive of a lock without packages", replace(_scanned(clean, python=()), subject=empty)


def _scanned(evidence: Evidence, **changes: object) -> Evidence:
    """The same artifact, of which the scanner says something else."""
    assert isinstance(evidence.scan, Scan)  # noqa: S101 - all known evidence begins with one that could be read
    return replace(evidence, scan=replace(evidence.scan, **changes))


def _with(policy: Policy, exception: ExceptionEntry) -> Policy:
    return replace(policy, exceptions=(exception,))


def _image(policy: Policy) -> Evidence:
    subject = ImageSubject(name="known", digest=_DIGEST, image_id=_DIGEST, diff_ids=(_DIGEST,))
    return Evidence(subject=subject, scan=_SCAN, database=_facts(policy), scanner=_SCANNER)


def _archive(policy: Policy) -> Evidence:
    subject = ArchiveSubject(name="known", digest=_DIGEST, locked=True, python=_SCAN.python)
    seen = replace(
        _SCAN,
        kind=FOLDER,
        target=tree_name(_DIGEST),
        image_id="",
        diff_ids=(),
        os_family="",
        os_version="",
        os_packages=0,
    )
    return Evidence(subject=subject, scan=seen, database=_facts(policy), scanner=_SCANNER)


_SCANNER = Scanner(tool=UsedTool(name="trivy", version="0", source="release", sha256="0" * 64))
_SCAN = Scan(
    report=_DIGEST,
    scanner_version="0",
    created_at=_NOW,
    target="known",
    kind="container_image",
    image_id=_DIGEST,
    diff_ids=(_DIGEST,),
    os_family="amazon",
    os_version="2023",
    os_end_of_life=False,
    os_packages=1,
    packages=2,
    python=("pkg:pypi/known-bad@1.0",),
    findings=(),
    suppressed=(),
)
"""What the scanner says of an image in which it found nothing."""


def _facts(policy: Policy) -> DatabaseFacts:
    fresh = _NOW - min(policy.max_age, timedelta(hours=1)) / 2
    return DatabaseFacts(digest=_DIGEST, schema=DATABASE_SCHEMA, updated_at=fresh, downloaded_at=fresh)


def _finding(severity: Severity) -> Finding:
    return Finding(
        id="CVE-0000-0000",
        purl="pkg:pypi/known-bad@1.0",
        package="known-bad",
        installed="1.0",
        fixed="",
        severity=severity,
        title="",
    )


def _exception(version: str) -> ExceptionEntry:
    return ExceptionEntry(
        id="CVE-0000-0000",
        package=f"pkg:pypi/known-bad@{version}",
        reason="known",
        owner="the gate itself",
        expires="2026-01-01",
    )
