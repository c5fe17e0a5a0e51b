from functools import partial

import pytest
from fakes.aws import Crash
from fakes.environment import FUNCTIONS, Environments, FakeChecks, digest, image, make_release
from msgspec.structs import replace

from lockage.errors import AwsError, RolloutFailed
from lockage.model.release import Release
from lockage.rollout.back import MixedError
from lockage.rollout.checks import ChecksFailed
from lockage.rollout.journal import OvertakenError, Rollout
from lockage.rollout.record import NothingToGoBackToError
from lockage.rollout.rollback import NotLeftError, RolledBack, UnfitError, preview, rollback

R1, R2, R3 = make_release("a"), make_release("b"), make_release("c")


def ran(*releases: Release) -> Environments:
    environments = Environments()
    environments.lambdas["preprod"].add("platform-extra")
    for release in releases:
        environments.roll_out(release)
    return environments


def back(environments: Environments, to: Release | None = None) -> RolledBack:
    return rollback(environments.site(role="rollback"), to=to.id if to else None, reason="orders fail")


def test_aliases_go_back_and_it_is_proven() -> None:
    environments = ran(R1, R2)
    done = back(environments)
    assert {name: environments.serves()[name] for name in FUNCTIONS} == dict.fromkeys(FUNCTIONS, (image("a"), 256))
    assert [(proof.function, proof.version, proof.digest) for proof in done.proofs] == [
        (name, "2", digest("a")) for name in FUNCTIONS
    ]
    assert (done.release, done.abandoned, done.left) == (R1.id, R2.id, ())


def test_nothing_is_called_but_aliases_reads_and_the_store() -> None:
    environments = ran(R1, R2)
    already = len(environments.world.calls)
    back(environments)
    called = {name for _, name, _ in environments.world.calls[already:]}
    assert called == {
        "lambda:GetFunction",
        "lambda:GetAlias",
        "lambda:UpdateAlias",
        "lambda:InvokeFunction",
        "s3:GetObject",
        "s3:PutObject",
    }


def test_the_record_tells_what_was_abandoned_and_why() -> None:
    environments = ran(R1, R2)
    back(environments)
    record, _ = environments.store.record("preprod")
    assert record.release == R1.id
    assert record.open is None
    assert [(passage.release, passage.state, passage.reason) for passage in record.passages] == [
        (R1.id, "good", ""),
        (R2.id, "bad", "orders fail"),
        (R1.id, "good", "rolled back to: orders fail"),
    ]
    stored = environments.store.journal("preprod", record.rollout)
    assert stored is not None
    assert (stored[0].kind, stored[0].phase, stored[0].reason) == ("rollback", "done", "orders fail")


def test_with_28_and_29_bad_it_goes_to_27() -> None:
    environments = ran(R1)
    with pytest.raises(RolloutFailed):
        environments.roll_out(R2, FakeChecks(ChecksFailed("no", why="no", remedy="no")))
    environments.roll_out(R3)
    assert back(environments).release == R1.id


def test_one_by_its_id() -> None:
    environments = ran(R1, R2, R3)
    assert back(environments, to=R1).release == R1.id
    with pytest.raises(NothingToGoBackToError, match="cannot go back to release"):
        back(environments, to=R3)


def test_nothing_to_go_back_to_moves_nothing() -> None:
    environments = ran(R1)
    before = len(environments.world.changes())
    with pytest.raises(NothingToGoBackToError, match="preprod has nothing to go back to"):
        back(environments)
    assert len(environments.world.changes()) == before


def test_back_to_what_runs_already_mends_what_was_moved_by_hand() -> None:
    environments = ran(R1, R2)
    environments.lambdas["preprod"].functions["platform-scorer"].aliases["live"]["FunctionVersion"] = "1"
    done = back(environments, to=R2)
    assert done.abandoned is None
    assert environments.serves()["scorer"][0] == image("b")
    assert environments.store.record("preprod")[0].release == R2.id


def test_a_version_that_is_gone_stops_it_before_anything_moves() -> None:
    environments = ran(R1, R2)
    environments.lambdas["preprod"].delete_function(FunctionName="platform-scorer", Qualifier="2")
    before = environments.serves()
    with pytest.raises(UnfitError) as caught:
        back(environments)
    assert caught.value.what == f"preprod cannot go back to release {R1.id[:12]}; nothing was moved"
    assert caught.value.why == "scorer: version 2 is gone"
    assert environments.serves() == before


