"""What stops the line, as people read it: what, why, and what to do."""

from collections.abc import Iterable, Sequence

import msgspec

from lockage.errors import GateFailed, Inconclusive, LockageError
from lockage.gate.views import advice, exception_stanza
from lockage.model.verdict import Verdict


class Ruling(msgspec.Struct, frozen=True, kw_only=True):
    """A verdict on one artifact, and what would resolve its doubts."""

    name: str
    verdict: Verdict
    remedies: tuple[str, ...]


def refusal(rulings: Sequence[Ruling], exceptions_file: str) -> LockageError | None:
    """The error that all rulings together make; none when every artifact passes. Doubt weighs more than failure."""
    for outcome in ("inconclusive", "fail"):
        stopped = [ruling for ruling in rulings if ruling.verdict.outcome == outcome]
        if stopped:
            return _doubt(stopped) if outcome == "inconclusive" else _failure(stopped, exceptions_file)
    return None


def _doubt(stopped: Sequence[Ruling]) -> Inconclusive:
    return Inconclusive(
        f"the gate could not decide on {_names(stopped)}, which stops the line as a failure would",
        why=_reasons(stopped),
        remedy=_lines(remedy for ruling in stopped for remedy in ruling.remedies),
    )


def _failure(stopped: Sequence[Ruling], exceptions_file: str) -> GateFailed:
    blocking = [(ruling.name, finding) for ruling in stopped for finding in ruling.verdict.blocking]
    remedies = [f"{finding.package}: {advice(finding)}" for _, finding in blocking]
    idle = sum(len(ruling.verdict.reasons) - len(ruling.verdict.blocking) for ruling in stopped)
    if idle:
        remedies.append(
            f"remove exceptions that are not needed from {exceptions_file}; decide anew on those that ended, or that "
            "would hold too long"
        )
    if blocking:
        name, finding = blocking[0]
        stanza = exception_stanza(finding, name)
        remedies.append(f"or accept a finding for a time, in {exceptions_file}:\n{stanza}")
    return GateFailed(
        f"the gate stopped {_names(stopped)}",
        why=_reasons(stopped),
        remedy=_lines(remedies),
    )


def _names(stopped: Sequence[Ruling]) -> str:
    return ", ".join(ruling.name for ruling in stopped)


def _reasons(stopped: Sequence[Ruling]) -> str:
    return _lines(f"{ruling.name}: {reason}" for ruling in stopped for reason in ruling.verdict.reasons)


def _lines(lines: Iterable[str]) -> str:
    """Each line once, in the order of its first appearance."""
    return "\n".join(dict.fromkeys(lines))
