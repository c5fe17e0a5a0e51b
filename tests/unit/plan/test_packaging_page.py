"""The page that explains the rules has every one of them, as it is."""

from pathlib import Path

import pytest

from lockage.model.packaging import Rule
from lockage.plan.packaging.compare import PRICES
from lockage.plan.packaging.rules import RULES
from lockage.report.explain import WORDS, figure

PAGE = (Path(__file__).parents[3] / "docs" / "explanation" / "packaging.md").read_text()
ROWS = [line for line in PAGE.splitlines() if line.startswith("| `")]


def row(rule: Rule) -> str:
    """Without the source, which the page numbers."""
    threshold = rule.threshold
    bound = figure(rule.fact, threshold) if isinstance(threshold, int) else WORDS[threshold][0]
    weight = rule.weight if rule.effect == "speaks for" else -rule.weight
    says = "rules out" if rule.effect == "rules out" else f"{weight:+d}"
    cells = (f"`{rule.id}`", WORDS[rule.fact][0], f"{rule.when} {bound}", f"{says} {', '.join(rule.packagings)}")
    return f"| {' | '.join(cells)} | {rule.why} |"


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_a_rule_stands_on_the_page_as_it_is(rule: Rule) -> None:
    assert [line for line in ROWS if line.startswith(row(rule))]


def test_the_page_has_no_rule_of_its_own() -> None:
    assert len(ROWS) == len(RULES)


def test_sources_and_prices_are_named() -> None:
    for source in {rule.source for rule in RULES}:
        title = source.partition("“")[2].rstrip("”") or source.rpartition(" ")[2]
        assert title.removesuffix(" (Container + ZIP)") in PAGE
    for price in PRICES:
        assert f"{price.usd:g}" in PAGE
        assert price.as_of in PAGE
