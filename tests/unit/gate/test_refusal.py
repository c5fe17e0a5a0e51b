"""What stops the line, as people read it."""

from fakes.evidence import NOW, evidence, exception, finding, image, policy, scan

from lockage.errors import GateFailed, Inconclusive
from lockage.gate.decide import decide
from lockage.gate.doubts import doubts
from lockage.gate.evidence import Evidence
from lockage.gate.exceptions import ExceptionEntry
from lockage.gate.refusal import Ruling, refusal
from lockage.gate.views import advice, blocking_table, markdown, summary

FILE = "sbom/exceptions.yaml"
GLIBC = finding(
    id="CVE-2025-15281",
    purl="pkg:deb/debian/glibc@2.41-12?arch=amd64&distro=debian-13.7",
    package="glibc",
    installed="2.41-12",
    fixed="2.41-12+deb13u2",
    severity="HIGH",
)


def ruling(name: str, what: Evidence, *exceptions: ExceptionEntry) -> Ruling:
    remedies = tuple(doubt.remedy for doubt in doubts(what, policy(), NOW))
    return Ruling(name=name, verdict=decide(what, policy(*exceptions), NOW), remedies=remedies)


def test_what_passes_stops_nothing() -> None:
    assert refusal([ruling("base", evidence()), ruling("platform", evidence())], FILE) is None


def test_a_critical_finding_stops_the_line_and_says_what_to_do() -> None:
    stop = refusal([ruling("platform", evidence(scan=scan(findings=(finding(), GLIBC))))], FILE)
    assert isinstance(stop, GateFailed)
    assert stop.exit_code == 10
    assert stop.render() == (
        "error: the gate stopped platform\n"
        "  why:  platform: CRITICAL CVE-2020-14343 in PyYAML 5.3.1, fixed in 5.4\n"
        "        platform: HIGH CVE-2025-15281 in glibc 2.41-12, fixed in 2.41-12+deb13u2\n"
        "  next: PyYAML: raise PyYAML in the requirements and lock again\n"
        "        glibc: take a newer base: raise its digest in the Dockerfile\n"
        "        or accept a finding for a time, in sbom/exceptions.yaml:\n"
        "        - id: CVE-2020-14343\n"
        "          package: pkg:pypi/pyyaml@5.3.1\n"
        "          reason: …\n"
        "          owner: …\n"
        '          expires: "YYYY-MM-DD"\n'
        "          artifacts: [platform]"
    )


def test_an_expired_exception_names_its_owner_and_the_file() -> None:
    stop = refusal([ruling("platform", evidence(), exception(expires="2026-01-01"))], FILE)
    assert isinstance(stop, GateFailed)
    assert "ended on 2026-01-01 (owner: security@example.com)" in stop.why
    assert stop.remedy == (
        "remove exceptions that are not needed from sbom/exceptions.yaml; decide anew on those that ended, or that "
        "would hold too long"
    )


def test_an_unmatched_exception_says_in_which_image() -> None:
    stop = refusal([ruling("base", evidence(subject=image(name="base")), exception())], FILE)
    assert isinstance(stop, GateFailed)
    assert "base: the exception for CVE-2020-14343 in pkg:pypi/pyyaml@5.3.1 matches no finding in base" in stop.why


def test_doubt_weighs_more_than_failure() -> None:
    failing = ruling("base", evidence(scan=scan(findings=(finding(),))))
    doubtful = ruling("platform", evidence(scan=scan(os_packages=0)))
    stop = refusal([failing, doubtful], FILE)
    assert isinstance(stop, Inconclusive)
    assert stop.exit_code == 11
    assert stop.render() == (
        "error: the gate could not decide on platform, which stops the line as a failure would\n"
        "  why:  platform: no package of the operating system was found (amazon 2023)\n"
        "  next: keep the package database in the image: /var/lib/rpm or /var/lib/dpkg"
    )


def test_the_same_remedy_is_given_once() -> None:
    doubtful = [
        ruling(name, evidence(subject=image(name=name), scan=scan(os_packages=0))) for name in ("base", "platform")
    ]
    stop = refusal(doubtful, FILE)
    assert stop is not None
    assert len(stop.remedy.splitlines()) == 1
    assert len(stop.why.splitlines()) == 2


def test_advice_follows_where_a_package_comes_from() -> None:
    assert advice(GLIBC) == "take a newer base: raise its digest in the Dockerfile"
    assert advice(finding()) == "raise PyYAML in the requirements and lock again"
    assert advice(finding(purl="pkg:golang/golang.org/x/net@0.1", package="golang.org/x/net")) == (
        "take a release of the program that was built with the fix"
    )
    assert advice(finding(purl="pkg:npm/tar@1", package="tar")) == "raise tar"
    assert advice(finding(purl="", package="curl")) == "raise curl"
    assert advice(finding(fixed="")) == "no fix yet: remove the package, or except the finding"


def test_the_table_lines_up() -> None:
    table = blocking_table(decide(evidence(scan=scan(findings=(finding(), GLIBC))), policy(), NOW))
    head, *rows = table.splitlines()
    assert head.split() == ["SEVERITY", "ID", "PACKAGE", "INSTALLED", "FIXED", "IN", "WHAT", "TO", "DO"]
    assert [row.split()[:5] for row in rows] == [
        ["CRITICAL", "CVE-2020-14343", "PyYAML", "5.3.1", "5.4"],
        ["HIGH", "CVE-2025-15281", "glibc", "2.41-12", "2.41-12+deb13u2"],
    ]
    assert {line.index(word) for line, word in zip((head, *rows), ("WHAT", "raise", "take"), strict=True)} == {
        head.index("WHAT")
    }


def test_an_exceptions_stanza_keeps_an_epoch() -> None:
    purl = "pkg:rpm/amazon/openssl-libs@3.2.2-1.amzn2023.0.3?arch=x86_64&distro=amazon-2023.9&epoch=1"
    stop = refusal([ruling("platform", evidence(scan=scan(findings=(finding(purl=purl),))))], FILE)
    assert stop is not None
    assert "package: pkg:rpm/amazon/openssl-libs@3.2.2-1.amzn2023.0.3?epoch=1" in stop.remedy


def test_a_summary_says_what_a_verdict_rests_on() -> None:
    verdict = decide(evidence(scan=scan(findings=(finding(), GLIBC))), policy(exception()), NOW)
    assert summary("platform", verdict) == (
        "platform sha256:aaaaaaaaaaaa fail: 1 CRITICAL, 1 HIGH, 1 excepted; 120 packages; "
        "database of 2026-11-21T06:00:00Z"
    )


def test_markdown_shows_reasons_and_exceptions_with_their_end() -> None:
    risky = exception(reason="a | pipe")
    verdict = decide(evidence(scan=scan(findings=(finding(), GLIBC))), policy(risky), NOW)
    text = markdown("platform", verdict)
    assert text.startswith("### platform: fail\n")
    assert "- HIGH CVE-2025-15281 in glibc 2.41-12, fixed in 2.41-12+deb13u2" in text
    assert "| CVE-2020-14343 | pkg:pypi/pyyaml@5.3.1 | security@example.com | 2026-12-31 | a \\| pipe |" in text
