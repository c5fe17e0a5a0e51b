"""The rules give the founding documents' own answers, say why, what is not known, and what would change it."""

from typing import get_args

import pytest
from fakes.packaging import ANALYSIS, DASHBOARD, GB, INGESTION, MB, MIB, PLAIN, SCORER
from msgspec.structs import replace

from lockage.model.packaging import PACKAGINGS, Decision, Fact, Facts, Flip
from lockage.plan.packaging.decide import decide
from lockage.plan.packaging.rules import RULES

UNMEASURED_STARTS = {"image_start_ms": None, "archive_start_ms": None}

FOUNDING = {
    "scorer: the OPA binary": (SCORER, "image"),
    "remediator: the same image, another handler": (replace(SCORER, function="remediator"), "image"),
    "onboarding: the same image, another handler": (
        replace(SCORER, function="onboarding", cold_start_ms=1000),
        "image",
    ),
    "dashboard: 80 MB, native, daily, below a second": (DASHBOARD, "zip"),
    "dashboard: with common code": (replace(DASHBOARD, code_sharers=6), "zip"),
    "analysis: a model of 1.1 GB": (ANALYSIS, "image"),
    "ingestion: light, and alone": (INGESTION, "zip"),
    "ingestion: light, with common code": (replace(INGESTION, code_sharers=2), "layers"),
    "ingestion: one of more than ten": (replace(INGESTION, code_sharers=11), "layers"),
    "ingestion: below a second, one of more than ten on one lock": (
        replace(INGESTION, code_sharers=12, lock_sharers=12, cold_start_ms=1000),
        "layers",
    ),
    "image resize: 100 MB, a second preferred, medium": (replace(PLAIN, unpacked=100 * MB, cold_start_ms=1000), "zip"),
    "data ETL: 500 MB": (replace(PLAIN, unpacked=500 * MB, code_changes=1, cold_start_ms=5000), "image"),
    "a simple function with few dependencies": (PLAIN, "zip"),
}


@pytest.mark.parametrize(("facts", "answer"), FOUNDING.values(), ids=FOUNDING)
@pytest.mark.parametrize("starts", [{}, UNMEASURED_STARTS], ids=["measured", "starts not measured"])
def test_the_documents_own_choices_come_out(facts: Facts, answer: str, starts: dict[str, None]) -> None:
    decision = decide(replace(facts, **starts))
    assert (decision.outcome, decision.possible) == ("decided", (answer,))
    assert decision.answer == answer


def spoken(decision: Decision) -> list[str]:
    return [spoken.rule.id for spoken in decision.spoken]


def test_every_rule_that_spoke_is_told_with_its_figures() -> None:
    decision = decide(DASHBOARD)
    assert spoken(decision) == [
        "short-start",
        "no-time-for-an-image",
        "late-image",
        "changes-often",
        "steady-lock",
        "shares-nothing",
        "few-sharers",
        "light",
        "system-to-patch",
    ]
    [late] = [one for one in decision.spoken if one.rule.id == "late-image"]
    assert (late.figure, late.threshold) == (3102, 1000)
    assert decision.scores == {"image": -5, "zip": 11, "layers": 5}


def test_what_is_ruled_out_has_no_score() -> None:
    decision = decide(ANALYSIS)
    assert "archive-limit" in spoken(decision)
    assert decision.scores.keys() == {"image"}


RULED_OUT = {
    "the archive at its limit": ({"unpacked": 250 * MIB}, PACKAGINGS),
    "the archive over it": ({"unpacked": 250 * MIB + 1}, ("image",)),
    "five layers": ({"layers": 5}, PACKAGINGS),
    "six layers": ({"layers": 6}, ("image", "zip")),
    "the image at its limit": ({"image_unpacked": 10 * GB}, PACKAGINGS),
    "the image over it": ({"image_unpacked": 10 * GB + 1}, ("zip", "layers")),
    "a program of the system": ({"system_parts": 1}, ("image",)),
    "the runtime's own C library": ({"glibc": 34}, PACKAGINGS),
    "a newer C library": ({"glibc": 35}, ("image",)),
    "an older runtime": ({"glibc": 28, "glibc_offered": 26}, ("image",)),
}


@pytest.mark.parametrize(("change", "left"), RULED_OUT.values(), ids=RULED_OUT)
def test_a_limit_counts_from_the_figure_past_it(change: dict[str, int], left: tuple[str, ...]) -> None:
    assert tuple(decide(replace(PLAIN, **change)).scores) == left


def test_nothing_may_be_left() -> None:
    decision = decide(replace(PLAIN, unpacked=300 * MIB, image_unpacked=11 * GB))
    assert (decision.outcome, decision.possible, decision.answer) == ("impossible", (), None)
    assert decision.contradicted


TIED = replace(
    PLAIN, cold_start_ms=None, unpacked=150 * MB, os_packages=0, lock_sharers=2, code_changes=4, zipped=60 * MB
)


def test_a_tie_is_called_one() -> None:
    tied = replace(TIED, code_sharers=2, lock_changes=1)
    decision = decide(tied)
    assert decision.scores == {"image": 3, "zip": 1, "layers": 3}
    assert (decision.outcome, decision.possible, decision.answer) == ("tie", ("image", "layers"), None)
    assert decision.contradicted
    assert not decide(replace(tied, declared="image")).contradicted


