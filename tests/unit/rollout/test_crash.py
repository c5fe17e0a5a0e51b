"""A machine may die after any call. Whatever command comes next, the environment ends all-old or all-new."""

import copy
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import partial

import pytest
from fakes.aws import Crash
from fakes.environment import FUNCTIONS, Environments, FakeChecks, image, make_release
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from lockage.errors import LockageError, RolloutFailed
from lockage.model.release import Release
from lockage.rollout.back import MixedError
from lockage.rollout.checks import ChecksFailed
from lockage.rollout.journal import OvertakenError, Rollout
from lockage.rollout.record import NothingToGoBackToError
from lockage.rollout.rollback import NotLeftError, rollback

OLD = make_release("a")
NEW = make_release("b", functions=(*FUNCTIONS[1:], "extra"), memory=lambda name: 512 if name == "scorer" else 256)
"""Another image, more memory for one function, one function added and one removed."""
OTHER = make_release("c")
FAILURE = ChecksFailed("a check failed", why="it did", remedy="mend it")


def started(*, alias_of_extra: bool) -> Environments:
    """An environment that runs OLD, with the shell of the function that NEW adds."""
    environments = Environments()
    environments.lambdas["preprod"].settle_seconds = 0.2
    environments.lambdas["preprod"].add("platform-extra", alias="live" if alias_of_extra else None)
    for release in (OLD, NEW, OTHER):
        environments.add(release)
    environments.roll_out(OLD)
    return environments


def serves(environments: Environments, release: Release) -> bool:
    """Whether every function of a release is served as that release has it."""
    held = environments.serves()
    return all(
        held.get(function.name) == (image(release.commit[0]), function.configuration.memory_mb)
        for function in release.functions
    )


def crashes(start: Environments, command: Callable[[Environments], object]) -> Iterator[tuple[int, Environments]]:
    """The environment after the machine died at every point of a command, one after the other.

    A command that is refused before it is at its end fails the test: what should fail says so by itself.
    """
    for point in range(1, 1000):
        environments = copy.deepcopy(start)
        environments.world.crash_after = point
        try:
            command(environments)
        except Crash:
            environments.world.revive()
            yield point, environments
        else:
            return
    raise AssertionError("the command never ends")


def roll(release: Release, failure: LockageError | None = None) -> Callable[[Environments], object]:
    return lambda environments: environments.roll_out(release, FakeChecks(failure))


def roll_back(environments: Environments) -> object:
    return rollback(environments.site(role="rollback"), to=None, reason="a test")


def roll_back_further(environments: Environments) -> object:
    """Says what it leaves: also after a rollback."""
    site = environments.site(role="rollback")
    return rollback(site, to=None, reason="a test", leaves=Rollout.read(site).leaving())


def fail(release: Release) -> Callable[[Environments], object]:
    """Roll a release out whose end-to-end checks fail, and hold that these, and nothing else, stopped it."""

    def command(environments: Environments) -> None:
        with pytest.raises(RolloutFailed, match=f"did not take release {release.id[:12]}: {FAILURE.what}"):
            roll(release, FAILURE)(environments)

    return command


FAILING = fail(OTHER)


RECOVERIES: dict[str, tuple[Callable[[Environments], object], Release]] = {
    "the same again": (roll(NEW), NEW),
    "another release": (roll(OTHER), OTHER),
    "the old release": (roll(OLD), OLD),
    "another, and it fails its checks": (FAILING, OLD),
}


@pytest.mark.parametrize("alias_of_extra", [True, False], ids=["alias there", "alias made"])
@pytest.mark.parametrize("first", [roll(NEW), fail(NEW)], ids=["good", "failing its checks"])
@pytest.mark.parametrize("recovery", RECOVERIES)
def test_a_deployment_that_died_anywhere_is_ended_by_the_next_one(
    recovery: str, first: Callable[[Environments], object], *, alias_of_extra: bool
) -> None:
    command, expected = RECOVERIES[recovery]
    points = 0
    for point, environments in crashes(started(alias_of_extra=alias_of_extra), first):
        points = point
        arrived = environments.store.record("preprod")[0].release == NEW.id
        command(environments)
        ends = NEW if arrived and command is FAILING else expected
        assert serves(environments, ends), f"after a crash at {point}"
        record, _ = environments.store.record("preprod")
        assert record.open is None
        assert record.release == ends.id
    assert points > 15, "the crash must have been tried at every call"


@pytest.mark.parametrize("first", [roll(NEW), fail(NEW)], ids=["good", "failing its checks"])
def test_a_deployment_that_died_anywhere_is_left_by_a_rollback(first: Callable[[Environments], object]) -> None:
    points = rolled_back = 0
    for point, environments in crashes(started(alias_of_extra=True), first):
        points = point
        arrived = environments.store.record("preprod")[0].release == NEW.id
        try:
            roll_back(environments)
        except NothingToGoBackToError:
            assert environments.store.record("preprod")[0].passages[-1].state != "live", f"after a crash at {point}"
        else:
            rolled_back += 1
        assert serves(environments, OLD), f"after a crash at {point}, arrived={arrived}"
        record, _ = environments.store.record("preprod")
        assert record.open is None
        assert record.release == OLD.id
    assert points > 15, "the crash must have been tried at every call"
    assert rolled_back > 0, "there must have been something to leave"