def test_a_version_with_another_digest_is_not_gone_back_to() -> None:
    environments = ran(R1, R2)
    environments.lambdas["preprod"].functions["platform-scorer"].versions["2"]["source"] = image("f")
    with pytest.raises(UnfitError) as caught:
        back(environments)
    assert caught.value.why == (f"scorer: version 2 is not the release's: digest: {digest('f')}, not {digest('a')}")


def test_a_version_that_lambda_cannot_run_any_more() -> None:
    environments = ran(R1, R2)
    held = environments.lambdas["preprod"].functions["platform-scorer"].versions["2"]
    held.update(State="Failed", StateReason="ImageDeleted: the image is gone")
    with pytest.raises(UnfitError, match="nothing was moved") as caught:
        back(environments)
    assert caught.value.why == "scorer: version 2 is Failed: ImageDeleted: the image is gone"


def test_a_function_without_its_alias_stops_it_before_anything_moves() -> None:
    environments = ran(R1, R2)
    del environments.lambdas["preprod"].functions["platform-scorer"].aliases["live"]
    with pytest.raises(UnfitError) as caught:
        back(environments)
    assert caught.value.why == "scorer: it has no alias live"


def test_a_missing_permission_puts_back_what_was_moved() -> None:
    environments = ran(R1, R2)
    before = environments.serves()
    environments.world.denied_calls["lambda:UpdateAlias"] = {2}
    with pytest.raises(
        RolloutFailed, match=r"did not go back to release .* role rollback lacks the permission"
    ) as caught:
        back(environments)
    assert environments.serves() == before
    assert f"every alias is back at release {R2.id[:12]}" in caught.value.why
    assert environments.store.record("preprod")[0].release == R2.id


def test_a_rollback_out_of_a_mixed_environment_never_makes_it_more_mixed() -> None:
    environments = ran(R1, R2)
    environments.world.denied_calls["lambda:UpdateAlias"] = {3, 4}
    with pytest.raises(MixedError):
        environments.roll_out(R3)
    environments.world.denied_calls["lambda:UpdateAlias"] = {1}
    with pytest.raises(MixedError, match="still mixed"):
        back(environments)
    done = back(environments)
    assert (done.release, done.abandoned) == (R2.id, R3.id)
    assert environments.serves()["scorer"][0] == image("b")
    assert environments.serves()["onboarding"][0] == image("b")


def test_a_function_that_does_not_answer_after_it_is_told_and_nothing_moves_again() -> None:
    environments = ran(R1, R2)
    environments.lambdas["preprod"].broken.add(image("a"))
    with pytest.raises(RolloutFailed) as caught:
        back(environments)
    assert caught.value.what == (
        f"preprod is back at release {R1.id[:12]}, but version 2 of onboarding does not answer its probe"
    )
    assert environments.serves()["scorer"][0] == image("a")
    assert environments.store.record("preprod")[0].open is not None, "it is not proven"
    environments.lambdas["preprod"].broken.clear()
    done = back(environments)
    assert (done.release, done.abandoned) == (R1.id, R2.id)
    assert environments.store.record("preprod")[0].open is None


def test_a_function_that_was_added_since_keeps_its_alias_and_is_named() -> None:
    wider = make_release("b", functions=(*FUNCTIONS, "extra"))
    environments = ran(R1, wider)
    assert back(environments).left == ("extra",)
    assert environments.serves()["extra"][0] == image("b")


def test_a_function_that_was_removed_comes_back() -> None:
    narrower = make_release("b", functions=FUNCTIONS[1:])
    environments = ran(R1)
    outcome = environments.roll_out(narrower)
    assert outcome.retired == ("onboarding",), "a rollback still needs it"
    assert environments.serves()["onboarding"][0] == image("a")
    back(environments)
    assert environments.serves() == {
        **dict.fromkeys(FUNCTIONS, (image("a"), 256)),
        "extra": ("seed", 128),
    }


def test_a_rollback_takes_over_from_a_deployment_that_is_still_running() -> None:
    environments = ran(R1, R2)
    environments.add(R3)

    class Meanwhile(FakeChecks):
        def run(self) -> None:
            back(environments)

    with pytest.raises(OvertakenError, match="another rollout of this environment took over"):
        environments.roll_out(R3, Meanwhile())
    record, _ = environments.store.record("preprod")
    assert record.release == R2.id
    assert record.open is None
    assert environments.serves()["scorer"][0] == image("b")


