"""What must hold for any facts at all."""

from itertools import pairwise
from typing import get_args

from fakes.packaging import GB, MB, MIB, PLAIN
from hypothesis import assume, given
from hypothesis import strategies as st
from msgspec.structs import replace

from lockage.model.packaging import DECLARED, PACKAGINGS, Decision, Fact, Facts
from lockage.plan.packaging.decide import decide
from lockage.plan.packaging.rules import RULES


def near(*thresholds: int) -> st.SearchStrategy[int]:
    """Figures on and beside thresholds, where mistakes live."""
    beside = [figure for one in thresholds for figure in (one - 1, one, one + 1) if figure >= 0]
    return st.sampled_from(beside) | st.integers(0, 3 * max(thresholds))


STARTS = near(800, 1000, 2000)
FIGURES: dict[str, st.SearchStrategy[int]] = {
    "unpacked": near(100 * MB, 250 * MIB),
    "zipped": near(50 * MIB),
    "image_unpacked": near(10 * GB),
    "layers": near(5),
    "system_parts": near(0, 1),
    "glibc": near(26, 34),
    "code_changes": near(4, 8),
    "lock_changes": near(4),
    "image_start_ms": STARTS,
    "archive_start_ms": STARTS,
    "code_sharers": near(1, 10),
    "lock_sharers": near(1, 10),
    "os_packages": near(0, 1),
}
TARGETS = st.none() | STARTS


def facts_of(figures: dict[str, st.SearchStrategy[int | None]]) -> st.SearchStrategy[Facts]:
    known = st.fixed_dictionaries({**figures, "cold_start_ms": TARGETS, "declared": st.sampled_from(PACKAGINGS)})
    return known.map(lambda chosen: replace(PLAIN, **chosen))


MEASURED = facts_of({**FIGURES})
ANY = facts_of({fact: st.none() | figures for fact, figures in FIGURES.items()})


def answer(decision: Decision) -> tuple[str, tuple[str, ...]]:
    return decision.outcome, decision.possible


@given(ANY)
def test_there_is_always_a_decision_and_it_fits_its_outcome(facts: Facts) -> None:
    decision = decide(facts)
    counts = {"decided": {1}, "tie": {2, 3}, "impossible": {0}, "inconclusive": {1, 2, 3}}
    assert len(decision.possible) in counts[decision.outcome]
    assert (decision.answer is not None) == (decision.outcome == "decided")
    assert decide(facts) == decision


@given(MEASURED)
def test_with_everything_measured_nothing_is_open(facts: Facts) -> None:
    decision = decide(facts)
    assert decision.unknown == ()
    assert decision.outcome != "inconclusive"
    best = max(decision.scores.values(), default=0)
    assert set(decision.possible) == {packaging for packaging, score in decision.scores.items() if score == best}


@given(ANY)
def test_limits_win_over_any_weight(facts: Facts) -> None:
    decision = decide(facts)
    ruled_out = {
        packaging
        for spoken in decision.spoken
        if spoken.rule.effect == "rules out"
        for packaging in spoken.rule.packagings
    }
    assert not ruled_out & set(decision.possible)
    assert not ruled_out & decision.scores.keys()


@given(ANY, MEASURED)
def test_what_is_measured_later_never_overturns_an_answer(facts: Facts, later: Facts) -> None:
    decision = decide(facts)
    completed = replace(facts, **{fact: getattr(later, fact) for fact in FIGURES if getattr(facts, fact) is None})
    then = decide(completed)
    assert set(then.possible) <= set(decision.possible)
    if decision.outcome != "inconclusive":
        assert answer(then) == answer(decision)


@given(ANY, MEASURED)
def test_what_does_not_decide_may_have_any_figure(facts: Facts, later: Facts) -> None:
    decision = decide(facts)
    idle = [one.fact for one in decision.unknown if not one.decides]
    assume(idle)
    fact = idle[0]
    assert answer(decide(replace(facts, **{fact: getattr(later, fact)}))) == answer(decision)


@given(ANY)
def test_it_is_open_exactly_when_some_unknown_decides(facts: Facts) -> None:
    decision = decide(facts)
    assert (decision.outcome == "inconclusive") == any(one.decides for one in decision.unknown)


@given(MEASURED)
def test_past_the_threshold_that_is_told_the_answer_is_another(facts: Facts) -> None:
    decision = decide(facts)
    for flip in decision.flips:
        past = {"over": flip.threshold + 1, "at least": flip.threshold, "at most": flip.threshold}
        assert flip.value == past.get(flip.when, flip.threshold - 1)
        then = decide(replace(facts, **{flip.fact: flip.value}))
        assert answer(then) != answer(decision)
        assert answer(then) == (flip.outcome, flip.possible)


@given(MEASURED, st.sampled_from(sorted(FIGURES)), st.data())
def test_before_the_threshold_that_is_told_the_answer_stays(facts: Facts, fact: str, data: st.DataObject) -> None:
    decision = decide(facts)
    now = getattr(facts, fact)
    values = [flip.value for flip in decision.flips if flip.fact == fact]
    lowest = max((value + 1 for value in values if value < now), default=0)
    highest = min((value - 1 for value in values if value > now), default=10**12)
    moved = data.draw(st.integers(lowest, highest))
    assert answer(decide(replace(facts, **{fact: moved}))) == answer(decision)


@given(MEASURED)
def test_flips_are_told_nearest_first_and_once_a_side(facts: Facts) -> None:
    flips = decide(facts).flips
    moves = [(flip.fact, flip.now, flip.value) for flip in flips if flip.now is not None]
    away = [abs(value - now) / max(value, now, 1) for _, now, value in moves]
    assert all(close <= far for close, far in pairwise(away))
    sides = [(fact, value > now) for fact, now, value in moves]
    assert len(set(sides)) == len(sides)


def test_the_laws_are_tried_on_every_fact_that_rules_ask_for() -> None:
    asked = {rule.fact for rule in RULES} | {rule.threshold for rule in RULES if isinstance(rule.threshold, str)}
    assert asked - DECLARED - {"glibc_offered"} == FIGURES.keys()
    assert asked <= set(get_args(Fact))
