"""A verdict that was handed over: it must be what its findings and the checked-out policy give, and young."""

import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
from fakes.evidence import FIXTURE, NOW, SCANNER, exception, facts, policy
from fakes.images import amazon_linux_2023
from fakes.oci import write_layout
from fakes.rpmdb import Rpm
from fakes.scanner import report
from msgspec.structs import replace

from lockage.errors import GateFailed, Inconclusive, LockageError
from lockage.gate import again
from lockage.gate.decide import decide
from lockage.gate.evidence import Evidence
from lockage.gate.findings import parse
from lockage.gate.policy import Policy
from lockage.gate.subject import of_image
from lockage.model.ids import Digest
from lockage.model.verdict import Verdict
from lockage.oci import layout as oci
from lockage.oci.layout import Layout

CRITICAL = {
    "VulnerabilityID": "CVE-2020-14343",
    "PkgName": "PyYAML",
    "InstalledVersion": "5.3.1",
    "Severity": "CRITICAL",
    "PkgIdentifier": {"PURL": "pkg:pypi/pyyaml@5.3.1"},
}


@pytest.fixture
def layout(tmp_path: Path) -> Layout:
    write_layout(tmp_path / "layout", layers=[amazon_linux_2023([Rpm("glibc", "2.34", "1")])])
    return oci.read(tmp_path / "layout")


def findings(layout: Layout, *vulnerabilities: dict[str, Any]) -> bytes:
    found = report(layout.path)
    found["Results"][0]["Vulnerabilities"] = list(vulnerabilities)
    return json.dumps(found).encode()


def seen(layout: Layout, content: bytes, verdict: Verdict) -> Evidence:
    return again.evidence(of_image("platform", layout), content, verdict, SCANNER)


def decided(layout: Layout, content: bytes, under: Policy, **database: object) -> Verdict:
    """As the scan decided, with the database at hand."""
    empty = decide(
        Evidence(
            subject=of_image("platform", layout),
            scan=parse(content),
            database=facts(**database),
            scanner=SCANNER,
        ),
        under,
        NOW,
    )
    full = replace(seen(layout, content, empty), database=facts(**database))
    return decide(full, under, NOW)


def refused(layout: Layout, content: bytes, verdict: Verdict, under: Policy, **later: float) -> LockageError:
    with pytest.raises(LockageError) as caught:
        again.hold(verdict, seen(layout, content, verdict), under, NOW + timedelta(**later))
    return caught.value


@pytest.mark.parametrize("database", [{}, {"second_source": FIXTURE, "systems": ("amazon linux 2023",)}])
def test_a_verdict_of_these_findings_and_this_policy_holds(layout: Layout, database: dict[str, object]) -> None:
    content = findings(layout)
    verdict = decided(layout, content, policy(), **database)
    assert verdict.outcome == "pass"
    again.hold(verdict, seen(layout, content, verdict), policy(), NOW + timedelta(hours=1))


def test_a_verdict_as_it_was_written_to_a_file_holds(layout: Layout) -> None:
    content = findings(layout)
    read = msgspec.json.decode(msgspec.json.encode(decided(layout, content, policy())), type=Verdict)
    again.hold(read, seen(layout, content, read), policy(), NOW)


def test_an_exception_that_was_taken_back_stops_the_image(layout: Layout) -> None:
    content = findings(layout, CRITICAL)
    verdict = decided(layout, content, policy(exception()))
    assert verdict.outcome == "pass"
    error = refused(layout, content, verdict, policy())
    assert isinstance(error, GateFailed)
    assert error.what == "platform does not pass any more: decided again, the outcome is fail"
    assert error.why == "CRITICAL CVE-2020-14343 in PyYAML 5.3.1, no fix yet"
    assert error.remedy.endswith("./noxw -s scan -- platform")


def test_a_severity_that_blocks_since_stops_the_image(layout: Layout) -> None:
    content = findings(layout, {**CRITICAL, "Severity": "MEDIUM"})
    verdict = decided(layout, content, policy())
    assert isinstance(refused(layout, content, verdict, policy(severities=("MEDIUM", "HIGH"))), GateFailed)


def test_a_pass_on_findings_that_fail_is_not_believed(layout: Layout) -> None:
    verdict = decided(layout, findings(layout), policy())
    assert isinstance(refused(layout, findings(layout, CRITICAL), verdict, policy()), GateFailed)


def test_a_policy_that_changed_needs_another_scan_even_where_all_passes(layout: Layout) -> None:
    content = findings(layout)
    error = refused(layout, content, decided(layout, content, policy()), policy(severities=("CRITICAL",)))
    assert isinstance(error, Inconclusive)
    assert error.what == "the verdict on platform cannot be relied on"
    assert error.why == "its policy is not what the findings and the policy give"


FORGED: dict[str, Callable[[Verdict], Verdict]] = {
    "findings": lambda verdict: replace(verdict, findings=Digest("sha256:" + "0" * 64)),
    "packages": lambda verdict: replace(verdict, packages=7),
    "counts": lambda verdict: replace(verdict, counts={}),
    "second_sources": lambda verdict: replace(verdict, second_sources=()),
    "scanner": lambda verdict: replace(verdict, scanner=replace(verdict.scanner, source="module")),
}


@pytest.mark.parametrize("what", FORGED)
def test_what_a_verdict_says_otherwise_is_named(layout: Layout, what: str) -> None:
    content = findings(layout)
    verdict = decided(layout, content, policy(), second_source=FIXTURE, systems=("amazon linux 2023",))
    error = refused(layout, content, FORGED[what](verdict), policy())
    assert error.why == f"its {what} is not what the findings and the policy give"


@pytest.mark.parametrize("hours", [49, -2])
def test_a_verdict_does_not_hold_for_ever(layout: Layout, hours: float) -> None:
    content = findings(layout)
    verdict = decided(layout, content, policy(), second_source=FIXTURE, systems=("amazon linux 2023",))
    error = refused(layout, content, verdict, policy(), hours=hours)
    assert isinstance(error, Inconclusive)
    assert error.why == "it was decided at 2026-11-21T12:00:00Z; at most 48 h are allowed"


def test_a_time_that_cannot_be_read_is_no_time(layout: Layout) -> None:
    content = findings(layout)
    verdict = decided(layout, content, policy())
    assert "cannot be read: 'today'" in refused(layout, content, replace(verdict, decided_at="today"), policy()).why
    assert verdict.database
    undated = replace(verdict, database=replace(verdict.database, updated_at="once"))
    assert "names no time at which it was updated" in refused(layout, content, undated, policy()).why
    assert "the verdict names none" in refused(layout, content, replace(verdict, database=None), policy()).why


def test_a_published_database_ages_until_the_push(layout: Layout) -> None:
    content = findings(layout)
    verdict = decided(layout, content, policy())
    error = refused(layout, content, verdict, policy(), hours=47)
    assert isinstance(error, Inconclusive)
    assert error.why.startswith("the database is 53 h old")
