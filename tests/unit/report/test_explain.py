"""What a person reads: the answer first, then the figures that decided, then what would change it."""

from typing import get_args

import pytest
from fakes.packaging import ANALYSIS, DASHBOARD, GB, INGESTION, MIB, PLAIN, SCORER
from msgspec.structs import replace

from lockage.model.packaging import Fact, Facts
from lockage.plan.packaging.decide import decide
from lockage.report.explain import WORDS, as_markdown, as_text, contradiction, figure, headline

TIED = replace(PLAIN, unpacked=150 * 10**6, os_packages=0, lock_sharers=2, code_changes=4, zipped=60 * 10**6)
HEADLINES = {
    "dashboard: zip, as declared": DASHBOARD,
    "dashboard: zip, though image is declared": replace(DASHBOARD, declared="image"),
    "dashboard: inconclusive: image or zip, as measuring would tell; zip is declared": replace(DASHBOARD, glibc=None),
    "plain: image or layers, at equal scores; zip is declared": replace(TIED, code_sharers=2, lock_changes=1),
    "plain: no packaging fits; zip is declared": replace(PLAIN, unpacked=300 * MIB, image_unpacked=11 * GB),
}


@pytest.mark.parametrize(("line", "facts"), HEADLINES.items())
def test_the_first_line_is_the_answer(line: str, facts: Facts) -> None:
    decision = decide(facts)
    assert headline(decision) == line
    assert as_text(decision).splitlines()[0] == line
    assert as_markdown(decision).splitlines()[0] == f"### {line}"


def test_each_rule_tells_figure_threshold_reason_and_source() -> None:
    text = as_text(decide(DASHBOARD))
    assert "  zip +11, layers +5, image -5\n" in text
    assert "+3 zip          declared cold start       1,000 ms  at most 1,000 ms\n" in text
    assert "      zips that hold everything were seen to start below a second: P90 0.9 s [1]\n" in text
    assert "-2 image        cold start as image, P90  3,102 ms  over 1,000 ms\n" in text
    assert "  [1] founding document “ADR-005: Lambda Packaging Strategy (ZIP vs Container Images)”\n" in text


def test_a_line_fits_a_terminal() -> None:
    for facts in (DASHBOARD, SCORER, ANALYSIS, INGESTION):
        assert max(map(len, as_text(decide(facts)).splitlines())) <= 100


def test_what_would_change_it_is_told_in_its_own_unit() -> None:
    text = as_text(decide(DASHBOARD))
    assert "unpacked as a zip         over 250 MiB      now 80 MB       → image" in text
    assert "C library needed          over GLIBC 2.34   now GLIBC 2.17  → image" in text
    assert "programs of the system    at least 1        now 0           → image" in text
    assert "programs of the system  none        now 1       → layers" in as_text(decide(SCORER))


def test_what_is_ruled_out_is_not_argued_for() -> None:
    text = as_text(decide(SCORER))
    assert "  image +1; ruled out: zip, layers\n" in text
    assert "  not zip, layers  programs of the system   1  at least 1\n" in text
    assert "bundling" not in text
    assert "  5 more speak only of what is ruled out\n" in text
    assert "programs of the system 1 (opa);" in text


def test_what_is_not_measured_is_named_with_its_weight() -> None:
    text = as_text(decide(replace(DASHBOARD, glibc=None, archive_start_ms=None)))
    assert "Not measured\n  C library needed        decides\n" in text
    assert "  cold start as zip, P90  would not change the answer\n" in text
    assert "What would change that" not in text
    assert "| C library needed | decides |" in as_markdown(decide(replace(DASHBOARD, glibc=None)))
    assert "C library needed GLIBC" not in text, "no figure stands for one that nobody measured"


def test_what_may_turn_out_to_be_ruled_out_too_says_so() -> None:
    large = replace(PLAIN, unpacked=300 * MIB, image_unpacked=None)
    assert headline(decide(large)) == (
        "plain: inconclusive: image or nothing, as measuring would tell; zip is declared"
    )
    assert "→ image or nothing, as measuring would tell" in as_text(decide(replace(large, unpacked=30 * MIB)))


def test_everything_measured_leaves_no_empty_heading() -> None:
    assert "Not measured" not in as_text(decide(DASHBOARD))


def test_a_start_that_is_not_declared_says_so() -> None:
    assert "now not declared" in as_text(decide(replace(TIED, code_sharers=2, lock_changes=1)))


def test_a_contradiction_names_the_strongest_reasons_and_the_way() -> None:
    assert contradiction(decide(replace(DASHBOARD, declared="image"))) == (
        "dashboard is declared as an image, and the rules say zip: declared cold start 1,000 ms (at most 1,000 ms); "
        "functions with its code 1 (at most 1); cold start as image, P90 3,102 ms (over 1,000 ms). Nothing is changed "
        "by itself. Lambda never changes a function's package type; the way is a parallel function: declare it under a "
        "new name, release, move triggers, URL and permissions to its alias, and remove the old one once no rollback "
        "needs it."
    )


def test_a_limit_is_reason_enough() -> None:
    told = contradiction(decide(replace(ANALYSIS, declared="zip")))
    assert "and the rules say image: unpacked as a zip 1,100 MB (over 250 MiB). Nothing" in told
    assert "parallel function" in told


@pytest.mark.parametrize(("declared", "sharers"), [("zip", 4), ("layers", 1)])
def test_from_zip_to_layers_and_back_is_a_change_in_place(declared: str, sharers: int) -> None:
    told = contradiction(decide(replace(INGESTION, declared=declared, code_sharers=sharers)))
    assert "That changes in place" in told
    assert "parallel" not in told


def test_nothing_is_said_of_a_declaration_that_the_rules_allow() -> None:
    assert contradiction(decide(DASHBOARD)) == ""
    assert contradiction(decide(replace(DASHBOARD, glibc=None))) == ""


def test_a_tie_shows_no_way() -> None:
    told = contradiction(decide(replace(TIED, code_sharers=2, lock_changes=1)))
    assert "the rules say image or layers, at equal scores" in told
    assert told.endswith("Nothing is changed by itself.")


@pytest.mark.parametrize(
    ("fact", "value", "shown"),
    [
        ("unpacked", 250 * MIB, "250 MiB"),
        ("unpacked", 80_000_000, "80 MB"),
        ("unpacked", 12_345_678, "12.3 MB"),
        ("unpacked", 12_345, "12.3 kB"),
        ("unpacked", 0, "0.0 kB"),
        ("image_unpacked", 10 * GB, "10 GB"),
        ("glibc", 17, "GLIBC 2.17"),
        ("glibc", 0, "none"),
        ("archive_start_ms", 1200, "1,200 ms"),
        ("code_changes", 7, "7"),
    ],
)
def test_figures_carry_their_unit(fact: Fact, value: int, shown: str) -> None:
    assert figure(fact, value) == shown


def test_every_fact_has_words() -> None:
    assert WORDS.keys() == set(get_args(Fact))


def test_markdown_has_a_table_of_rules_and_a_list_of_sources() -> None:
    text = as_markdown(decide(DASHBOARD))
    assert "| says | fact | figure | rule | because |\n" in text
    assert "| +3 zip | functions with its code | 1 | at most 1 | a layer for one function" in text
    assert "| unpacked as a zip | over 250 MiB | now 80 MB | → image |" in text
    assert "\n1. founding document “ADR-005" in text