def test_an_unknown_that_could_change_the_answer_leaves_it_open() -> None:
    decision = decide(replace(DASHBOARD, glibc=None))
    assert (decision.outcome, decision.possible, decision.answer) == ("inconclusive", ("image", "zip"), None)
    assert [(one.fact, one.decides) for one in decision.unknown] == [("glibc", True)]
    assert decision.flips == ()
    assert not decision.contradicted


def test_an_unknown_that_could_not_is_named_and_does_no_harm() -> None:
    decision = decide(replace(DASHBOARD, os_packages=None, archive_start_ms=None))
    assert decision.answer == "zip"
    assert {(one.fact, one.decides) for one in decision.unknown} == {
        ("archive_start_ms", False),
        ("os_packages", False),
    }


def test_two_unknowns_can_decide_together_what_neither_could_alone() -> None:
    measured = replace(TIED, code_sharers=1, cold_start_ms=2500, image_start_ms=2400, zipped=8 * MB, lock_sharers=1)
    assert decide(replace(measured, zipped=None)).answer == "zip"
    assert decide(replace(measured, lock_sharers=None)).answer == "zip"
    both = decide(replace(measured, zipped=None, lock_sharers=None))
    assert (both.outcome, both.possible) == ("inconclusive", ("image", "zip"))
    assert {(one.fact, one.decides) for one in both.unknown} == {("zipped", True), ("lock_sharers", True)}


def test_a_measured_start_is_only_asked_for_where_one_is_declared() -> None:
    assert decide(replace(PLAIN, **UNMEASURED_STARTS)).unknown == ()
    asked = {one.fact for one in decide(replace(PLAIN, cold_start_ms=1000, **UNMEASURED_STARTS)).unknown}
    assert asked == set(UNMEASURED_STARTS)


def test_a_declared_packaging_is_contradicted_only_by_an_answer() -> None:
    assert decide(replace(DASHBOARD, declared="image")).contradicted
    assert not decide(DASHBOARD).contradicted
    assert decide(replace(DASHBOARD, declared="layers", glibc=None)).contradicted, "whatever glibc turns out to be"


def flips(facts: Facts) -> dict[str, list[tuple[str, int, tuple[str, ...]]]]:
    found: dict[str, list[tuple[str, int, tuple[str, ...]]]] = {}
    for flip in decide(facts).flips:
        found.setdefault(flip.fact, []).append((flip.when, flip.threshold, flip.possible))
    return found


def test_what_would_change_the_answer_is_told_at_the_threshold() -> None:
    found = flips(DASHBOARD)
    assert found["unpacked"] == [("over", 250 * MIB, ("image",))]
    assert found["system_parts"] == [("over", 0, ("image",))]
    assert found["glibc"] == [("over", 34, ("image",))]
    assert found["glibc_offered"] == [("under", 17, ("image",))]
    assert found["code_sharers"] == [("over", 10, ("layers",))]
    assert found.keys() == {"unpacked", "system_parts", "glibc", "glibc_offered", "code_sharers"}


def test_the_smallest_change_comes_first() -> None:
    facts = replace(PLAIN, unpacked=249 * MIB, code_sharers=1)
    order = [flip.fact for flip in decide(facts).flips]
    assert order[:2] == ["unpacked", "code_sharers"]


def test_a_start_that_nobody_declared_can_be_declared() -> None:
    late = replace(TIED, code_sharers=2, lock_changes=1, image_start_ms=2500)
    assert flips(late)["cold_start_ms"] == [("under", 2500, ("layers",)), ("at least", 891, ("zip",))]
    assert next(flip.now for flip in decide(late).flips if flip.fact == "cold_start_ms") is None


def test_the_same_answer_is_not_told_twice() -> None:
    facts = replace(PLAIN, unpacked=150 * MB, os_packages=0, zipped=60 * MB, archive_start_ms=2500, lock_changes=1)
    assert flips(replace(facts, image_start_ms=900))["cold_start_ms"] == [("under", 2500, ("image", "zip"))]


def test_a_change_may_also_leave_the_answer_open() -> None:
    facts = replace(TIED, code_sharers=2, lock_changes=5, image_start_ms=None)
    assert decide(facts).answer == "image"
    flip = next(flip for flip in decide(facts).flips if flip.fact == "cold_start_ms")
    assert (flip.when, flip.threshold) == ("under", 2000)
    assert (flip.outcome, flip.possible) == ("inconclusive", ("image", "layers"))


def test_the_table_is_in_order() -> None:
    assert len({rule.id for rule in RULES}) == len(RULES)
    for rule in RULES:
        assert rule.source.startswith(("founding document ", "AWS: ")), rule.id
        assert rule.fact in get_args(Fact)
        assert isinstance(rule.threshold, int) or rule.threshold in get_args(Fact)
        assert (rule.weight == 0) == (rule.effect == "rules out"), rule.id
    hard = [rule.effect == "rules out" for rule in RULES]
    assert hard == sorted(hard, reverse=True), "limits come first"


def test_facts_have_names() -> None:
    assert set(get_args(Fact)) < set(Facts.__struct_fields__)


def test_a_flip_says_what_it_flips_to() -> None:
    flip = next(flip for flip in decide(DASHBOARD).flips if flip.fact == "unpacked")
    expected = Flip(
        fact="unpacked",
        now=80 * MB,
        when="over",
        threshold=250 * MIB,
        value=250 * MIB + 1,
        outcome="decided",
        possible=("image",),
    )
    assert flip == expected