@pytest.mark.parametrize("then", ["rollback", "deploy"])
def test_a_rollback_that_died_anywhere_is_ended_by_the_next_command(then: str) -> None:
    start = started(alias_of_extra=True)
    start.roll_out(OTHER)
    start.roll_out(OLD)
    start.roll_out(NEW)
    points = 0
    for point, environments in crashes(start, roll_back):
        points = point
        if then == "rollback":
            try:
                roll_back(environments)
            except NotLeftError:
                assert serves(environments, OLD), "it had arrived before it died"
            expected = OLD
        else:
            roll(OTHER)(environments)
            expected = OTHER
        assert serves(environments, expected), f"after a crash at {point}"
        record, _ = environments.store.record("preprod")
        assert record.open is None
        assert record.release == expected.id
    assert points > 6, "the crash must have been tried at every call"


def test_traffic_is_mixed_only_while_the_journal_says_so() -> None:
    seen = set()
    for _, environments in crashes(started(alias_of_extra=True), fail(NEW)):
        record, _ = environments.store.record("preprod")
        stored = environments.store.journal("preprod", record.open) if record.open else None
        phase = stored[0].phase if stored else "none"
        if not serves(environments, OLD) and not serves(environments, NEW):
            seen.add(phase)
    assert seen == {"shifting", "undoing"}


def refused(environments: Environments) -> None:
    environments.lambdas["preprod"].broken.add(image("c"))
    with pytest.raises(RolloutFailed):
        roll(OTHER)(environments)


@pytest.mark.parametrize(
    "other", [roll(OTHER), refused, roll_back], ids=["a deployment", "one that does not answer", "a rollback"]
)
def test_two_that_meet_anywhere_end_on_one_release(other: Callable[[Environments], object]) -> None:
    start = started(alias_of_extra=True)
    start.roll_out(OTHER)
    start.roll_out(OLD)
    releases = {release.id: release for release in (OLD, NEW, OTHER)}
    met = 0
    for point in range(1, 100):
        environments = copy.deepcopy(start)
        environments.world.meanwhile["*"] = (point, partial(other, environments))
        with suppress(RolloutFailed, OvertakenError):
            roll(NEW)(environments)
        if environments.world.meanwhile:
            break
        met = point
        record, _ = environments.store.record("preprod")
        assert record.open is None, f"met before change {point}"
        assert record.release is not None
        assert serves(environments, releases[record.release]), f"met before change {point}"
    assert met > 15, "they must have met everywhere"


class Life(RuleBasedStateMachine):
    """Any commands, in any order, each perhaps failing its checks or dying; prod's rules are preprod's."""

    def __init__(self) -> None:
        super().__init__()
        self.environments = copy.deepcopy(STARTED)
        self.dead = self.mixed = False

    @rule(
        release=st.sampled_from([OLD, NEW, OTHER]),
        fails=st.booleans(),
        crash_after=st.none() | st.integers(1, 40),
    )
    def deploy(self, release: Release, *, fails: bool, crash_after: int | None) -> None:
        self._do(roll(release, FAILURE if fails else None), crash_after)

    @rule(
        crash_after=st.none() | st.integers(1, 15),
        denied=st.none() | st.integers(1, 3),
        further=st.booleans(),
    )
    def roll_back(self, crash_after: int | None, denied: int | None, *, further: bool) -> None:
        if denied is not None:
            self.environments.world.denied_calls["lambda:UpdateAlias"] = {denied}
        self._do(roll_back_further if further else roll_back, crash_after)
        self.environments.world.denied_calls.clear()

    def _do(self, command: Callable[[Environments], object], crash_after: int | None) -> None:
        world = self.environments.world
        world.crash_after, self.dead, self.mixed = crash_after, False, False
        try:
            command(self.environments)
        except Crash:
            self.dead = True
        except MixedError:
            self.mixed = True
        except (RolloutFailed, NothingToGoBackToError, NotLeftError):
            pass
        world.revive()

    @invariant()
    def all_on_one_release(self) -> None:
        if self.dead or self.mixed:
            return
        record, _ = self.environments.store.record("preprod")
        releases = {release.id: release for release in (OLD, NEW, OTHER)}
        assert record.open is None
        assert record.release is not None
        assert serves(self.environments, releases[record.release])


STARTED = started(alias_of_extra=True)
TestLife = Life.TestCase
TestLife.settings = settings(max_examples=60, stateful_step_count=8, deadline=None)
