"""From facts to a packaging, and to what would change it: pure.

A fact that nobody measured is never guessed. Every score that some figure of it would give is carried along, and only
what wins with all of them is an answer.
"""

from collections.abc import Iterable, Sequence

import msgspec
from msgspec.structs import replace

from lockage.model.packaging import (
    DECLARED,
    PACKAGINGS,
    Decision,
    Fact,
    Facts,
    Flip,
    Outcome,
    Packaging,
    Rule,
    Spoken,
    Unknown,
    When,
)
from lockage.plan.packaging.rules import RULES

_Winners = frozenset[Packaging]
"""Those with the highest score: none when all are ruled out, more than one when they tie."""


class _Tally(msgspec.Struct, frozen=True):
    """What some rules come to."""

    weights: tuple[int, ...] = (0,) * len(PACKAGINGS)
    """One for each packaging."""
    out: frozenset[Packaging] = frozenset()
    """What is ruled out."""

    def plus(self, other: "_Tally") -> "_Tally":
        both = zip(self.weights, other.weights, strict=True)
        return _Tally(weights=tuple(ours + theirs for ours, theirs in both), out=self.out | other.out)

    @property
    def scores(self) -> dict[Packaging, int]:
        pairs = zip(PACKAGINGS, self.weights, strict=True)
        return {packaging: weight for packaging, weight in pairs if packaging not in self.out}

    @property
    def winners(self) -> _Winners:
        best = max(self.scores.values(), default=0)
        return frozenset(packaging for packaging, score in self.scores.items() if score == best)


class _Bound(msgspec.Struct, frozen=True):
    """Where a rule's word changes: the two figures on either side, and what they are called."""

    threshold: int
    below: int
    """The last figure on the lower side; the next one is on the upper."""

    @property
    def down(self) -> When:
        return "at most" if self.below == self.threshold else "under"

    @property
    def up(self) -> When:
        return "over" if self.below == self.threshold else "at least"


def decide(facts: Facts, rules: Sequence[Rule] = RULES) -> Decision:
    """Choose a packaging for one function.

    Args:
        facts: its figures, as far as they were measured.
        rules: the table.
    """
    answers = _answers(facts, rules)
    outcome, possible = _outcome(answers)
    return Decision(
        facts=facts,
        outcome=outcome,
        possible=possible,
        scores=_known(facts, rules).scores,
        spoken=tuple(_spoken(facts, rules)),
        unknown=tuple(Unknown(fact=fact, decides=_decides(fact, facts, rules)) for fact in _unknown(facts, rules)),
        flips=() if outcome == "inconclusive" else _flips(facts, rules, answers),
    )


def _outcome(answers: frozenset[_Winners]) -> tuple[Outcome, tuple[Packaging, ...]]:
    possible = tuple(packaging for packaging in PACKAGINGS if any(packaging in winners for winners in answers))
    if len(answers) > 1:
        return "inconclusive", possible
    named: dict[int, Outcome] = {0: "impossible", 1: "decided"}
    return named.get(len(possible), "tie"), possible


def _answers(facts: Facts, rules: Sequence[Rule]) -> frozenset[_Winners]:
    """Who wins, for every figure that what is not measured could have."""
    return frozenset(tally.winners for tally in _tallies(facts, rules, _unknown(facts, rules)))


def _tallies(facts: Facts, rules: Sequence[Rule], unknown: Iterable[Fact]) -> set[_Tally]:
    """Every tally that some figures of these unknown facts would give."""
    found = {_known(facts, rules)}
    for fact in unknown:
        effects = _effects(fact, facts, rules)
        found = {tally.plus(effect) for tally in found for effect in effects}
    return found


def _effects(fact: Fact, facts: Facts, rules: Sequence[Rule]) -> set[_Tally]:
    """What the rules about one unknown fact would come to, on either side of every threshold."""
    about = [rule for rule in rules if rule.fact == fact]
    figures = {figure for bound in _bounds(fact, facts, about) for figure in (bound.below, bound.below + 1)}
    return {_known(replace(facts, **{fact: figure}), about) for figure in figures}


def _decides(fact: Fact, facts: Facts, rules: Sequence[Rule]) -> bool:
    effects = _effects(fact, facts, rules)
    others = _tallies(facts, rules, [other for other in _unknown(facts, rules) if other != fact])
    return any(len({tally.plus(effect).winners for effect in effects}) > 1 for tally in others)


