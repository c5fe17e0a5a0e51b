"""A decision taken again, where there is neither scanner nor database: from the findings and what the verdict names.

A verdict is a file that was handed over. What it rests on is at hand where an artifact is pushed: the findings, and the
policy and exceptions that are checked out. Only the database's facts must be taken from the verdict.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from msgspec.structs import replace

from lockage.errors import GateFailed, Inconclusive
from lockage.gate.decide import decide
from lockage.gate.evidence import DatabaseFacts, Evidence, Scanner, Subject
from lockage.gate.findings import Unreadable, parse
from lockage.gate.policy import DATABASE_SCHEMA, Policy
from lockage.model.ids import Digest
from lockage.model.verdict import Database, Verdict

_CLOCKS_DIFFER = timedelta(hours=1)


def evidence(subject: Subject, findings: bytes, verdict: Verdict, scanner: Scanner) -> Evidence:
    """What the verdict was decided from, as far as it is at hand.

    Args:
        subject: the artifact itself.
        findings: the scanner's report.
        verdict: says which database served.
        scanner: as the lock knows it.
    """
    return Evidence(
        subject=subject,
        scan=parse(findings),
        database=_facts(verdict.database) if verdict.database else Unreadable(reason="the verdict names none"),
        scanner=scanner,
    )


def hold(verdict: Verdict, seen: Evidence, policy: Policy, now: datetime) -> None:
    """Hold that a verdict is the one that its findings and this policy give, and is not too old.

    Raises:
        GateFailed: decided now, the gate stops the artifact.
        Inconclusive: decided now, it cannot tell; or the verdict says otherwise, or is over age.
    """
    again, name = decide(seen, policy, now), seen.subject.name
    if again.outcome != "pass":
        raise (GateFailed if again.outcome == "fail" else Inconclusive)(
            f"{name} does not pass any more: decided again, the outcome is {again.outcome}",
            why="\n".join(again.reasons),
            remedy=f"scan it again and mend what stops it: ./noxw -s scan -- {name}",
        )
    problem = "\n".join([*_differences(verdict, again), *_over_age(verdict, policy, now)])
    if problem:
        raise Inconclusive(
            f"the verdict on {name} cannot be relied on",
            why=problem,
            remedy=f"scan it again, on what is checked out: ./noxw -s scan -- {name}",
        )


def is_current(before: Verdict, again: Verdict, policy: Policy, now: datetime) -> bool:
    """Whether a verdict may stay as it is: the same decision, with half of its time before it."""
    return not [*_differences(before, again), *_over_age(before, policy, now, share=2)]


def _differences(verdict: Verdict, again: Verdict) -> Iterator[str]:
    same_time = replace(again, decided_at=verdict.decided_at)
    for field in verdict.__struct_fields__:
        if getattr(verdict, field) != getattr(same_time, field):
            yield f"its {field} is not what the findings and the policy give"


def _over_age(verdict: Verdict, policy: Policy, now: datetime, *, share: int = 1) -> Iterator[str]:
    try:
        age = now - datetime.fromisoformat(verdict.decided_at).astimezone(UTC)
    except ValueError:
        yield f"when it was decided cannot be read: {verdict.decided_at!r}"
        return
    if age * share > policy.max_age or age < -_CLOCKS_DIFFER:
        yield f"it was decided at {verdict.decided_at}; at most {policy.database_max_age_h} h are allowed"


def _facts(database: Database) -> DatabaseFacts | Unreadable:
    """Its schema is the gate's own, or the verdict were none; when it came to the scanner's machine is not told."""
    try:
        updated = datetime.fromisoformat(database.updated_at).astimezone(UTC)
    except ValueError:
        return Unreadable(reason=f"the verdict names no time at which it was updated: {database.updated_at!r}")
    return DatabaseFacts(
        digest=Digest(database.digest),
        schema=DATABASE_SCHEMA,
        updated_at=updated,
        downloaded_at=updated,
        second_source=database.second_source,
        systems=database.systems,
    )
