"""The fixture database, built by the real builder: equal advisories, equal bytes; wrong ones are refused."""

from pathlib import Path

import pytest

from lockage.errors import ToolError
from lockage.gate.database import read
from lockage.gate.evidence import DatabaseFacts
from lockage.gate.fixture import Fixture
from lockage.tools.cache import cache_dir
from lockage.tools.locked import Locked

pytestmark = pytest.mark.tools

ROOT = Path(__file__).parents[3]
ADVISORY = """schema: 1
collected: 2026-11-21
advisories:
  - id: CVE-2020-14343
    sources: ["https://example.com"]
    title: t
    severity: {ghsa: CRITICAL}
    affects: [{in: pip, package: pyyaml, vulnerable: ["<5.4"], patched: ["5.4"]}]
"""


def fixture(advisories: Path, root: Path) -> Fixture:
    """In a cache of its own, but with the builder that is in the user's."""
    builders = cache_dir() / "trivy" / "trivy-fixtures"
    root.mkdir(exist_ok=True)
    builders.mkdir(parents=True, exist_ok=True)
    (root / "trivy-fixtures").symlink_to(builders)
    return Fixture(advisories, Locked().lock.folder / "trivy-fixtures", root)


def test_equal_advisories_give_equal_bytes(fixture_database: Path, tmp_path: Path) -> None:
    again = fixture(ROOT / "sbom" / "fixture-advisories.yaml", tmp_path / "again").build()
    assert again != fixture_database
    assert read(again) == read(fixture_database)


def test_it_is_dated_by_its_advisories_not_by_the_clock(fixture_database: Path) -> None:
    facts = read(fixture_database)
    assert isinstance(facts, DatabaseFacts)
    assert f"{facts.updated_at:%Y-%m-%d}" in facts.second_source
    assert facts.systems == ("amazon linux 2023", "debian 13")


WRONG = {
    "unknown key": ("title: t", "titel: t", "titel"),
    "unknown ecosystem": ("in: pip", "in: npm", 'unknown ecosystem "npm"'),
    "no sources": ('sources: ["https://example.com"]', "sources: []", "needs an id, its sources and what it affects"),
    "no range": ('vulnerable: ["<5.4"], ', "", "needs either a fixed version or vulnerable ranges"),
    "unknown severity": ("CRITICAL", "SEVERE", "unknown severity: SEVERE"),
    "other schema": ("schema: 1", "schema: 2", "schema 1 with advisories is expected"),
}


@pytest.mark.parametrize("what", WRONG)
def test_wrong_advisories_are_refused_and_nothing_is_left(what: str, tmp_path: Path) -> None:
    right, wrong, says = WRONG[what]
    assert right in ADVISORY
    advisories = tmp_path / "advisories.yaml"
    advisories.write_text(ADVISORY.replace(right, wrong))
    with pytest.raises(ToolError, match="trivy-fixtures failed with exit code 1") as caught:
        fixture(advisories, tmp_path / "cache").build()
    assert says in caught.value.why
    assert [path.name for path in (tmp_path / "cache" / "fixture").iterdir()] == [".lock"]