@pytest.mark.parametrize("number", [1, 2, 3])
def test_a_deployment_that_is_overtaken_while_it_shifts_moves_nothing_more(number: int) -> None:
    environments = ran(R1, R2)
    environments.add(R3)
    environments.world.meanwhile["lambda:UpdateAlias"] = (number, lambda: back(environments))
    with pytest.raises(OvertakenError):
        environments.roll_out(R3)
    assert {environments.serves()[name][0] for name in FUNCTIONS} == {image("b")}
    record, _ = environments.store.record("preprod")
    assert (record.release, record.open) == (R2.id, None)


@pytest.mark.parametrize("number", [1, 2, 3])
def test_a_deployment_that_another_one_takes_for_dead_moves_nothing_more(number: int) -> None:
    environments = ran(R1)
    environments.add(R2)
    environments.add(R3)
    environments.world.meanwhile["lambda:UpdateAlias"] = (
        number,
        lambda: environments.roll_out(R3),
    )
    with pytest.raises(OvertakenError):
        environments.roll_out(R2)
    assert {environments.serves()[name][0] for name in FUNCTIONS} == {image("c")}
    record, _ = environments.store.record("preprod")
    assert (record.release, record.open) == (R3.id, None)


def test_of_two_that_begin_at_once_one_stops() -> None:
    environments = ran(R1)
    first, second = Rollout.read(environments.site()), Rollout.read(environments.site())
    first.write(replace(first.record, rollout=5))
    with pytest.raises(OvertakenError) as caught:
        second.write(replace(second.record, rollout=6))
    assert caught.value.why == "the record was written by somebody else since it was read"
    assert environments.store.record("preprod")[0].rollout == 5


def test_the_same_again_goes_to_the_same_release_as_long_as_it_is_not_proven() -> None:
    environments = ran(R1, R2, R3)
    with environments.world.denying("rollback", "lambda:InvokeFunction"), pytest.raises(RolloutFailed) as caught:
        back(environments)
    assert "the rollback stays open" in caught.value.why
    record, _ = environments.store.record("preprod")
    assert [passage.state for passage in record.passages] == ["good"] * 3, "nothing is judged yet"
    done = back(environments)
    assert (done.release, done.abandoned) == (R2.id, R3.id)


def test_one_that_was_not_proven_may_be_left_for_an_earlier_one() -> None:
    environments = ran(R1, R2, R3)
    environments.lambdas["preprod"].broken.add(image("b"))
    with pytest.raises(RolloutFailed):
        back(environments)
    assert back(environments, to=R1).release == R1.id
    assert environments.serves()["scorer"][0] == image("a")


def test_a_deployment_after_one_that_was_not_proven_finds_its_release_bad_and_goes_on() -> None:
    environments = ran(R1, R2)
    environments.lambdas["preprod"].broken.add(image("a"))
    with pytest.raises(RolloutFailed):
        back(environments)
    environments.roll_out(R3)
    record, _ = environments.store.record("preprod")
    assert {passage.release: passage.state for passage in record.passages} == {
        R1.id: "bad",
        R2.id: "bad",
        R3.id: "good",
    }


def test_given_twice_it_goes_back_once() -> None:
    environments = ran(R1, R2, R3)
    back(environments)
    with pytest.raises(NotLeftError) as caught:
        back(environments)
    assert caught.value.what == (f"preprod was rolled back already: it runs release {R2.id[:12]}; nothing was moved")
    assert f"lockage rollback --env preprod --from {R2.id} --reason TEXT" in caught.value.remedy
    assert environments.serves()["scorer"][0] == image("b")
    further = rollback(environments.site(role="rollback"), to=None, reason="slow", leaves=R2.id)
    assert (further.release, further.abandoned) == (R1.id, R2.id)


def test_what_is_left_must_be_what_runs() -> None:
    environments = ran(R1, R2, R3)
    with pytest.raises(NotLeftError, match="preprod does not run release") as caught:
        rollback(environments.site(role="rollback"), to=None, reason="slow", leaves=R2.id)
    assert caught.value.why == f"it runs {R3.id}"


def test_a_dry_run_says_what_is_left() -> None:
    environments, said = ran(R1, R2), list[str]()
    preview(environments.site(role="rollback"), None, said.append)
    assert said[:2] == [f"leave release         {R2.id}", f"go back to release    {R1.id}"]


