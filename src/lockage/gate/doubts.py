"""Why a verdict would be worth nothing. One doubt is enough: *could not tell* is never *good*."""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import PurePosixPath

import msgspec

from lockage.gate.evidence import ArchiveSubject, DatabaseFacts, Evidence, ImageSubject, tree_name
from lockage.gate.findings import FOLDER, Scan, Unreadable
from lockage.gate.policy import DATABASE_SCHEMA, KNOWN_SYSTEMS, Policy

_CLOCKS_DIFFER = timedelta(hours=1)


class Doubt(msgspec.Struct, frozen=True, kw_only=True):
    """Something the gate could not tell."""

    reason: str
    remedy: str


def doubts(evidence: Evidence, policy: Policy, now: datetime) -> tuple[Doubt, ...]:
    """Everything that keeps the evidence from being conclusive, in the order in which to look at it."""
    checks: tuple[Callable[[Evidence, Policy, datetime], Iterator[Doubt]], ...] = (_database, _scan)
    return tuple(doubt for check in checks for doubt in check(evidence, policy, now))


def _database(evidence: Evidence, policy: Policy, now: datetime) -> Iterator[Doubt]:
    facts = evidence.database
    if isinstance(facts, Unreadable):
        yield Doubt(
            reason=f"no vulnerability database could be read: {facts.reason}",
            remedy="connect this machine so that it can be downloaded, or remove the broken one; then scan again",
        )
        return
    if facts.schema != DATABASE_SCHEMA:
        version = evidence.scanner.tool.version
        yield Doubt(
            reason=f"the database has schema {facts.schema}; Trivy {version} reads {DATABASE_SCHEMA}",
            remedy="use a database made for the locked Trivy, or raise Trivy in tools/tools.toml",
        )
    if not facts.second_source:
        yield from _age(facts, policy, now)


def _age(facts: DatabaseFacts, policy: Policy, now: datetime) -> Iterator[Doubt]:
    """A published database that stopped moving hides every newer advisory (a freeze)."""
    age = now - facts.updated_at
    if age > policy.max_age:
        yield Doubt(
            reason=f"the database is {_hours(age)} h old, of {facts.record().updated_at}; at most "
            f"{policy.database_max_age_h} h are allowed",
            remedy="connect this machine so that a newer one can be downloaded, and scan again",
        )
    if age < -_CLOCKS_DIFFER:
        yield Doubt(
            reason=f"the database is dated {_hours(-age)} h in the future, {facts.record().updated_at}",
            remedy="set this machine's clock; if it is right, the database is not to be trusted",
        )


def _scan(evidence: Evidence, policy: Policy, now: datetime) -> Iterator[Doubt]:
    del policy, now
    scan = evidence.scan
    if isinstance(scan, Unreadable):
        yield Doubt(
            reason=scan.reason,
            remedy="scan again; with LOCKAGE_DEBUG=1 the scanner's command line is shown, to be run by hand",
        )
        return
    yield from _origin(scan, evidence)
    subject = evidence.subject
    if isinstance(subject, ImageSubject):
        yield from _image(scan, subject)
        yield from _system(scan, evidence)
    else:
        yield from _archive(scan, subject)
        yield from _packages(scan, subject)
    if scan.suppressed:
        yield Doubt(
            reason=f"the scanner was told to leave findings out: {', '.join(scan.suppressed)}",
            remedy="scan without ignore files and VEX; what is accepted stands in the exceptions, with its owner",
        )


def _image(scan: Scan, subject: ImageSubject) -> Iterator[Doubt]:
    if scan.image_id != subject.image_id or scan.diff_ids != subject.diff_ids:
        yield Doubt(
            reason=f"the findings are of another image: configuration {scan.image_id or 'unknown'} was scanned, "
            f"{subject.digest} has {subject.image_id}",
            remedy="scan the very layout that is in dist/",
        )


