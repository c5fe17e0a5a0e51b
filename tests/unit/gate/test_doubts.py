"""Each doubt: what it says, and what it tells to do."""

from datetime import timedelta

import pytest
from fakes.evidence import FIXTURE, NOW, PYTHON, archive, evidence, facts, policy, scan, tree_scan
from hypothesis import given
from hypothesis import strategies as st

from lockage.gate.decide import decide
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
        evidence(scan=Unreadable(reason="the findings are not a complete Trivy report: truncated")),
        "the findings are not a complete Trivy report: truncated",
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


ARCHIVES: dict[str, tuple[Evidence, str, str]] = {
    "another tree": (
        evidence(subject=archive(), scan=tree_scan(target="/anywhere/dashboard")),
        "the findings are of something else: filesystem /anywhere/dashboard was scanned, not the archive sha256:aaaa",
        "--prepare",
    ),
    "an image": (
        evidence(subject=archive(), scan=tree_scan(kind="container_image")),
        "the findings are of something else: container_image /anywhere/aaaa",
        "--prepare",
    ),
    "a system": (
        evidence(subject=archive(), scan=tree_scan(os_family="debian", os_version="13")),
        "the scanner saw the operating system debian in an archive, which has none",
        "/etc/os-release",
    ),
    "no SBOM": (
        evidence(subject=archive(python=Unreadable(reason="it has no SBOM")), scan=tree_scan()),
        "what is in dashboard is not known: it has no SBOM",
        "./noxw -s sbom -- dashboard",
    ),
    "other packages": (
        evidence(subject=archive(), scan=tree_scan(python=PYTHON[:1])),
        "the scanner saw 1 Python packages, the SBOM names 2: pkg:pypi/pyyaml@5.3.1",
        "./noxw -s sbom scan -- dashboard",
    ),
    "none of a lock's packages": (
        evidence(subject=archive(python=()), scan=tree_scan(python=())),
        "no Python package was found in dashboard, which was built of a lock",
        "*.dist-info",
    ),
    "another scanner": (
        evidence(subject=archive(), scan=tree_scan(scanner_version="0.69.4")),
        "the findings are Trivy 0.69.4's; locked is 0.74.0",
        "./noxw -s scan",
    ),
}


@pytest.mark.parametrize("case", ARCHIVES)
def test_an_archive_in_doubt_is_never_good(case: str) -> None:
    what, reason, remedy = ARCHIVES[case]
    [doubt] = doubts(what, policy(), NOW)
    assert doubt.reason.startswith(reason)
    assert remedy in doubt.remedy
    assert decide(what, policy(), NOW).outcome == "inconclusive"


def test_an_archive_has_no_system_and_one_without_a_lock_may_have_no_packages() -> None:
    assert doubts(evidence(subject=archive(), scan=tree_scan()), policy(), NOW) == ()
    bare = archive(locked=False, python=())
    assert doubts(evidence(subject=bare, scan=tree_scan(python=(), packages=0)), policy(), NOW) == ()


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
