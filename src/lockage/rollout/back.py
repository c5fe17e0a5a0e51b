"""The way back of a rollout that did not reach its end: every alias to where it was, last moved first."""

from collections.abc import Callable, Mapping
from types import MappingProxyType

from lockage.aws.calls import DeniedError
from lockage.errors import AwsError, LockageError, RolloutFailed
from lockage.model.rollout import CreateAlias, Journal, PassageState, ReadBack, ShiftAlias
from lockage.rollout import record as records
from lockage.rollout.execute import InterferenceError, point_alias
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
    unwritten = _attempt(rollout.sync)
    journal = rollout.now_open
    moved = journal.phase in {"shifting", "verifying", "undoing"}
    serves = rollout.record.release
    which = f"release {serves[:12]}" if serves else "what served before there was any release"
    told = f"no alias was moved: {which} serves"
    if moved:
        unwritten = _attempt(lambda: rollout.advance("undoing", error=reason)) or unwritten

        def still_ours() -> None:
            _attempt(rollout.sync)

        unmade = point(site, put_back(journal), made=journal.after, contested=contested, still_ours=still_ours)
        told = _whereabouts(site, rollout, which, unmade)
        if unwritten:
            raise type(unwritten)(unwritten.what, why=f"{unwritten.why}\n{told}", remedy=unwritten.remedy)
    rollout.advance("undone", error=reason)
    rollout.judge(state, reason=reason)
    return told


def _whereabouts(site: Site, rollout: Rollout, which: str, unmade: Mapping[str, str]) -> str:
    """Where every alias is that was put back, as it is read now: what served before need not be one release."""
    serving = records.newest(rollout.record, rollout.record.release) if rollout.record.release else None
    astray = [f"{function}: {what}" for function, what in unmade.items()]
    for function, version in put_back(rollout.now_open).items():
        held = site.client.alias(site.name(function), site.alias) if version is not None else None
        found = held.version if held else None
        if found != version or (held is not None and held.weighted):
            astray.append(f"{function}: at {found or 'nothing'}, and belongs to {version}: somebody moved it since")
        elif version is not None and serving is not None and serving.versions.get(function, version) != version:
            was = f"not at the release's {serving.versions[function]}: it was moved by hand before"
            astray.append(f"{function}: at {version}, as it was found, {was}")
    if astray:
        return "\n".join([f"every alias is back where it was, and not all of them are at {which}:", *astray])
    return f"every alias is back at {which}"


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


def recover(site: Site, rollout: Rollout) -> str:
    """End a rollout whose machine died: a deployment goes back, a rollback goes on to where it was going.

    Returns:
        What serves now, in words; empty when none was open.

    Raises:
        MixedError: some alias could not be moved.
        AwsError: the record names a journal that the store does not hold.
    """
    hold_journal(site, rollout)
    if rollout.record.open is None or rollout.journal is None:
        return ""
    if rollout.journal.kind == "deploy" or rollout.journal.phase in {"undoing", "undone"}:
        told = go_back(site, rollout, "staged", "interrupted; put back by the command after it", contested=True)
    else:
        point(site, rollout.journal.after, contested=True)
        flaw = _flaw(site, rollout.journal)
        rollout.rolled_back(flaw)
        told = f"rolled back to release {rollout.now_open.release[:12]}{f', but {flaw}' * bool(flaw)}"
    site.console.note(f"rollout {rollout.now_open.number} was interrupted, and has been ended first: {told}")
    site.sleep(_STALE_SECONDS)
    return told


def hold_journal(site: Site, rollout: Rollout) -> None:
    """Hold that what is open can be read.

    Raises:
        AwsError: the record names a journal that the store does not hold.
    """
    if rollout.record.open is not None and rollout.journal is None:
        raise AwsError(
            f"{site.environment} has an open rollout without a journal",
            why=f"the record names rollout {rollout.record.open}, and the release store holds no such journal",
            remedy="restore that object's newest version in the bucket, then run the same command again",
        )


def _flaw(site: Site, journal: Journal) -> str:
    """Why what a rollback went to is not good after all; empty when every function is proven."""
    try:
        site.executor({}).run([step for step in journal.instructions if isinstance(step, ReadBack)])
    except InterferenceError:
        raise
    except RolloutFailed as error:
        return error.what
    return ""


def _attempt(write: Callable[[], None]) -> AwsError | None:
    """Where the store is out of reach aliases go back all the same: it knows already whither."""
    try:
        write()
    except OvertakenError:
        raise
    except AwsError as error:
        return error
    return None


def put_back(journal: Journal) -> dict[str, str | None]:
    """Where every alias belongs that a rollout moved, in the reverse of the order it moved them in."""
    shifted = (step.function for step in journal.instructions if isinstance(step, ShiftAlias | CreateAlias))
    return {function: journal.before[function] for function in reversed(list(shifted))}


def point(
    site: Site,
    targets: Mapping[str, str | None],
    *,
    made: Mapping[str, str] = MappingProxyType({}),
    contested: bool = False,
    still_ours: Callable[[], None] = lambda: None,
) -> dict[str, str]:
    """Point every alias where it belongs; one that cannot be moved does not keep the others from it.

    Args:
        site: the environment.
        targets: function → version; None for no alias at all.
        made: function → the version its alias was made with: one at another version is somebody else's, and is left.
        contested: write also what is there already: its revision changes, and another rollout's guard fails.
        still_ours: asked before a move is tried again; raises OvertakenError where another rollout took over.

    Returns:
        Function → why its new alias was left.

    Raises:
        MixedError: naming those that could not be moved.
    """
    failures, left = [], {}
    for function, version in targets.items():
        name = site.name(function)
        try:
            if version is not None:
                point_alias(site.client, name, site.alias, version, contested=contested, still_ours=still_ours)
            elif why := _unmake(site, name, made.get(function)):
                left[function] = why
        except OvertakenError:
            raise
        except LockageError as error:
            failures.append(f"{function}: {error.what}\n  {error.why}")
    if failures:
        raise MixedError(
            f"{site.environment} is mixed: {len(failures)} of {len(targets)} aliases are not where they belong",
            why="\n".join(failures),
            remedy="mend the cause, then run the same command again, or "
            f"`lockage rollback --env {site.environment} --reason TEXT`: either ends with every alias on one release",
        )
    return left


def _unmake(site: Site, name: str, made: str | None) -> str:
    """Remove an alias that this rollout made; why it was left, if it was: nothing old calls a new function."""
    held = site.client.alias(name, site.alias)
    if held is None:
        return ""
    if held.version != made:
        return f"its alias, at version {held.version}, is not of this rollout's making and was left"
    try:
        site.client.delete_alias(name, site.alias)
    except DeniedError:
        return f"its new alias, at version {held.version}, was left: this role may not remove it"
    return ""
