"""Rolls an environment back: aliases alone, to a release that was good here, proven before and after.

Needs no build, no push, no scanner and no GitHub: only the aliases and the release store. Versions never change, so a
version that still exists, with the release's digest and configuration, is what ran then.
"""

from collections.abc import Callable

import msgspec

from lockage.errors import LockageError, RolloutFailed, UsageError
from lockage.model.ids import ReleaseId, Version
from lockage.model.rollout import AliasState, Desired, Journal, Passage, Plan, Proof, VersionState
from lockage.rollout import record as records
from lockage.rollout.back import MixedError, give_up, recover
from lockage.rollout.execute import ActingExecutor, difference
from lockage.rollout.journal import OvertakenError, Rollout
from lockage.rollout.plan import plan_rollback
from lockage.rollout.references import desired
from lockage.rollout.show import PrintingExecutor
from lockage.rollout.site import Site


class UnfitError(UsageError):
    """What a rollback would go back to is not what it was; nothing was moved."""


class WayBack(msgspec.Struct, frozen=True, kw_only=True):
    """A rollback that has been planned."""

    target: Passage
    leaving: ReleaseId | None
    plan: Plan
    aliases: dict[str, AliasState]
    left: tuple[str, ...]
    """Functions that the target does not have: their aliases stay where they are."""


class RolledBack(msgspec.Struct, frozen=True, kw_only=True):
    """A rollback that arrived, as it was read back."""

    environment: str
    release: ReleaseId
    abandoned: ReleaseId | None
    """Marked *bad*; None when the environment ran its target already."""
    proofs: tuple[Proof, ...]
    left: tuple[str, ...]
    mixed_seconds: float


def rollback(site: Site, *, to: ReleaseId | None, reason: str) -> RolledBack:
    """Move every alias back.

    Args:
        site: the environment.
        to: a release that was good here; None for the last good one.
        reason: stands in the journal and beside the abandoned release.

    Raises:
        NothingToGoBackToError: there is no such release; nothing was moved.
        UnfitError: a version is gone or is not what it was; nothing was moved.
        RolloutFailed: an alias could not be moved, and all are back where they were; or all arrived, and a function
            does not answer.
        MixedError: an alias could not be moved in either direction.
    """
    rollout = Rollout.read(site)
    try:
        way = prepare(site, rollout, to)
    except records.NothingToGoBackToError as error:
        raise _end_what_is_open(site, rollout, error) from error
    executor = site.executor(way.aliases)
    if way.plan.changes or rollout.record.open is not None or way.target.release != rollout.record.release:
        _open(site, rollout, way, reason)
        _shift(site, rollout, way, executor)
        rollout.rolled_back()
    with site.console.step(f"{site.environment}: read back {len(way.plan.verify)} functions"):
        _read_back(site, way, executor)
    return RolledBack(
        environment=site.environment,
        release=way.target.release,
        abandoned=None if way.leaving == way.target.release else way.leaving,
        proofs=tuple(executor.proofs),
        left=way.left,
        mixed_seconds=rollout.journal.mixed_seconds if rollout.journal else 0.0,
    )


def preview(site: Site, to: ReleaseId | None, say: Callable[[str], None]) -> None:
    """Say what ``rollback`` would do; nothing is changed.

    Raises:
        UsageError: as ``rollback``.
    """
    way = prepare(site, Rollout.read(site), to)
    say(f"{'go back to release':<21} {way.target.release}")
    for function in way.left:
        say(f"{'leave the alias':<21} {function}: the release has no such function")
    PrintingExecutor(say).run(way.plan.instructions)


def prepare(site: Site, rollout: Rollout, to: ReleaseId | None) -> WayBack:
    """Plan a rollback, and hold that everything it needs is there; nothing is changed."""
    leaving = rollout.leaving()
    target = records.target(rollout.record, to, leaving)
    with site.console.step(f"{site.environment}: look for release {target.release[:12]}") as step:
        release = site.store.release(target.release)
        wanted = desired(release, target.references, site.registry)
        aliases = _fit(site, target, wanted)
        step.made(f"all {len(wanted)} versions are there, by digest")
    running = records.newest(rollout.record, leaving) if leaving else None
    return WayBack(
        target=target,
        leaving=leaving,
        plan=plan_rollback(wanted, target.versions, aliases, contested=rollout.record.open is not None),
        aliases=aliases,
        left=tuple(sorted(set(running.versions if running else ()) - set(target.versions))),
    )


