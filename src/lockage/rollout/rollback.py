"""Rolls an environment back: aliases alone, to a release that was good here, proven before and after.

Needs no build, no push, no scanner and no GitHub: only the aliases and the release store. Versions never change, so a
version that still exists, with the release's digest and configuration, is what ran then.
"""

from collections.abc import Callable

import msgspec

from lockage.errors import AwsError, LockageError, RolloutFailed, UsageError
from lockage.model.ids import ReleaseId, Version
from lockage.model.rollout import AliasState, Desired, Journal, Passage, Plan, Proof, VersionState
from lockage.rollout import record as records
from lockage.rollout.back import MixedError, give_up, go_back, hold_journal, point, recover
from lockage.rollout.execute import ActingExecutor, InterferenceError, difference
from lockage.rollout.journal import OvertakenError, Rollout
from lockage.rollout.plan import plan_rollback
from lockage.rollout.references import desired
from lockage.rollout.show import PrintingExecutor
from lockage.rollout.site import Site

_ROUNDS = 3
"""Times that a rollback takes up what somebody else did meanwhile."""


class UnfitError(UsageError):
    """What a rollback would go back to is not what it was; nothing was moved."""


class NotLeftError(UsageError):
    """It is not said, or wrongly, which release a rollback is to leave; nothing was moved."""


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """What somebody wants of a rollback."""

    to: ReleaseId | None
    leaves: ReleaseId | None
    reason: str


class WayBack(msgspec.Struct, frozen=True, kw_only=True):
    """A rollback that has been planned."""

    target: Passage
    leaving: ReleaseId | None
    plan: Plan
    aliases: dict[str, AliasState]
    left: tuple[str, ...]
    """Functions that the target does not have: their aliases stay where they are."""
    needed: bool
    """Whether anything is to be moved or written down."""


class RolledBack(msgspec.Struct, frozen=True, kw_only=True):
    """A rollback that arrived, as it was read back."""

    environment: str
    release: ReleaseId
    abandoned: ReleaseId | None
    """Marked *bad*; None when the environment ran its target already."""
    proofs: tuple[Proof, ...]
    left: tuple[str, ...]
    mixed_seconds: float


def rollback(site: Site, *, to: ReleaseId | None, reason: str, leaves: ReleaseId | None = None) -> RolledBack:
    """Move every alias back. The rollout stays open until all is proven: the same again goes to the same release.

    Args:
        site: the environment.
        to: a release that was good here; None for the last good one.
        reason: stands in the journal and beside the abandoned release.
        leaves: the release to get away from, which must be what the environment runs; None for whichever it is.

    Raises:
        NotLeftError: it runs another release than ``leaves``, or was rolled back already; nothing was moved.
        NothingToGoBackToError: there is no such release; nothing was moved.
        UnfitError: a version is gone or is not what it was; nothing was moved.
        RolloutFailed: an alias could not be moved, and all are back where they were; or all arrived, and a function
            does not answer.
        MixedError: an alias could not be moved in either direction, or it was interrupted.
        AwsError: all arrived and were proven, and the store did not take it down.
    """
    rollout, way = _begin(site, Asked(to=to, leaves=leaves, reason=reason))
    executor = site.executor(way.aliases, wins=True)
    try:
        if way.needed:
            _shift(site, rollout, way, executor)
        with site.console.step(f"{site.environment}: read back {len(way.plan.verify)} functions"):
            _read_back(site, way, executor)
        if way.needed:
            _write_down(site, rollout, way)
    except (KeyboardInterrupt, SystemExit) as stop:
        raise _interrupted(site, way, executor) from stop
    return RolledBack(
        environment=site.environment,
        release=way.target.release,
        abandoned=None if way.leaving == way.target.release else way.leaving,
        proofs=tuple(executor.proofs),
        left=way.left,
        mixed_seconds=rollout.journal.mixed_seconds if rollout.journal else 0.0,
    )


def preview(site: Site, to: ReleaseId | None, say: Callable[[str], None], *, leaves: ReleaseId | None = None) -> None:
    """Say what ``rollback`` would do; nothing is changed.

    Raises:
        UsageError: as ``rollback``.
    """
    way = prepare(site, Rollout.read(site), to, leaves)
    say(f"{'leave release':<21} {way.leaving or 'none'}")
    say(f"{'go back to release':<21} {way.target.release}")
    for function in way.left:
        say(f"{'leave the alias':<21} {function}: the release has no such function")
    PrintingExecutor(say).run(way.plan.instructions)


