"""Exceptions: what they cover, how long, and how a malformed file is refused."""

import re
from datetime import date
from pathlib import Path

import pytest
from fakes.evidence import exception, finding
from hypothesis import given
from hypothesis import strategies as st
from packageurl import PackageURL

from lockage.config.load import load_project
from lockage.config.mistakes import ConfigError
from lockage.errors import UsageError
from lockage.gate.exceptions import read
from lockage.gate.policy import KNOWN_SYSTEMS

NAMES = st.from_regex(r"[a-z][a-z0-9]{0,8}", fullmatch=True)
PURLS = st.builds(
    PackageURL,
    type=st.sampled_from(["pypi", "rpm", "deb", "golang"]),
    namespace=st.sampled_from(["amazon", "debian"]),
    name=NAMES,
    version=st.from_regex(r"[0-9]{1,2}\.[0-9]", fullmatch=True),
    qualifiers=st.dictionaries(st.sampled_from(["arch", "epoch"]), st.sampled_from(["1", "2"])),
).map(PackageURL.to_string)


def write(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "exceptions.yaml"
    path.write_text(text)
    return path


@given(PURLS, PURLS)
def test_an_exception_covers_its_own_package_and_no_other(accepted: str, found: str) -> None:
    assert exception(package=accepted).covers(finding(purl=accepted))
    ours, theirs = PackageURL.from_string(accepted), PackageURL.from_string(found)
    if ours[:4] != theirs[:4]:
        assert not exception(package=accepted).covers(finding(purl=found))


@given(PURLS)
def test_an_exception_covers_one_vulnerability(purl: str) -> None:
    assert not exception(package=purl, id="CVE-2020-1").covers(finding(purl=purl, id="CVE-2020-2"))


@pytest.mark.parametrize(
    ("accepted", "found", "covers"),
    [
        ("pkg:pypi/PyYAML@5.3.1", "pkg:pypi/pyyaml@5.3.1", True),
        ("pkg:pypi/typing_extensions@4.0", "pkg:pypi/typing-extensions@4.0", True),
        ("pkg:PYPI/pyyaml@5.3.1", "pkg:pypi/pyyaml@5.3.1", True),
        ("pkg:pypi/pyyaml@5.3.1", "pkg:pypi/pyyaml@5.3.2", False),
        ("pkg:pypi/pyyaml@5.3.1", "pkg:npm/pyyaml@5.3.1", False),
        ("pkg:deb/debian/glibc@2.41-12", "pkg:deb/debian/glibc@2.41-12?arch=amd64&distro=debian-13.7", True),
        ("pkg:deb/debian/glibc@2.41-12?arch=arm64", "pkg:deb/debian/glibc@2.41-12?arch=amd64", False),
        ("pkg:deb/debian/glibc@2.41-12", "pkg:deb/ubuntu/glibc@2.41-12", False),
        ("pkg:rpm/amazon/openssl@3.0?epoch=1", "pkg:rpm/amazon/openssl@3.0?arch=x86_64&epoch=1", True),
        ("pkg:rpm/amazon/openssl@3.0", "pkg:rpm/amazon/openssl@3.0?arch=x86_64&epoch=1", False),
        ("pkg:golang/example.com/a@1#cmd", "pkg:golang/example.com/a@1", False),
        ("pkg:pypi/pyyaml@5.3.1", "", False),
    ],
)
def test_package_urls_are_compared_as_their_specification_has_it(accepted: str, found: str, *, covers: bool) -> None:
    assert exception(package=accepted).covers(finding(purl=found)) is covers


def test_an_exception_holds_through_its_last_day() -> None:
    entry = exception(expires="2026-12-31")
    assert not entry.expired(date(2026, 12, 31))
    assert entry.expired(date(2027, 1, 1))


def test_an_exception_is_for_everything_or_for_what_it_names() -> None:
    assert exception().is_for("anything")
    assert exception(artifacts=("base",)).is_for("base")
    assert not exception(artifacts=("base",)).is_for("platform")


def test_a_valid_file_is_read(tmp_path: Path) -> None:
    text = """
version: 1
exceptions:
  - id: GHSA-8q59-q68h-6hv4
    package: pkg:pypi/pyyaml@5.3.1
    reason: full_load is never called
    owner: security@example.com
    expires: "2026-12-31"
    artifacts: [platform]
"""
    [entry] = read(write(tmp_path, text), ["platform"])
    assert (entry.id, entry.owner, entry.artifacts) == ("GHSA-8q59-q68h-6hv4", "security@example.com", ("platform",))


def test_the_projects_own_file_is_valid(project_root: Path) -> None:
    project = load_project(project_root / "lockage.yaml", files=False)
    read(project_root / project.gate.exceptions, list(project.built))


def test_every_mistake_is_named_with_its_line(tmp_path: Path) -> None:
    text = """version: 1
exceptions:
  - id: cve
    package: pyyaml
    reason: "  "
    expires: soon
  - id: CVE-2020-14343
    package: pkg:pypi/pyyaml
    reason: never called
    owner: security@example.com
    expires: "2026-02-30"
    artifacts: [platfrom]
    until: tomorrow
"""
    path = write(tmp_path, text)
    with pytest.raises(ConfigError) as caught:
        read(path, ["base", "platform"])
    assert caught.value.what == f"{path} has 9 mistakes"
    for line, said in {
        3: "exceptions[0]: the key 'owner' is missing",
        4: "exceptions[0].package: found 'pyyaml', needs a package URL with a version",
        5: "exceptions[0].reason: found '  ', needs a line of text",
        6: "exceptions[0].expires: found 'soon', needs a day in quotes",
        8: "exceptions[1].package: 'pkg:pypi/pyyaml' names no version; a new version is a new decision",
        11: "exceptions[1].expires: there is no day '2026-02-30'",
        12: "exceptions[1].artifacts[0]: nothing that is built is called 'platfrom' (did you mean 'platform'?)",
        13: "unknown key 'until'",
    }.items():
        assert any(f":{line}: " in one and said in one for one in caught.value.why.splitlines()), said


def test_a_bare_day_is_refused_because_readers_differ_on_it(tmp_path: Path) -> None:
    text = """version: 1
exceptions:
  - {id: CVE-1-1, package: pkg:pypi/a@1, reason: r, owner: o, expires: 2026-12-31}
"""
    with pytest.raises(ConfigError, match="1 mistake") as caught:
        read(write(tmp_path, text), [])
    assert "write it in quotes" in caught.value.why


def test_a_package_url_that_does_not_parse_is_named(tmp_path: Path) -> None:
    text = """version: 1
exceptions:
  - {id: CVE-1-1, package: "pkg:pypi", reason: r, owner: o, expires: "2026-12-31"}
"""
    with pytest.raises(ConfigError) as caught:
        read(write(tmp_path, text), [])
    assert "'pkg:pypi' is no package URL" in caught.value.why


def test_the_same_exception_twice_is_a_mistake(tmp_path: Path) -> None:
    entry = '- {id: CVE-1-1, package: "pkg:pypi/a@1", reason: r, owner: o, expires: "2026-12-31"}'
    path = write(tmp_path, f"version: 1\nexceptions:\n  {entry}\n  {entry}\n")
    with pytest.raises(ConfigError) as caught:
        read(path, [])
    assert ":4: exceptions[1]: repeats the exception in line 3; name its artifacts in one" in caught.value.why


def test_a_missing_file_is_not_an_empty_one(tmp_path: Path) -> None:
    with pytest.raises(UsageError) as caught:
        read(tmp_path / "exceptions.yaml", [])
    assert caught.value.what.endswith("exceptions.yaml does not exist")
    assert "gate.exceptions" in caught.value.why
    assert "`exceptions: []`" in caught.value.remedy


def test_the_example_in_the_reference_is_valid(tmp_path: Path, project_root: Path) -> None:
    page = (project_root / "docs" / "reference" / "gate.md").read_text()
    [example] = [block for block in re.findall(r"```yaml\n(.*?)```", page, re.DOTALL) if "exceptions:" in block]
    [entry] = read(write(tmp_path, example), ["platform"])
    assert entry.covers(finding())


def test_the_reference_names_the_known_systems(project_root: Path) -> None:
    page = (project_root / "docs" / "reference" / "gate.md").read_text()
    assert "Amazon Linux 2 or 2023 and Debian 12 or 13" in page
    assert KNOWN_SYSTEMS == {"amazon": ("2", "2023"), "debian": ("12", "13")}