def _end_what_is_open(site: Site, rollout: Rollout, error: LockageError) -> LockageError:
    """Without a release to go to, an interrupted rollout can at least be put back to where it began."""
    if rollout.record.open is None:
        return error
    recover(site, rollout)
    return records.NothingToGoBackToError(
        f"{error.what}; its interrupted rollout was put back to where it began",
        why=error.why,
        remedy="mend it forward: release a fix and deploy it",
    )


def _fit(site: Site, target: Passage, wanted: tuple[Desired, ...]) -> dict[str, AliasState]:
    """Where every alias is, once it is known that all could be moved."""
    aliases, unfit = {}, []
    for one in wanted:
        name, version = site.name(one.function), target.versions[one.function]
        alias = site.client.alias(name, site.alias)
        if alias is None:
            unfit.append(f"{one.function}: it has no alias {site.alias}")
        else:
            aliases[one.function] = alias
        unfit.extend(_flaws(one, version, site.client.state(name, version)))
    if unfit:
        raise UnfitError(
            f"{site.environment} cannot go back to release {target.release[:12]}; nothing was moved",
            why="\n".join(unfit),
            remedy="choose an earlier good release with --to, or mend it forward: release a fix and deploy it",
        )
    return aliases


def _flaws(one: Desired, version: Version, held: VersionState | None) -> list[str]:
    if held is None:
        return [f"{one.function}: version {version} is gone"]
    flaws = []
    if not held.serves:
        flaws.append(f"{one.function}: version {version} is {held.state}: {held.reason}")
    if not one.matches(held):
        flaws.append(f"{one.function}: version {version} is not the release's: {difference(one, held)}")
    return flaws


def _open(site: Site, rollout: Rollout, way: WayBack, reason: str) -> None:
    journal = Journal(
        number=rollout.record.rollout + 1,
        environment=site.environment,
        kind="rollback",
        release=way.target.release,
        abandons=way.leaving,
        supersedes=rollout.record.open,
        reason=reason,
        phase="shifting",
        instructions=way.plan.instructions,
        before=way.plan.before,
        after=way.target.versions,
        references=way.target.references,
        began=site.now(),
    )
    rollout.open(journal, None)


def _shift(site: Site, rollout: Rollout, way: WayBack, executor: ActingExecutor) -> None:
    try:
        with site.console.step(f"{site.environment}: move {site.alias} of {len(way.plan.shift)} functions") as step:
            began = site.clock()
            executor.run(way.plan.shift)
            mixed = round(site.clock() - began, 3)
            step.made(f"mixed for {mixed:g} s")
    except OvertakenError:
        raise
    except LockageError as error:
        raise _failed(site, rollout, way, error) from error
    rollout.advance("verifying", mixed_seconds=mixed)


def _failed(site: Site, rollout: Rollout, way: WayBack, error: LockageError) -> LockageError:
    """All-old again, unless it was mixed before: then only going on puts it right."""
    if rollout.now_open.supersedes is not None:
        return MixedError(
            f"{site.environment} is still mixed: {error.what}",
            why=error.why,
            remedy="mend the cause, then run the same command again: it goes on from where it is",
        )
    what = f"{site.environment} did not go back to release {way.target.release[:12]}"
    return give_up(site, rollout, "staged", what, error)


def _read_back(site: Site, way: WayBack, executor: ActingExecutor) -> None:
    try:
        executor.run(way.plan.verify)
    except LockageError as error:
        raise RolloutFailed(
            f"{site.environment} is back at release {way.target.release[:12]}, but {error.what}",
            why=f"{error.why}\nevery alias was moved; not every function could be proven",
            remedy="read the function's log; an earlier good release can be chosen with --to",
        ) from error
