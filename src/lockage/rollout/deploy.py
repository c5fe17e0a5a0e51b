"""Rolls a release out to one environment: stage → check → shift → read back → end-to-end checks.

Whatever goes wrong, the environment ends all-old; when nothing does, all-new. A machine that dies in between leaves a
journal, and the next command for the environment begins by ending that rollout.
"""

from collections.abc import Callable

import msgspec

from lockage.errors import AwsError, LockageError, RolloutFailed
from lockage.model.ids import ReleaseId, Version
from lockage.model.release import Release
from lockage.model.rollout import Journal, Passage, PassageState, Plan, Proof, RemoteFunction
from lockage.rollout import record as records
from lockage.rollout.admission import admit
from lockage.rollout.back import give_up, go_back, recover
from lockage.rollout.checks import ChecksFailed
from lockage.rollout.execute import ActingExecutor, InterferenceError
from lockage.rollout.journal import OvertakenError, Rollout
from lockage.rollout.lineage import hold_not_older
from lockage.rollout.plan import drift, plan
from lockage.rollout.references import desired, layers, look_up
from lockage.rollout.show import PrintingExecutor
from lockage.rollout.site import Checks, Site


class Prepared(msgspec.Struct, frozen=True, kw_only=True):
    """A deployment that has been planned."""

    plan: Plan
    remote: dict[str, RemoteFunction | None]
    references: dict[str, str]


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """A rollout that reached its end, as it was read back."""

    environment: str
    release: ReleaseId
    proofs: tuple[Proof, ...]
    kept: tuple[str, ...]
    """Functions that ran it already."""
    retired: tuple[str, ...]
    """Functions that the release has no more, and that a rollback still needs: Terraform must not remove them yet."""
    mixed_seconds: float
    """How long some aliases had moved and others not."""


def deploy(site: Site, release: Release, checks: Checks, *, older: bool = False) -> Outcome:
    """Roll a release out.

    Args:
        site: the environment.
        release: from the release store.
        checks: the environment's end-to-end checks.
        older: whether an ancestor of what runs there may be rolled out.

    Raises:
        UsageError: it may not enter, or cannot be rolled out here; nothing was done.
        RolloutFailed: it did not pass; the environment is all-old.
        MixedError: going back failed too.
    """
    _admit(site, release)
    checks.ready()
    rollout = Rollout.read(site)
    _hold_not_older(site, rollout, release, older=older)
    recover(site, rollout)
    prepared = prepare(site, release, rollout)
    held = {function: found for function, found in prepared.remote.items() if found is not None}
    executor = site.executor(
        {function: found.alias for function, found in held.items()},
        {function: found.latest.revision for function, found in held.items()},
    )
    if not prepared.plan.changes and _settled(rollout, release):
        with site.console.step(f"{site.environment}: read back") as step:
            executor.run(prepared.plan.verify)
            step.reused("it runs this release already")
        return _outcome(site, release, rollout, prepared, executor)
    _open(site, rollout, release, prepared)
    try:
        _forward(site, rollout, prepared, executor, checks)
    except OvertakenError:
        raise
    except LockageError as error:
        if not _arrived(site, rollout, release):
            what = f"{site.environment} did not take release {release.id[:12]}"
            raise give_up(site, rollout, _verdict(error), what, error) from error
    except BaseException:
        if _arrived(site, rollout, release):
            site.console.note(f"{site.environment} runs release {release.id[:12]}: it was good before the interruption")
        else:
            go_back(site, rollout, "staged", "interrupted")
        raise
    rollout.finish()
    return _outcome(site, release, rollout, prepared, executor)


def preview(site: Site, release: Release, say: Callable[[str], None], *, older: bool = False) -> None:
    """Say what ``deploy`` would do; nothing is changed.

    Raises:
        UsageError: as ``deploy``.
    """
    _admit(site, release)
    rollout = Rollout.read(site)
    _hold_not_older(site, rollout, release, older=older)
    if rollout.record.open is not None:
        say(f"end rollout {rollout.record.open}, which is open; what follows is planned from what is there now")
    planned = prepare(site, release, rollout).plan
    for function, version in planned.keeps.items():
        say(f"{'keep the version':<21} {function}: {version}")
    PrintingExecutor(say).run(planned.instructions)


