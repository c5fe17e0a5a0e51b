"""Why a function should be an image, a zip or layered: for a terminal, and as Markdown for a step summary."""

import textwrap
from collections.abc import Iterator
from typing import Literal, get_args

from lockage.model.packaging import PACKAGINGS, Decision, Fact, Flip, Outcome, Packaging, Rule, Spoken, When
from lockage.report.tables import markdown_table, text_table

_WIDTH = 100
_REASONS = 3

Unit = Literal["", "bytes", "ms", "GLIBC"]

WORDS: dict[Fact, tuple[str, Unit]] = {
    "unpacked": ("unpacked as a zip", "bytes"),
    "zipped": ("compressed as a zip", "bytes"),
    "image_unpacked": ("unpacked as an image", "bytes"),
    "layers": ("layers", ""),
    "system_parts": ("programs of the system", ""),
    "glibc": ("C library needed", "GLIBC"),
    "glibc_offered": ("C library of the runtime", "GLIBC"),
    "code_changes": ("code changes in 30 days", ""),
    "lock_changes": ("lock changes in 30 days", ""),
    "cold_start_ms": ("declared cold start", "ms"),
    "image_start_ms": ("cold start as image, P90", "ms"),
    "archive_start_ms": ("cold start as zip, P90", "ms"),
    "code_sharers": ("functions with its code", ""),
    "lock_sharers": ("functions with its lock", ""),
    "packages": ("packages", ""),
    "os_packages": ("packages of the system", ""),
    "native_objects": ("native objects", ""),
}
"""What a fact is called, and the unit of its figure."""

_FUNCTION: dict[Packaging, str] = {"image": "an image", "zip": "a zip", "layers": "a zip with layers"}

_IN_PLACE = "That changes in place: name the zip's layers in lockage.yaml and release."
_PARALLEL = (
    "Lambda never changes a function's package type; the way is a parallel function: declare it under a new name, "
    "release, move triggers, URL and permissions to its alias, and remove the old one once no rollback needs it."
)


def as_text(decision: Decision) -> str:
    """For a terminal or a log, in plain text."""
    parts = [
        headline(decision),
        f"  {_scores(decision)}",
        _block("Why", list(_why(decision))),
        _block("What would change that", text_table(map(_flip, decision.flips))),
        _block("Not measured", text_table(_unknown(decision))),
        _block("Figures", textwrap.wrap(_figures(decision), _WIDTH - 2)),
        _block("Sources", [f"[{number}] {source}" for source, number in _sources(decision).items()]),
    ]
    return "\n".join(filter(None, parts))


def as_markdown(decision: Decision) -> str:
    """For GitHub's step summary."""
    sources = _sources(decision)
    rules = (
        (_says(one.rule), *_measured(one), f"{one.rule.why} [{sources[one.rule.source]}]") for one in _heard(decision)
    )
    parts = [
        f"### {headline(decision)}\n",
        f"{_scores(decision)}\n",
        markdown_table(("says", "fact", "figure", "rule", "because"), rules),
        markdown_table(("would change that", "", "", ""), map(_flip, decision.flips)),
        markdown_table(("not measured", ""), _unknown(decision)),
        f"{_figures(decision)}\n",
        "\n".join(f"{number}. {source}" for source, number in sources.items()),
    ]
    return "\n".join(filter(None, parts)).rstrip() + "\n"


def headline(decision: Decision) -> str:
    """One line with the answer."""
    facts = decision.facts
    answer = _answer(decision)
    if decision.outcome == "decided":
        declared = f"though {facts.declared} is declared" if decision.contradicted else "as declared"
        return f"{facts.function}: {answer}, {declared}"
    return f"{facts.function}: {answer}; {facts.declared} is declared"


def contradiction(decision: Decision) -> str:
    """What to tell a person whose declaration the rules contradict, and the way there; empty when they do not."""
    if not decision.contradicted:
        return ""
    declared = _FUNCTION[decision.facts.declared]
    reasons = "; ".join(_reasons(decision)[:_REASONS])
    said = f"{decision.facts.function} is declared as {declared}, and the rules say {_answer(decision)}: {reasons}."
    return f"{said} Nothing is changed by itself. {_way(decision)}".rstrip()


def figure(fact: Fact, value: int) -> str:
    """A figure with its unit, as exact as a threshold needs to be."""
    unit = WORDS[fact][1]
    if unit == "bytes":
        return _bytes(value)
    return {"ms": f"{value:,} ms", "GLIBC": f"GLIBC 2.{value}" if value else "none", "": f"{value:,}"}[unit]


def _answer(decision: Decision) -> str:
    said = _said(decision.outcome, decision.possible)
    return f"inconclusive: {said}" if decision.outcome == "inconclusive" else said


