"""What an environment ran, and what follows from it: where to go back to, what to keep. Pure.

A release passes through an environment: it is *staged*, then *live*, then *good* or *bad*. The target of a rollback is
the last good one, never simply the one before: with 27 good, 28 and 29 bad, it is 27.
"""

from collections.abc import Mapping

from msgspec.structs import replace

from lockage.errors import UsageError
from lockage.model.ids import ReleaseId, Version
from lockage.model.rollout import EnvironmentRecord, Passage, PassageState

REMEMBERED = 100
"""Passages that a record keeps, besides those of what serves and of what a rollback may go to."""

REASON_LENGTH = 400
"""Characters of a reason that a record keeps; the journal has all of it."""

TARGETS = 5
"""Good releases, newest first, that a rollback may go to: what they need is kept."""


class NothingToGoBackToError(UsageError):
    """An environment has no release that a rollback could go to; nothing was done."""


def opened(record: EnvironmentRecord, rollout: int) -> EnvironmentRecord:
    """A rollout begins."""
    return replace(record, rollout=rollout, open=rollout)


def passed(record: EnvironmentRecord, passage: Passage) -> EnvironmentRecord:
    """A release begins a passage, or comes back to one."""
    return _remembered(replace(record, passages=(*record.passages, replace(passage, reason=_cut(passage.reason)))))


def closed(record: EnvironmentRecord) -> EnvironmentRecord:
    """The open rollout is over."""
    return replace(record, open=None)


def serving(record: EnvironmentRecord, release: ReleaseId) -> EnvironmentRecord:
    """All aliases serve a release."""
    return replace(record, release=release)


def judged(
    record: EnvironmentRecord,
    rollout: int,
    state: PassageState,
    *,
    at: str,
    reason: str = "",
    versions: Mapping[str, Version] | None = None,
) -> EnvironmentRecord:
    """What became of one rollout's passage."""
    return replace(
        record,
        passages=tuple(
            replace(passage, state=state, at=at, reason=_cut(reason), versions=dict(versions or passage.versions))
            if passage.rollout == rollout
            else passage
            for passage in record.passages
        ),
    )


def abandoned(record: EnvironmentRecord, release: ReleaseId, *, at: str, reason: str) -> EnvironmentRecord:
    """A release is bad here, whichever rollout brought it."""
    return replace(
        record,
        passages=tuple(
            replace(passage, state="bad", at=at, reason=_cut(reason)) if passage.release == release else passage
            for passage in record.passages
        ),
    )


def newest(record: EnvironmentRecord, release: ReleaseId) -> Passage | None:
    """A release's newest passage that was judged, or if none was its newest one: what is thought of it now."""
    passages = [passage for passage in reversed(record.passages) if passage.release == release]
    return next((passage for passage in passages if passage.state in {"good", "bad"}), next(iter(passages), None))


def is_good(record: EnvironmentRecord, release: ReleaseId) -> bool:
    """Whether a release passed here, and was not found bad since."""
    passage = newest(record, release)
    return passage is not None and passage.state == "good"


def targets(record: EnvironmentRecord) -> tuple[Passage, ...]:
    """Passages of the newest good releases, newest first, one a release."""
    judged_last = (newest(record, release) for release in {passage.release for passage in record.passages})
    good = [passage for passage in judged_last if passage is not None and passage.state == "good"]
    return tuple(sorted(good, key=lambda passage: -passage.rollout)[:TARGETS])


def target(record: EnvironmentRecord, to: ReleaseId | None, leaving: ReleaseId | None) -> Passage:
    """Where a rollback goes.

    Args:
        record: of the environment.
        to: the release that was asked for; None for the last good one.
        leaving: the release to get away from.

    Raises:
        NothingToGoBackToError: there is none, or the one asked for never passed here or is bad.
    """
    if to is None:
        found = next((passage for passage in targets(record) if passage.release != leaving), None)
        if found is None:
            raise _nothing(record, leaving)
        return found
    found = newest(record, to)
    if found is None or found.state != "good":
        raise _unfit(record, to, found)
    return found


def needed(record: EnvironmentRecord) -> dict[str, set[Version]]:
    """Function → versions that must not be deleted: what serves, and what a rollback may go to.

    A function that newer releases have removed is in here as long as one of these releases has it.
    """
    held: dict[str, set[Version]] = {}
    serving_now = newest(record, record.release) if record.release else None
    for passage in (*targets(record), *(() if serving_now is None else (serving_now,))):
        for function, version in passage.versions.items():
            held.setdefault(function, set()).add(version)
    return held


def _remembered(record: EnvironmentRecord) -> EnvironmentRecord:
    """Forget the oldest passages, but none that a rollback or the cleaner still asks for."""
    excess = len(record.passages) - REMEMBERED
    serving_now = newest(record, record.release) if record.release else None
    asked_for = {passage.rollout for passage in (*targets(record), *([serving_now] if serving_now else []))}
    kept = []
    for passage in record.passages:
        if excess > 0 and passage.rollout not in asked_for:
            excess -= 1
        else:
            kept.append(passage)
    return replace(record, passages=tuple(kept))


def _cut(reason: str) -> str:
    return reason if len(reason) <= REASON_LENGTH else f"{reason[: REASON_LENGTH - 1]}…"


def _nothing(record: EnvironmentRecord, leaving: ReleaseId | None) -> NothingToGoBackToError:
    ran = "\n".join(
        f"rollout {passage.rollout}: release {passage.release[:12]} is {passage.state}" for passage in record.passages
    )
    return NothingToGoBackToError(
        f"{record.environment} has nothing to go back to",
        why=f"no release but {leaving[:12]} was ever good here\n{ran}" if leaving else "no release was ever good here",
        remedy="mend it forward: release a fix and deploy it; nothing was moved",
    )


def _unfit(record: EnvironmentRecord, to: ReleaseId, found: Passage | None) -> NothingToGoBackToError:
    fit = "\n".join(f"good: {passage.release}" for passage in targets(record))
    why = (
        "it never ran here"
        if found is None
        else f"it is {found.state} here: {found.reason or 'its checks never passed'}"
    )
    return NothingToGoBackToError(
        f"{record.environment} cannot go back to release {to[:12]}",
        why=f"{why}\n{fit or 'no release was ever good here'}",
        remedy="choose a good one with --to, or `previous`; nothing was moved",
    )
