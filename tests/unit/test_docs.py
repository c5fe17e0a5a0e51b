"""Documentation is held to the code: decisions keep their form, links lead somewhere, verbs are documented."""

import re
from html import unescape
from pathlib import Path

import pytest

from lockage.config.load import load_project

ROOT = Path(__file__).parents[2]
ADRS = sorted((ROOT / "docs" / "adr").glob("[0-9]*.md"))
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
LINK = re.compile(r"\]\((?!https?://|mailto:|#)([^)#\s]+)")


@pytest.mark.parametrize("path", ADRS, ids=lambda path: path.stem)
def test_a_decision_keeps_its_form(path: Path) -> None:
    text = path.read_text()
    assert text.startswith(f"# {path.name[:4]}: ")
    for field in ("Date", "Status", "Deviates from common practice", "Review"):
        assert re.search(rf"^\| {field} \| \S", text, re.MULTILINE), f"{path.name} does not state: {field}"
    assert re.search(r"\| Review \| \d{4}-\d\d-\d\d, or earlier: \S", text), "a review needs a date and a trigger"
    for section in ("Context", "Decision", "Alternatives"):
        assert f"\n## {section}\n" in text


def test_decisions_are_numbered_without_a_gap_and_indexed() -> None:
    assert [int(path.name[:4]) for path in ADRS] == list(range(1, len(ADRS) + 1))
    index = (ROOT / "docs" / "adr" / "README.md").read_text()
    assert re.findall(r"\]\((\d{4}-[a-z0-9-]+\.md)\)", index) == [path.name for path in ADRS]


@pytest.mark.parametrize("path", PAGES, ids=lambda path: str(path.relative_to(ROOT)))
def test_links_lead_somewhere(path: Path) -> None:
    for target in LINK.findall(path.read_text()):
        assert (path.parent / target).exists(), f"{path.relative_to(ROOT)} links to {target}"


def test_the_picture_of_a_rehearsal_is_of_this_project() -> None:
    """Redrawn by ``scripts/picture.py``."""
    drawn = unescape((ROOT / "docs" / "rehearsal.svg").read_text()).replace("\xa0", " ")
    project = load_project(ROOT / "lockage.yaml", files=False)
    assert not [name for name in (*project.built, *project.functions) if not re.search(rf"\b{name}\b", drawn)]