def _archive(scan: Scan, subject: ArchiveSubject) -> Iterator[Doubt]:
    """A folder has no identity of its own: it is unpacked under its archive's digest, which the scanner repeats."""
    if scan.kind != FOLDER or PurePosixPath(scan.target).name != tree_name(subject.digest):
        yield Doubt(
            reason=f"the findings are of something else: {scan.kind} {scan.target} was scanned, "
            f"not the archive {subject.digest}",
            remedy="scan the very tree that `lockage scan --prepare` unpacked",
        )
    if scan.os_family:
        yield Doubt(
            reason=f"the scanner saw the operating system {scan.os_family} in an archive, which has none",
            remedy="take out what looks like one: /etc/os-release and package databases belong in an image",
        )


def _packages(scan: Scan, subject: ArchiveSubject) -> Iterator[Doubt]:
    """An archive's findings rest on its Python packages alone: those that the SBOM names must be those scanned."""
    if isinstance(subject.python, Unreadable):
        yield Doubt(
            reason=f"what is in {subject.name} is not known: {subject.python.reason}",
            remedy=f"write its SBOMs: ./noxw -s sbom -- {subject.name}",
        )
        return
    differing = sorted(set(scan.python) ^ set(subject.python))
    if differing:
        yield Doubt(
            reason=f"the scanner saw {len(scan.python)} Python packages, the SBOM names {len(subject.python)}: "
            f"{', '.join(differing[:5])}",
            remedy=f"describe and scan the same archive: ./noxw -s sbom scan -- {subject.name}",
        )
    if subject.locked and not scan.python:
        yield Doubt(
            reason=f"no Python package was found in {subject.name}, which was built of a lock",
            remedy="keep the packages' *.dist-info folders; if the lock is empty, take it out of lockage.yaml",
        )


def _origin(scan: Scan, evidence: Evidence) -> Iterator[Doubt]:
    if scan.scanner_version != evidence.scanner.tool.version:
        yield Doubt(
            reason=f"the findings are Trivy {scan.scanner_version}'s; locked is {evidence.scanner.tool.version}",
            remedy="scan with the locked Trivy: ./noxw -s scan",
        )
    facts = evidence.database
    if isinstance(facts, Unreadable) or facts.second_source:  # a fixture is made here: it has no time of arrival
        return
    if scan.created_at < facts.downloaded_at:
        yield Doubt(
            reason=f"the findings are of {scan.created_at:%Y-%m-%d %H:%M} UTC, before the database came to this "
            f"machine at {facts.downloaded_at:%Y-%m-%d %H:%M} UTC: it is not what they were made with",
            remedy="scan again, or name the cache folder that the findings were made with: --cache",
        )


def _system(scan: Scan, evidence: Evidence) -> Iterator[Doubt]:
    family, version = scan.os_family, _release(scan)
    if version not in KNOWN_SYSTEMS.get(family, ()):
        known = ", ".join(f"{name} {' and '.join(versions)}" for name, versions in KNOWN_SYSTEMS.items())
        named = f"{family} {scan.os_version}".strip() if family not in {"", "none"} else "none that it knows"
        yield Doubt(
            reason=f"the operating system is unknown: the scanner saw {named}; known are {known}",
            remedy="build on a known base; keep /usr/lib/system-release or /etc/os-release and the package database",
        )
        return
    facts = evidence.database
    if isinstance(facts, DatabaseFacts) and facts.second_source and _bucket(family, version) not in facts.systems:
        yield Doubt(
            reason=f"the database has no advisories for {family} {version}: {facts.second_source}",
            remedy="use the published database, or add advisories for it to the fixture",
        )
    if scan.os_end_of_life:
        yield Doubt(
            reason=f"{family} {version} has reached its end of life: no advisory names its flaws any more",
            remedy="build on a base that is still maintained",
        )
    if scan.os_packages == 0:
        yield Doubt(
            reason=f"no package of the operating system was found ({family} {version})",
            remedy="keep the package database in the image: /var/lib/rpm or /var/lib/dpkg",
        )


def _release(scan: Scan) -> str:
    """``2023.9.20251110 (Amazon Linux)`` is 2023, ``2 (Karoo)`` is 2, ``13.7`` is 13."""
    first = (scan.os_version.split() or [""])[0]
    return first.partition(".")[0]


def _bucket(family: str, version: str) -> str:
    """As the fixture names a system."""
    return f"amazon linux {version}" if family == "amazon" else f"{family} {version}"


def _hours(age: timedelta) -> int:
    return int(age / timedelta(hours=1))