@pytest.mark.parametrize("after", range(1, 9))
def test_out_of_a_deployment_that_never_shifted_it_leaves_what_serves(after: int) -> None:
    environments = ran(R1, R2)
    environments.add(R3)
    environments.world.crash_after = after
    with pytest.raises(Crash):
        environments.roll_out(R3)
    environments.world.revive()
    done = back(environments)
    assert (done.release, done.abandoned) == (R1.id, R2.id)
    record, _ = environments.store.record("preprod")
    assert (record.release, record.open) == (R1.id, None)
    assert R3.id not in {passage.release for passage in record.passages if passage.state == "bad"}


@pytest.mark.parametrize("action", ["lambda:PublishVersion", "lambda:UpdateFunctionCode"])
def test_a_deployment_that_stages_meanwhile_is_stopped(action: str) -> None:
    environments = ran(R1, R2)
    environments.add(R3)
    environments.world.meanwhile[action] = (1, lambda: back(environments))
    with pytest.raises(OvertakenError):
        environments.roll_out(R3)
    assert environments.serves()["scorer"][0] == image("a")
    assert environments.store.record("preprod")[0].release == R1.id


def moved_by_hand(environments: Environments, function: str, version: str) -> None:
    alias = environments.lambdas["preprod"].functions[f"platform-{function}"].aliases["live"]
    alias.update(FunctionVersion=version, RevisionId=environments.world.unique("by-hand"))


@pytest.mark.parametrize("number", [1, 2, 3])
def test_an_alias_that_is_moved_meanwhile_is_moved_all_the_same(number: int) -> None:
    environments = ran(R1, R2)
    environments.world.meanwhile["lambda:UpdateAlias"] = (
        number,
        partial(moved_by_hand, environments, FUNCTIONS[number - 1], "1"),
    )
    assert back(environments).release == R1.id
    assert {environments.serves()[name][0] for name in FUNCTIONS} == {image("a")}


def test_it_needs_the_journal_of_what_is_open() -> None:
    environments = ran(R1, R2)
    environments.world.denied_calls["lambda:UpdateAlias"] = {3, 4}
    with pytest.raises(MixedError):
        environments.roll_out(R3)
    record, _ = environments.store.record("preprod")
    del environments.s3.objects[f"rollouts/preprod/{record.open}.json"]
    with pytest.raises(AwsError, match="an open rollout without a journal"):
        back(environments)


@pytest.mark.parametrize("first", [3, 4])
def test_where_the_store_is_lost_after_the_shift_it_is_proven_first(first: int) -> None:
    environments = ran(R1, R2)
    environments.world.denied_calls["s3:PutObject"] = set(range(first, 40))
    with pytest.raises(AwsError) as caught:
        back(environments)
    assert caught.value.what == f"preprod serves release {R1.id[:12]}, proven; it could not be written down"
    environments.world.denied_calls.clear()
    assert environments.serves()["scorer"][0] == image("a")
    assert back(environments).abandoned == R2.id
    record, _ = environments.store.record("preprod")
    assert (record.release, record.open) == (R1.id, None)


def test_an_interruption_says_how_far_it_came_and_the_same_again_ends_it() -> None:
    environments = ran(R1, R2)

    def stop() -> None:
        raise KeyboardInterrupt

    environments.world.meanwhile["lambda:UpdateAlias"] = (2, stop)
    with pytest.raises(MixedError) as caught:
        back(environments)
    assert caught.value.what == ("the rollback of preprod was interrupted: 1 of 3 aliases were moved, perhaps one more")
    done = back(environments)
    assert (done.release, done.abandoned) == (R1.id, R2.id)


def test_without_the_right_to_remove_an_alias_a_new_one_is_left_and_told() -> None:
    environments, wider = Environments(), make_release("b", functions=(*FUNCTIONS, "extra"))
    environments.lambdas["preprod"].add("platform-extra", alias=None)
    for point in range(1, 60):
        environments.world.crash_after = point
        try:
            environments.roll_out(wider)
        except Crash:
            environments.world.revive()
        if "live" in environments.lambdas["preprod"].functions["platform-extra"].aliases:
            break
    environments.world.denied |= {("rollback", "lambda:DeleteAlias"), ("rollback", "lambda:CreateAlias")}
    with pytest.raises(NothingToGoBackToError, match="was put back to where it began") as caught:
        back(environments)
    assert "extra: its new alias, at version 2, was left: this role may not remove it" in caught.value.why
    assert {environments.serves()[name][0] for name in FUNCTIONS} == {"seed"}
    assert environments.store.record("preprod")[0].open is None