def prepare(site: Site, rollout: Rollout, to: ReleaseId | None, leaves: ReleaseId | None = None) -> WayBack:
    """Plan a rollback, and hold that everything it needs is there; nothing is changed."""
    hold_journal(site, rollout)
    leaving = _leaving(site, rollout, to, leaves)
    target = records.target(rollout.record, to or rollout.bound_for(), leaving)
    with site.console.step(f"{site.environment}: look for release {target.release[:12]}") as step:
        release = site.store.release(target.release)
        wanted = desired(release, target.references, site.sources)
        aliases = _fit(site, target, wanted)
        step.made(f"all {len(wanted)} versions are there, by digest")
    running = records.newest(rollout.record, leaving) if leaving else None
    planned = plan_rollback(wanted, target.versions, aliases, contested=not rollout.settled)
    return WayBack(
        target=target,
        leaving=leaving,
        plan=planned,
        aliases=aliases,
        left=tuple(sorted(set(running.versions if running else ()) - set(target.versions))),
        needed=planned.changes or not rollout.settled or target.release != rollout.record.release,
    )


def _leaving(site: Site, rollout: Rollout, to: ReleaseId | None, leaves: ReleaseId | None) -> ReleaseId | None:
    """What is left; *the last good one* after a rollback must say so, or a command given twice goes back two steps."""
    leaving = rollout.leaving()
    if leaves is not None and leaves != leaving:
        raise NotLeftError(
            f"{site.environment} does not run release {leaves[:12]}; nothing was moved",
            why=f"it runs {leaving or 'no release'}",
            remedy="look whether somebody else rolled back already; else name what runs: --from ID",
        )
    came = records.newest(rollout.record, leaving) if leaving and rollout.record.open is None else None
    if to is None and leaves is None and came is not None and came.back:
        raise NotLeftError(
            f"{site.environment} was rolled back already: it runs release {came.release[:12]}; nothing was moved",
            why=f"{came.at}: {came.reason}",
            remedy="if that is bad too, say that it is what you leave, or name a release to go to:\n"
            f"lockage rollback --env {site.environment} --from {came.release} --reason TEXT\n"
            f"lockage rollback --env {site.environment} --to ID --reason TEXT",
        )
    return leaving


def _begin(site: Site, asked: Asked) -> tuple[Rollout, WayBack]:
    """The rollback, planned and open. Whoever writes between its reading and its opening is read, and taken over."""
    for left in reversed(range(_ROUNDS)):
        rollout = Rollout.read(site)
        try:
            way = prepare(site, rollout, asked.to, asked.leaves)
        except records.NothingToGoBackToError as error:
            raise _end_what_is_open(site, rollout, error) from error
        try:
            if rollout.unshifted:
                site.console.note(f"rollout {rollout.now_open.number} had moved no alias, and is ended first")
                go_back(site, rollout, "staged", f"ended by a rollback: {asked.reason}")
            if way.needed:
                _open(site, rollout, way, asked.reason)
        except OvertakenError:
            if not left:
                raise
        else:
            site.console.note(_goes(site, way))
            return rollout, way
    raise AssertionError("the last round returns or raises")


def _goes(site: Site, way: WayBack) -> str:
    leaves = f"leaves release {way.leaving[:12]} and " if way.leaving and way.leaving != way.target.release else ""
    return f"{site.environment} {leaves}goes to release {way.target.release[:12]}"


def _end_what_is_open(site: Site, rollout: Rollout, error: LockageError) -> LockageError:
    """Without a release to go to, an interrupted rollout can at least be put back to where it began."""
    if rollout.record.open is None:
        return error
    told = recover(site, rollout)
    return records.NothingToGoBackToError(
        f"{error.what}; its interrupted rollout was put back to where it began",
        why=f"{error.why}\n{told}",
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
    try:
        rollout.advance("verifying", mixed_seconds=mixed)
    except OvertakenError:
        raise
    except AwsError as error:
        site.console.note(f"the journal could not be written; what serves is proven first: {error.what}")


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
    """Prove it. What somebody moves meanwhile is moved back: at night the rollback wins."""
    try:
        for _ in range(_ROUNDS if way.needed else 0):
            try:
                executor.run(way.plan.verify)
            except InterferenceError:
                point(site, way.target.versions)
            else:
                return
        executor.run(way.plan.verify)
    except LockageError as error:
        raise RolloutFailed(
            f"{site.environment} is back at release {way.target.release[:12]}, but {error.what}",
            why=f"{error.why}\nevery alias was moved; not every function could be proven, so the rollback stays open",
            remedy="read the function's log, mend the cause and run the same command again: it goes to the same "
            "release; an earlier good one can be chosen with --to",
        ) from error


def _write_down(site: Site, rollout: Rollout, way: WayBack) -> None:
    try:
        rollout.rolled_back()
    except OvertakenError:
        raise
    except AwsError as error:
        raise AwsError(
            f"{site.environment} serves release {way.target.release[:12]}, proven; it could not be written down",
            why=f"{error.what}\n{error.why}",
            remedy="nothing has to be moved any more; when the release store answers, run the same command again: "
            "it proves that once more and writes it down",
        ) from error


def _interrupted(site: Site, way: WayBack, executor: ActingExecutor) -> MixedError:
    moved, total = len(executor.moved), len(way.plan.shift)
    return MixedError(
        f"the rollback of {site.environment} was interrupted: {moved} of {total} aliases were moved, perhaps one more",
        why=f"it was on its way to release {way.target.release}",
        remedy="run the same command again: it ends with every alias on that release",
    )
