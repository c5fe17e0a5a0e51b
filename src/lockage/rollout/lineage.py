"""Which of two releases came first, by the parent that each one names."""

from collections.abc import Callable

from lockage.errors import Inconclusive, LockageError
from lockage.model.ids import ReleaseId
from lockage.model.release import Release
from lockage.rollout.admission import NotAdmittedError

FARTHEST = 1_000
"""Releases that are looked back on each side; at 30 ms a manifest that is a minute, and the first usually tells."""

Read = Callable[[ReleaseId], Release]


def hold_not_older(release: Release, running: ReleaseId | None, read: Read, environment: str) -> None:
    """Hold that a release is not an ancestor of what an environment runs.

    Args:
        release: that asks.
        running: what serves there; None when nothing does.
        read: a release from the store.
        environment: that is asked.

    Raises:
        NotAdmittedError: it is older.
        Inconclusive: the store does not tell.
    """
    try:
        older = running not in {None, release.id} and is_ancestor(release, running, read)
    except LockageError as error:
        raise _untold(release, environment, f"{error.what}\n{error.why}") from error
    if older is None:
        raise _untold(release, environment, f"within {FARTHEST:,} releases on either side their ways do not meet")
    if older:
        raise NotAdmittedError(
            f"{environment} does not take release {release.id[:12]}: it is older than what runs there",
            why=f"release {running}, which {environment} runs, was made after it",
            remedy="go back by the aliases alone, where it was good before:\n"
            f"lockage rollback --env {environment} --to {release.id} --reason TEXT\n"
            "or, to roll it out anew all the same, say --older",
        )


def is_ancestor(release: Release, of: ReleaseId, read: Read) -> bool | None:
    """Whether a release is among the parents of another one; None when that is farther back than is looked.

    Both are followed back, turn by turn: of a release that came after the other, or beside it, a few steps tell.
    """
    ours: ReleaseId | None = release.parent
    theirs: ReleaseId | None = of
    before, after = {release.id}, set[ReleaseId]()
    for _ in range(FARTHEST):
        if theirs is None or theirs in before:
            return theirs == release.id
        after.add(theirs)
        if ours in after:
            return False
        if ours is not None:
            before.add(ours)
            ours = read(ours).parent
        theirs = read(theirs).parent
    return None


def _untold(release: Release, environment: str, why: str) -> Inconclusive:
    return Inconclusive(
        f"whether release {release.id[:12]} is older than what {environment} runs could not be told; nothing was done",
        why=why,
        remedy="restore what the release store lacks; to roll it out whether it is older or not, say --older",
    )
