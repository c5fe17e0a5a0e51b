"""Which release goes on to the next environment. Pure."""

from lockage.errors import UsageError
from lockage.model.ids import ReleaseId
from lockage.model.rollout import EnvironmentRecord
from lockage.rollout.admission import NotAdmittedError
from lockage.rollout.record import newest


def promoted(here: EnvironmentRecord, before: EnvironmentRecord | None, given: ReleaseId | None) -> ReleaseId:
    """The release that the environment before this one runs.

    Whether it is good there is asked at the door, as for every deployment.

    Args:
        here: the environment that is to take it.
        before: the one it comes after; None when it comes after none.
        given: the release that is expected; None for whichever it is.

    Raises:
        NotAdmittedError: nothing runs there, or another than was expected, or it was found bad here already.
        UsageError: there is no environment before this one.
    """
    if before is None:
        raise UsageError(
            f"nothing is promoted to {here.environment}",
            why="promotion is from one environment to the next, and lockage.yaml gives this one no `after:`",
            remedy=f"deploy to it: lockage deploy --env {here.environment}",
        )
    release = before.release
    if release is None or before.open is not None:
        raise NotAdmittedError(
            f"there is nothing to promote to {here.environment}",
            why=f"a rollout of {before.environment} is open"
            if before.open
            else f"{before.environment} runs no release",
            remedy=f"deploy to {before.environment} first, and let its checks pass",
        )
    if given is not None and given != release:
        raise NotAdmittedError(
            f"release {given[:12]} is not what {before.environment} runs",
            why=f"{before.environment} runs {release}",
            remedy=f"promote that one, or deploy {given[:12]} to {before.environment} first",
        )
    thought_of = newest(here, release)
    if thought_of is not None and thought_of.state == "bad":
        raise NotAdmittedError(
            f"{here.environment} found release {release[:12]} bad",
            why=f"{thought_of.at}: {thought_of.reason}",
            remedy="release a fix; to try this one again, deploy it by its id: "
            f"lockage deploy --env {here.environment} --release {release}",
        )
    return release
