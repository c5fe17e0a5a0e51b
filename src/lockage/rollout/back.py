"""The way back of a rollout that did not reach its end: every alias to where it was, last moved first."""

from collections.abc import Mapping

from lockage.errors import AwsError, LockageError, RolloutFailed
from lockage.model.rollout import CreateAlias, Journal, PassageState, ShiftAlias
from lockage.rollout.journal import OvertakenError, Rollout
from lockage.rollout.site import Site

_STALE_SECONDS = 3.0
"""Lambda may show a function as it was before an update that the dead machine began a moment ago."""


class MixedError(AwsError):
    """Some aliases are new, some are old, and they could not be put right."""


def go_back(site: Site, rollout: Rollout, state: PassageState, reason: str, *, contested: bool = False) -> str:
    """End the open rollout with every alias where it was before.

    Args:
        site: the environment.
        rollout: open.
        state: what is thought of the release: *bad*, or *staged* when it was not the release's fault.
        reason: why it goes back.
        contested: whether the rollout is another machine's, which may still be running.

    Returns:
        What serves now, in words.

    Raises:
        MixedError: some alias could not be put back.
    """
    journal = rollout.now_open
    moved = journal.phase in {"shifting", "verifying", "undoing"}
    if moved:
        unwritten = _write(rollout, reason)
        point(site, put_back(journal), contested=contested)
        if unwritten:
            raise unwritten
    rollout.judge(state, reason=reason)
    rollout.advance("undone", error=reason)
    serves = rollout.record.release
    which = f"release {serves[:12]}" if serves else "what served before there was any release"
    return f"every alias is back at {which}" if moved else f"no alias was moved: {which} serves"


def give_up(site: Site, rollout: Rollout, state: PassageState, what: str, error: LockageError) -> LockageError:
    """Go back, and make one message of what failed and what serves now.

    Args:
        site: the environment.
        rollout: open.
        state: what is thought of the release.
        what: did not happen.
        error: why.

    Raises:
        OvertakenError: another rollout took over, and the environment is its.
    """
    try:
        with site.console.step(f"{site.environment}: go back"):
            serves = go_back(site, rollout, state, error.what)
    except OvertakenError:
        raise
    except LockageError as second:
        kind = MixedError if isinstance(second, MixedError) else AwsError
        return kind(
            second.what,
            why=f"{second.why}\n{site.environment} was going back, because: {error.what}\n{error.why}",
            remedy=second.remedy,
        )
    return RolloutFailed(f"{what}: {error.what}", why=f"{error.why}\n{site.environment}: {serves}", remedy=error.remedy)


def recover(site: Site, rollout: Rollout) -> None:
    """End a rollout whose machine died: a deployment goes back, a rollback goes on to where it was going.

    Raises:
        MixedError: some alias could not be moved.
        AwsError: the record names a journal that the store does not hold.
    """
    if rollout.record.open is None:
        return
    if rollout.journal is None:
        raise AwsError(
            f"{site.environment} has an open rollout without a journal",
            why=f"the record names rollout {rollout.record.open}, and the release store holds no such journal",
            remedy="restore that object's newest version in the bucket, then run the same command again",
        )
    if rollout.journal.kind == "deploy" or rollout.journal.phase == "undoing":
        go_back(site, rollout, "staged", "interrupted; put back by the command after it", contested=True)
    else:
        point(site, rollout.journal.after, contested=True)
        rollout.rolled_back()
    site.console.note(f"rollout {rollout.now_open.number} was interrupted, and has been ended first")
    site.sleep(_STALE_SECONDS)


def _write(rollout: Rollout, reason: str) -> AwsError | None:
    """Say that aliases go back. Where the store is out of reach they go back all the same: it knows already whither."""
    try:
        rollout.advance("undoing", error=reason)
    except OvertakenError:
        raise
    except AwsError as error:
        return error
    return None


def put_back(journal: Journal) -> dict[str, str | None]:
    """Where every alias belongs that a rollout moved, in the reverse of the order it moved them in."""
    shifted = (step.function for step in journal.instructions if isinstance(step, ShiftAlias | CreateAlias))
    return {function: journal.before[function] for function in reversed(list(shifted))}


def point(site: Site, targets: Mapping[str, str | None], *, contested: bool = False) -> None:
    """Point every alias where it belongs; one that cannot be moved does not keep the others from it.

    Args:
        site: the environment.
        targets: function → version; None for no alias at all.
        contested: write also what is there already: its revision changes, and another rollout's guard fails.

    Raises:
        MixedError: naming those that could not be moved.
    """
    failures = []
    for function, version in targets.items():
        try:
            _point_one(site, site.name(function), version, contested=contested)
        except LockageError as error:
            failures.append(f"{function}: {error.what}\n  {error.why}")
    if failures:
        raise MixedError(
            f"{site.environment} is mixed: {len(failures)} of {len(targets)} aliases are not where they belong",
            why="\n".join(failures),
            remedy="mend the cause, then run the same command again, or "
            f"`lockage rollback --env {site.environment}`: either ends with every alias on one release",
        )


def _point_one(site: Site, name: str, version: str | None, *, contested: bool) -> None:
    """Safe to do twice; read first, because a machine that died may have done it."""
    held = site.client.alias(name, site.alias)
    if version is None:
        if held is not None:
            site.client.delete_alias(name, site.alias)
    elif held is None:
        site.client.create_alias(name, site.alias, version)
    elif contested or held.version != version or held.weighted:
        site.client.move_alias(name, site.alias, version, revision=held.revision)
