"""Each doubt: what it says, and what it tells to do."""

from datetime import timedelta

import pytest
from fakes.evidence import FIXTURE, NOW, evidence, facts, policy, scan
from hypothesis import given
from hypothesis import strategies as st

from lockage.gate.doubts import doubts
from lockage.gate.evidence import Evidence
from lockage.gate.findings import Unreadable
from lockage.gate.policy import KNOWN_SYSTEMS

OTHER = "sha256:" + "9" * 64

CASES = {
    "missing database": (
        evidence(database=Unreadable(reason="trivy.db does not exist")),
        "no vulnerability database could be read: trivy.db does not exist",
        "connect this machine",
    ),
    "database schema": (
        evidence(database=facts(schema=3)),
        "the database has schema 3; Trivy 0.74.0 reads 2",
        "tools/tools.toml",
    ),
    "old database": (
        evidence(database=facts(updated_at=NOW - timedelta(hours=60))),
        "the database is 60 h old, of 2026-11-19T00:00:00Z; at most 48 h are allowed",
        "connect this machine",
    ),
    "database of tomorrow": (
        evidence(database=facts(updated_at=NOW + timedelta(hours=24))),
        "the database is dated 24 h in the future, 2026-11-22T12:00:00Z",
        "set this machine's clock",
    ),
    "truncated findings": (
        evidence(scan=Unreadable(reason="the findings are not a complete Trivy report of an image: truncated")),
        "the findings are not a complete Trivy report of an image: truncated",
        "scan again",
    ),
    "another image": (
        evidence(scan=scan(image_id=OTHER)),
        (
            f"the findings are of another image: configuration {OTHER} was scanned, sha256:{'a' * 64} has "
            f"sha256:{'b' * 64}"
        ),
        "scan the very layout that is in dist/",
    ),
    "other layers": (
        evidence(scan=scan(diff_ids=(OTHER,))),
        "the findings are of another image",
        "scan the very layout that is in dist/",
    ),
    "another scanner": (
        evidence(scan=scan(scanner_version="0.69.4")),
        "the findings are Trivy 0.69.4's; locked is 0.74.0",
        "./noxw -s scan",
    ),
    "findings older than the database": (
        evidence(scan=scan(created_at=NOW - timedelta(hours=4))),
        (
            "the findings are of 2026-11-21 08:00 UTC, before the database came to this machine at "
            "2026-11-21 09:00 UTC: it is not what they were made with"
        ),
        "--cache",
    ),
    "suppressed findings": (
        evidence(scan=scan(suppressed=("CVE-2020-1 (ignored by .trivyignore)",))),
        "the scanner was told to leave findings out: CVE-2020-1 (ignored by .trivyignore)",
        "ignore files",
    ),
    "no operating system": (
        evidence(scan=scan(os_family="", os_version="", os_packages=0)),
        (
            "the operating system is unknown: the scanner saw none that it knows; known are amazon 2 and 2023, "
            "debian 12 and 13"
        ),
        "build on a known base",
    ),
    "unknown version": (
        evidence(scan=scan(os_family="debian", os_version="14.1")),
        "the operating system is unknown: the scanner saw debian 14.1",
        "build on a known base",
    ),
    "end of life": (
        evidence(scan=scan(os_version="2 (Karoo)", os_end_of_life=True)),
        "amazon 2 has reached its end of life: no advisory names its flaws any more",
        "still maintained",
    ),
    "no packages": (
        evidence(scan=scan(os_packages=0)),
        "no package of the operating system was found (amazon 2023)",
        "/var/lib/rpm",
    ),
    "a fixture without this system": (
        evidence(database=facts(second_source=FIXTURE, systems=("debian 13",))),
        f"the database has no advisories for amazon 2023: {FIXTURE}",
        "add advisories for it to the fixture",
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_a_doubt_says_what_is_wrong_and_what_to_do(case: str) -> None:
    what, reason, remedy = CASES[case]
    [doubt] = doubts(what, policy(), NOW)
    assert doubt.reason.startswith(reason)
    assert remedy in doubt.remedy


def test_good_evidence_leaves_no_doubt() -> None:
    assert doubts(evidence(), policy(), NOW) == ()


def test_a_fixture_has_no_time_of_arrival() -> None:
    later = facts(second_source=FIXTURE, systems=("amazon linux 2023",), downloaded_at=NOW + timedelta(days=1))
    assert doubts(evidence(database=later), policy(), NOW) == ()


def test_a_fixture_does_not_age_but_a_published_database_does() -> None:
    year = NOW - timedelta(days=365)
    fixture = facts(second_source=FIXTURE, systems=("amazon linux 2023",), updated_at=year, downloaded_at=year)
    assert doubts(evidence(database=fixture), policy(), NOW) == ()
    assert len(doubts(evidence(database=facts(updated_at=year)), policy(), NOW)) == 1


@given(st.integers(0, 96 * 60))
def test_a_database_serves_exactly_as_long_as_the_policy_says(minutes: int) -> None:
    aged = evidence(database=facts(updated_at=NOW - timedelta(minutes=minutes)))
    assert bool(doubts(aged, policy(), NOW)) == (minutes > 48 * 60)


@pytest.mark.parametrize(("family", "versions"), KNOWN_SYSTEMS.items())
def test_every_known_system_is_known(family: str, versions: tuple[str, ...]) -> None:
    for version in versions:
        for told in (version, f"{version}.1.2", f"{version} (Karoo)"):
            assert doubts(evidence(scan=scan(os_family=family, os_version=told)), policy(), NOW) == ()


def test_all_doubts_are_told_at_once() -> None:
    what: Evidence = evidence(
        database=facts(schema=1, updated_at=NOW - timedelta(days=9)),
        scan=scan(image_id=OTHER, os_packages=0, suppressed=("CVE-2020-1 (ignored by x)",)),
    )
    assert len(doubts(what, policy(), NOW)) == 5
