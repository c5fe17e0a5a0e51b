"""The door of an environment: who may come in. Pure."""

from lockage.errors import UsageError
from lockage.model.release import Release
from lockage.model.rollout import EnvironmentRecord
from lockage.rollout.record import is_good


class NotAdmittedError(UsageError):
    """A release may not enter an environment; nothing was done."""


def admit(release: Release, environment: str, *, rehearsal: bool, before: EnvironmentRecord | None) -> None:
    """Hold that a release may enter.

    Args:
        release: that asks.
        environment: that is asked.
        rehearsal: whether the environment's account is a rehearsal's.
        before: what the environment that comes first ran; None when none does.

    Raises:
        NotAdmittedError: it is for a rehearsal only, or it did not pass where it had to.
    """
    if release.rehearsal_only and not rehearsal:
        raise NotAdmittedError(
            f"{environment} does not take release {release.id[:12]}: it may serve a rehearsal only",
            why="\n".join(release.rehearsal_only),
            remedy="build and release again from a clean tree where the originals can be had, with no mirrors",
        )
    if before is not None and not is_good(before, release.id):
        raise NotAdmittedError(
            f"{environment} does not take release {release.id[:12]}: it has not passed {before.environment}",
            why=_what_happened(before, release),
            remedy=f"deploy it to {before.environment} first; once its checks pass there: lockage promote",
        )


def _what_happened(before: EnvironmentRecord, release: Release) -> str:
    passages = [passage for passage in before.passages if passage.release == release.id]
    if not passages:
        return f"it never was in {before.environment}"
    return "\n".join(
        f"rollout {passage.rollout} there: {passage.state}{f' ({passage.reason})' * bool(passage.reason)}"
        for passage in passages
    )