def prepare(site: Site, release: Release, rollout: Rollout) -> Prepared:
    """Plan a deployment; nothing is changed.

    Raises:
        UsageError: the environment lacks something, or the release cannot be rolled out here.
    """
    with site.console.step(f"{site.environment}: plan release {release.id[:12]}") as step:
        references = look_up(release, site.parameters.get, site.environment)
        wanted = desired(release, references, site.sources)
        remote = site.observe(one.function for one in wanted)
        lacking = [layer for layer in layers(release, site.sources) if not site.holds(layer)]
        serving = records.newest(rollout.record, rollout.record.release) if rollout.record.release else None
        planned = plan(wanted, remote, () if serving is None else serving.versions, lacking)
        for line in drift(remote, {} if serving is None else serving.versions):
            site.console.note(f"drift: {line}")
        step.made(f"{len(wanted) - len(planned.keeps)} of {len(wanted)} functions change")
    return Prepared(plan=planned, remote=remote, references=references)


def _admit(site: Site, release: Release) -> None:
    rehearsal = site.parameters.is_rehearsal(site.project)
    before = site.store.record(site.after)[0] if site.after else None
    admit(release, site.environment, rehearsal=rehearsal, before=before)


def _hold_not_older(site: Site, rollout: Rollout, release: Release, *, older: bool) -> None:
    """Of an interrupted rollback, what it goes to counts: it is ended first."""
    if not older:
        running = rollout.bound_for() or rollout.record.release
        hold_not_older(release, running, site.store.release, site.environment)


def _settled(rollout: Rollout, release: Release) -> bool:
    return rollout.record.release == release.id and records.is_good(rollout.record, release.id)


def _open(site: Site, rollout: Rollout, release: Release, prepared: Prepared) -> None:
    planned, at = prepared.plan, site.now()
    number = rollout.record.rollout + 1
    journal = Journal(
        number=number,
        environment=site.environment,
        kind="deploy",
        release=release.id,
        abandons=None,
        supersedes=None,
        reason="",
        phase="staging",
        instructions=planned.instructions,
        before=planned.before,
        after=planned.keeps,
        references=prepared.references,
        began=at,
    )
    passage = Passage(
        release=release.id,
        rollout=number,
        state="staged",
        versions=planned.keeps,
        references=prepared.references,
        at=at,
    )
    rollout.open(journal, passage)


def _forward(site: Site, rollout: Rollout, prepared: Prepared, executor: ActingExecutor, checks: Checks) -> None:
    planned, environment = prepared.plan, site.environment
    count = len(planned.verify) - len(planned.keeps)
    with site.console.step(f"{environment}: stage {count} functions"):
        executor.run(planned.stage)
    with site.console.step(f"{environment}: check {count} versions"):
        executor.run(planned.check)
    after: dict[str, Version] = {**planned.keeps, **executor.versions}
    rollout.advance("shifting", after=after)
    with site.console.step(f"{environment}: shift {site.alias} of {len(planned.shift)} functions") as step:
        began = site.clock()
        executor.run(planned.shift)
        mixed = round(site.clock() - began, 3)
        step.made(f"mixed for {mixed:g} s")
    rollout.advance("verifying", mixed_seconds=mixed)
    with site.console.step(f"{environment}: read back {len(planned.verify)} functions"):
        executor.run(planned.verify)
    rollout.judge("live", versions=after)
    with site.console.step(f"{environment}: end-to-end checks"):
        checks.run()
    rollout.judge("good")


def _verdict(error: LockageError) -> PassageState:
    """Only what the release itself did makes it bad."""
    own = isinstance(error, RolloutFailed | ChecksFailed) and not isinstance(error, InterferenceError)
    return "bad" if own else "staged"


def _arrived(site: Site, rollout: Rollout, release: Release) -> bool:
    """Whether the release was found good, whatever failed then: from there on nothing goes back.

    Raises:
        AwsError: the store does not say. Then nothing goes back either.
    """
    try:
        return rollout.arrived()
    except OvertakenError:
        raise
    except AwsError as error:
        raise AwsError(
            f"{site.environment} serves release {release.id[:12]}, and it is not known whether that was written down",
            why=f"every alias was moved and the end-to-end checks passed; then: {error.what}\n{error.why}",
            remedy="when the release store answers, run the same command again: it finds out, and ends it either way",
        ) from error


def _outcome(site: Site, release: Release, rollout: Rollout, prepared: Prepared, executor: ActingExecutor) -> Outcome:
    released = {function.name for function in release.functions}
    return Outcome(
        environment=site.environment,
        release=release.id,
        proofs=tuple(executor.proofs),
        kept=tuple(prepared.plan.keeps),
        retired=tuple(sorted(set(records.needed(rollout.record)) - released)),
        mixed_seconds=rollout.journal.mixed_seconds if rollout.journal else 0.0,
    )