def _said(outcome: Outcome, possible: tuple[Packaging, ...]) -> str:
    either = " or ".join(possible)
    if outcome == "inconclusive":  # with one that may win, the other outcome is that it is ruled out too
        return f"{either}{' or nothing' if len(possible) == 1 else ''}, as measuring would tell"
    return {"decided": either, "tie": f"{either}, at equal scores", "impossible": "no packaging fits"}[outcome]


def _scores(decision: Decision) -> str:
    ranked = sorted(decision.scores.items(), key=lambda one: -one[1])
    out = [packaging for packaging in PACKAGINGS if packaging not in decision.scores]
    scores = ", ".join(f"{packaging} {score:+d}" for packaging, score in ranked)
    return "; ".join(filter(None, [scores, f"ruled out: {', '.join(out)}" if out else ""]))


def _why(decision: Decision) -> Iterator[str]:
    """Two lines a rule: what it says of which figure, and why."""
    sources, heard = _sources(decision), _heard(decision)
    lines = text_table((_says(one.rule), *_measured(one)) for one in heard)
    for line, one in zip(lines, heard, strict=True):
        yield line
        yield f"    {one.rule.why} [{sources[one.rule.source]}]"
    if unheard := len(decision.spoken) - len(heard):
        yield f"{unheard} more speak only of what is ruled out"


def _heard(decision: Decision) -> tuple[Spoken, ...]:
    """Rules that matter for what is left: limits, and what speaks of something that is not ruled out."""
    left = decision.scores.keys()
    return tuple(one for one in decision.spoken if not one.rule.weight or left & set(one.rule.packagings))


def _sources(decision: Decision) -> dict[str, int]:
    """Every source that is cited, numbered."""
    cited = dict.fromkeys(one.rule.source for one in _heard(decision))
    return {source: number for number, source in enumerate(cited, start=1)}


def _says(rule: Rule) -> str:
    packagings = ", ".join(rule.packagings)
    if rule.effect == "rules out":
        return f"not {packagings}"
    return f"{rule.weight if rule.effect == 'speaks for' else -rule.weight:+d} {packagings}"


def _measured(one: Spoken) -> tuple[str, str, str]:
    fact = one.rule.fact
    return WORDS[fact][0], figure(fact, one.figure), _bound(fact, one.rule.when, one.threshold)


def _bound(fact: Fact, when: When, threshold: int) -> str:
    if WORDS[fact][1] == "" and threshold == 0:
        return "none" if when == "at most" else "at least 1"
    return f"{when} {figure(fact, threshold)}"


def _flip(flip: Flip) -> tuple[str, str, str, str]:
    now = "not declared" if flip.now is None else figure(flip.fact, flip.now)
    then = _said(flip.outcome, flip.possible)
    return WORDS[flip.fact][0], _bound(flip.fact, flip.when, flip.threshold), f"now {now}", f"→ {then}"


def _unknown(decision: Decision) -> Iterator[tuple[str, str]]:
    for one in decision.unknown:
        yield WORDS[one.fact][0], "decides" if one.decides else "would not change the answer"


def _figures(decision: Decision) -> str:
    facts = decision.facts
    known = [(fact, value) for fact in get_args(Fact) if (value := getattr(facts, fact)) is not None]
    names = {"system_parts": f" ({', '.join(facts.system_names)})" if facts.system_names else ""}
    told = [f"{WORDS[fact][0]} {figure(fact, value)}{names.get(fact, '')}" for fact, value in known]
    return "; ".join([f"{facts.runtime} on {facts.platform}", *told])


def _reasons(decision: Decision) -> list[str]:
    """Figures that tell what wins from what is declared, those of the strongest rules first."""
    counting = [one for one in decision.spoken if _counts(one.rule, decision)]
    strongest = sorted(counting, key=lambda one: -one.rule.weight)
    return list(dict.fromkeys(f"{name} {value} ({bound})" for name, value, bound in map(_measured, strongest)))


def _counts(rule: Rule, decision: Decision) -> bool:
    """Whether a rule tells what wins from what is declared."""
    of_declared = decision.facts.declared in rule.packagings
    if decision.facts.declared not in decision.scores:
        return of_declared and rule.effect == "rules out"
    of_winner = bool(set(rule.packagings) & set(decision.possible))
    return (of_winner and not of_declared) if rule.effect == "speaks for" else (of_declared and not of_winner)


def _way(decision: Decision) -> str:
    if decision.answer is None:
        return ""
    crosses = (decision.answer == "image") != (decision.facts.declared == "image")
    return _PARALLEL if crosses else _IN_PLACE


def _bytes(value: int) -> str:
    for unit, size in (("GB", 10**9), ("MB", 10**6), ("MiB", 2**20)):
        if value and value % size == 0:
            return f"{value // size:,} {unit}"
    return f"{value / 1e6:,.1f} MB" if value >= 10**5 else f"{value / 1e3:,.1f} kB"


def _block(title: str, lines: list[str]) -> str:
    return "\n".join(["", title, *(f"  {line}" for line in lines)]) if lines else ""