def _known(facts: Facts, rules: Sequence[Rule]) -> _Tally:
    tally = _Tally()
    for spoken in _spoken(facts, rules):
        tally = tally.plus(_effect(spoken.rule))
    return tally


def _effect(rule: Rule) -> _Tally:
    if rule.effect == "rules out":
        return _Tally(out=frozenset(rule.packagings))
    weight = rule.weight if rule.effect == "speaks for" else -rule.weight
    return _Tally(weights=tuple(weight * (packaging in rule.packagings) for packaging in PACKAGINGS))


def _spoken(facts: Facts, rules: Sequence[Rule]) -> Iterable[Spoken]:
    for rule in rules:
        figure, threshold = _figure(facts, rule.fact), _threshold(facts, rule)
        if figure is not None and threshold is not None and _holds(figure, rule.when, threshold):
            yield Spoken(rule=rule, figure=figure, threshold=threshold)


def _unknown(facts: Facts, rules: Sequence[Rule]) -> tuple[Fact, ...]:
    """Facts that some rule asks for and nobody measured, in the order of the table."""
    asked = (rule.fact for rule in rules if _threshold(facts, rule) is not None and rule.fact not in DECLARED)
    return tuple(dict.fromkeys(fact for fact in asked if _figure(facts, fact) is None))


def _flips(facts: Facts, rules: Sequence[Rule], answers: frozenset[_Winners]) -> tuple[Flip, ...]:
    asked = dict.fromkeys(fact for rule in rules for fact in (rule.fact, rule.threshold) if isinstance(fact, str))
    known = [fact for fact in asked if fact in DECLARED or _figure(facts, fact) is not None]
    found = [flip for fact in known for flip in _flips_of(fact, facts, rules, answers)]
    return tuple(sorted(found, key=_relative))


def _flips_of(fact: Fact, facts: Facts, rules: Sequence[Rule], answers: frozenset[_Winners]) -> Iterable[Flip]:
    """The nearest figure on either side with another answer, by deciding again at every threshold."""
    now = _figure(facts, fact)
    bounds = sorted(_bounds(fact, facts, rules), key=lambda bound: (bound.below, bound.threshold))
    lower = [(bound, bound.down, bound.below) for bound in reversed(bounds) if now is None or bound.below < now]
    upper = [(bound, bound.up, bound.below + 1) for bound in bounds if now is None or bound.below >= now]
    told = {answers}
    for side in (lower, upper):
        for bound, when, value in side:
            then = _answers(replace(facts, **{fact: value}), rules)
            if then == answers:
                continue
            if now is not None or then not in told:
                yield _flip(fact, now, when, bound.threshold, value, then)
            told.add(then)
            break


def _flip(fact: Fact, now: int | None, when: When, threshold: int, value: int, then: frozenset[_Winners]) -> Flip:
    outcome, possible = _outcome(then)
    return Flip(fact=fact, now=now, when=when, threshold=threshold, value=value, outcome=outcome, possible=possible)


def _bounds(fact: Fact, facts: Facts, rules: Sequence[Rule]) -> set[_Bound]:
    """Every figure of a fact at which a rule changes its word, whether the fact is its figure or its threshold."""
    found = set[_Bound]()
    for rule in rules:
        figure, threshold = _figure(facts, rule.fact), _threshold(facts, rule)
        if rule.fact == fact and threshold is not None:
            upper_is_past = rule.when in {"over", "at most"}
            found.add(_Bound(threshold=threshold, below=threshold if upper_is_past else threshold - 1))
        elif rule.threshold == fact and figure is not None:
            upper_is_past = rule.when in {"at least", "under"}
            found.add(_Bound(threshold=figure, below=figure if upper_is_past else figure - 1))
    return {bound for bound in found if bound.below >= 0}


def _relative(flip: Flip) -> float:
    """How far a flip is away, in proportion; what is not declared yet is farthest."""
    if flip.now is None:
        return 1.0
    return abs(flip.value - flip.now) / max(flip.value, flip.now, 1)


def _figure(facts: Facts, fact: Fact) -> int | None:
    figure: int | None = getattr(facts, fact)
    return figure


def _threshold(facts: Facts, rule: Rule) -> int | None:
    return rule.threshold if isinstance(rule.threshold, int) else _figure(facts, rule.threshold)


def _holds(figure: int, when: When, threshold: int) -> bool:
    if when == "over":
        return figure > threshold
    if when == "at least":
        return figure >= threshold
    return figure <= threshold if when == "at most" else figure < threshold
