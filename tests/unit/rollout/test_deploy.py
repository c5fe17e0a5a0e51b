import pytest
from botocore.exceptions import ReadTimeoutError
from fakes.environment import Environments, FakeChecks, digest, image, make_release
from msgspec.structs import replace

from lockage.errors import AwsError, Inconclusive, RolloutFailed
from lockage.rollout import record as records
from lockage.rollout.back import MixedError
from lockage.rollout.checks import ChecksFailed
from lockage.rollout.plan import ImpossibleError


def test_a_first_release_is_staged_checked_shifted_and_proven() -> None:
    environments, release, checks = Environments(), make_release("a"), FakeChecks()
    outcome = environments.roll_out(release, checks)
    assert environments.serves() == {name: (image("a"), 256) for name in ("onboarding", "remediator", "scorer")}
    assert [(proof.function, proof.version, proof.digest) for proof in outcome.proofs] == [
        ("onboarding", "2", digest("a")),
        ("remediator", "2", digest("a")),
        ("scorer", "2", digest("a")),
    ]
    assert checks.runs == 1
    record, _ = environments.store.record("preprod")
    assert record.release == release.id
    assert record.open is None
    assert records.is_good(record, release.id)


def test_references_are_resolved_in_the_environment_and_recorded() -> None:
    environments, release = Environments(), make_release("a")
    environments.roll_out(release)
    function = environments.lambdas["preprod"].functions["platform-scorer"]
    assert function.versions["2"]["Environment"] == {"Variables": {"TABLE": "decisions-of-preprod", "MODE": "strict"}}
    record, _ = environments.store.record("preprod")
    assert record.passages[-1].references == {"table.decisions": "decisions-of-preprod"}


def test_every_function_is_staged_and_checked_before_the_first_alias_moves() -> None:
    environments = Environments()
    environments.roll_out(make_release("a"))
    names = [name.split(":")[1] for _, name, _ in environments.world.calls]
    first_shift = names.index("UpdateAlias")
    assert names[:first_shift].count("PublishVersion") == 3
    assert names[:first_shift].count("InvokeFunction") == 3
    assert "UpdateFunctionCode" not in names[first_shift:]


def test_a_version_is_checked_by_its_own_qualifier() -> None:
    environments = Environments()
    environments.roll_out(make_release("a"))
    asked = [
        arguments["Qualifier"] for _, name, arguments in environments.world.calls if name.endswith("InvokeFunction")
    ]
    assert asked[:3] == ["2", "2", "2"]
    assert set(asked[3:]) == {"live"}


def test_what_has_not_changed_keeps_its_version() -> None:
    environments = Environments()
    environments.roll_out(make_release("a"))
    more = make_release("a", memory=lambda name: 512 if name == "remediator" else 256)
    outcome = environments.roll_out(more)
    assert outcome.kept == ("onboarding", "scorer")
    assert [proof.version for proof in outcome.proofs] == ["2", "3", "2"]
    changed = [arguments for _, name, arguments in environments.world.calls if name.endswith("UpdateFunctionCode")]
    assert len(changed) == 3, "more memory needs no new code"


def test_what_terraform_changed_is_taken_into_a_new_version() -> None:
    environments, release = Environments(), make_release("a")
    environments.roll_out(release)
    latest = environments.lambdas["preprod"].functions["platform-scorer"].latest
    latest["Role"] = "arn:aws:iam::111111111111:role/another"
    outcome = environments.roll_out(release)
    assert outcome.kept == ("onboarding", "remediator")


def test_the_same_release_again_changes_nothing_and_is_read_back() -> None:
    environments, release, checks = Environments(), make_release("a"), FakeChecks()
    environments.roll_out(release, checks)
    before = len(environments.world.changes())
    outcome = environments.roll_out(release, checks)
    assert len(environments.world.changes()) == before
    assert len(outcome.proofs) == 3
    assert checks.runs == 1


def test_a_release_that_differs_in_nothing_that_runs_still_has_its_checks() -> None:
    environments, checks = Environments(), FakeChecks()
    first = make_release("a")
    second = replace(first, parent=first.id)
    environments.roll_out(first, checks)
    environments.roll_out(second, checks)
    assert checks.runs == 2
    assert environments.store.record("preprod")[0].release == second.id


def test_failing_checks_put_the_environment_back_and_mark_the_release() -> None:
    environments = Environments()
    good, bad = make_release("a"), make_release("b")
    environments.roll_out(good)
    before = environments.serves()
    failure = ChecksFailed("1 of 3 checks failed", why="test_scoring: 500", remedy="read the log")
    with pytest.raises(RolloutFailed) as caught:
        environments.roll_out(bad, FakeChecks(failure))
    assert environments.serves() == before
    record, _ = environments.store.record("preprod")
    assert record.release == good.id
    assert record.open is None
    assert [passage.state for passage in record.passages] == ["good", "bad"]
    assert caught.value.render() == (
        f"error: preprod did not take release {bad.id[:12]}: 1 of 3 checks failed\n"
        "  why:  test_scoring: 500\n"
        f"        preprod: every alias is back at release {good.id[:12]}\n"
        "  next: read the log"
    )


def test_aliases_go_back_in_the_reverse_order() -> None:
    environments = Environments()
    failure = ChecksFailed("no", why="no", remedy="no")
    with pytest.raises(RolloutFailed):
        environments.roll_out(make_release("a"), FakeChecks(failure))
    moved = [arguments for _, name, arguments in environments.world.calls if name.endswith("UpdateAlias")]
    assert [one["FunctionName"] for one in moved[3:]] == [one["FunctionName"] for one in reversed(moved[:3])]
    assert {one["FunctionVersion"] for one in moved[3:]} == {"1"}


def test_checks_that_could_not_tell_are_not_good_and_not_bad() -> None:
    environments, release = Environments(), make_release("a")
    unsure = Inconclusive("no check ran", why="none", remedy="write one")
    with pytest.raises(RolloutFailed, match="no check ran"):
        environments.roll_out(release, FakeChecks(unsure))
    record, _ = environments.store.record("preprod")
    assert [passage.state for passage in record.passages] == ["staged"]
    assert environments.serves()["scorer"][0] == "seed"


def test_checks_that_cannot_run_stop_before_anything_is_changed() -> None:
    environments = Environments()
    missing = Inconclusive("no folder", why="none", remedy="make it")
    with pytest.raises(Inconclusive):
        environments.roll_out(make_release("a"), FakeChecks(ready=missing))
    assert environments.world.changes() == []


def test_a_version_that_does_not_answer_never_gets_traffic() -> None:
    environments = Environments()
    environments.roll_out(make_release("a"))
    environments.lambdas["preprod"].broken.add(image("b"))
    moves = environments.world.changes().count("lambda:UpdateAlias")
    with pytest.raises(RolloutFailed) as caught:
        environments.roll_out(make_release("b"))
    assert environments.world.changes().count("lambda:UpdateAlias") == moves
    assert "version 3 of onboarding does not answer its probe" in caught.value.what
    assert "RuntimeError: this image is broken" in caught.value.why
    assert "no alias was moved" in caught.value.why
    assert environments.store.record("preprod")[0].passages[-1].state == "bad"


def test_an_image_that_lambda_cannot_use_says_why() -> None:
    environments = Environments()
    environments.lambdas["preprod"].unusable.add(image("a"))
    with pytest.raises(RolloutFailed) as caught:
        environments.roll_out(make_release("a"))
    assert "Lambda could not make ready" in caught.value.what
    assert "ImageAccessDenied: cannot pull the image" in caught.value.why
    assert environments.store.record("preprod")[0].passages[-1].state == "staged", "it is not known to be bad"


def test_a_missing_permission_names_action_resource_and_role_and_nothing_moved() -> None:
    environments = Environments()
    first, second = make_release("a"), make_release("b")
    environments.roll_out(first)
    before = environments.serves()
    with environments.world.denying("deployer", "lambda:PublishVersion"), pytest.raises(RolloutFailed) as caught:
        environments.roll_out(second)
    role = "arn:aws:sts::111111111111:assumed-role/deployer/lockage"
    assert caught.value.render() == (
        f"error: preprod did not take release {second.id[:12]}: "
        "role deployer lacks the permission lambda:PublishVersion\n"
        "  why:  on:  arn:aws:lambda:eu-central-1:111111111111:function:platform-onboarding\n"
        f"        for: {role}\n"
        f"        AWS: User: {role} is not authorized to perform: lambda:PublishVersion\n"
        f"        preprod: no alias was moved: release {first.id[:12]} serves\n"
        "  next: allow lambda:PublishVersion on this resource in the policy of role deployer, which "
        "terraform/modules/project works out; apply, and run the same command again"
    )
    assert environments.serves() == before
    assert environments.store.record("preprod")[0].open is None


def test_a_missing_permission_while_shifting_puts_every_alias_back() -> None:
    environments = Environments()
    environments.roll_out(make_release("a"))
    before = environments.serves()
    environments.world.denied_calls["lambda:UpdateAlias"] = {2}
    with pytest.raises(RolloutFailed, match="lacks the permission lambda:UpdateAlias") as caught:
        environments.roll_out(make_release("b"))
    assert environments.serves() == before
    assert "every alias is back at release" in caught.value.why
    assert environments.store.record("preprod")[0].open is None


def test_going_back_that_fails_says_so_and_the_next_command_ends_it() -> None:
    environments = Environments()
    first, second = make_release("a"), make_release("b")
    environments.roll_out(first)
    before = environments.serves()
    environments.world.denied_calls["lambda:UpdateAlias"] = {3, 4}
    with pytest.raises(MixedError) as caught:
        environments.roll_out(second)
    assert caught.value.what == "preprod is mixed: 1 of 3 aliases are not where they belong"
    assert caught.value.why.startswith("remediator: role deployer lacks the permission lambda:UpdateAlias")
    assert "preprod was going back, because: role deployer lacks the permission" in caught.value.why
    assert len(set(environments.serves().values())) == 2
    with pytest.raises(RolloutFailed):
        environments.roll_out(second, FakeChecks(ChecksFailed("no", why="no", remedy="no")))
    assert environments.serves() == before


def test_aliases_go_back_even_where_the_store_is_out_of_reach() -> None:
    environments = Environments()
    environments.roll_out(make_release("a"))
    before = environments.serves()

    class StoreIsLost(FakeChecks):
        def run(self) -> None:
            environments.world.denied.add(("releases", "s3:PutObject"))
            raise ChecksFailed("a check failed", why="it did", remedy="mend it")

    with pytest.raises(AwsError, match="role releases lacks the permission s3:PutObject") as caught:
        environments.roll_out(make_release("b"), StoreIsLost())
    assert "preprod was going back, because: a check failed" in caught.value.why
    assert environments.serves() == before
    environments.world.denied.clear()
    environments.roll_out(make_release("c"))
    assert environments.serves()["scorer"][0] == image("c")


def test_an_alias_at_latest_is_refused_before_anything_is_changed() -> None:
    environments = Environments()
    for function in environments.lambdas["preprod"].functions.values():
        function.aliases["live"]["FunctionVersion"] = "$LATEST"
    with pytest.raises(ImpossibleError) as caught:
        environments.roll_out(make_release("a"))
    assert caught.value.why.startswith("onboarding: its alias is at $LATEST, which a rollout changes while it stages")
    assert environments.world.changes() == []


def test_what_somebody_slips_in_before_the_snapshot_is_found_in_it() -> None:
    environments = Environments()
    latest = environments.lambdas["preprod"].functions["platform-remediator"].latest
    environments.world.meanwhile["lambda:PublishVersion"] = (2, lambda: latest.update(MemorySize=3008))
    with pytest.raises(RolloutFailed, match="version 2 of remediator is not what was asked for") as caught:
        environments.roll_out(make_release("a"))
    assert "memory_mb: 3008, not 256" in caught.value.why
    assert environments.serves()["scorer"][0] == "seed"


def test_a_change_by_somebody_else_between_plan_and_update_is_not_overwritten() -> None:
    environments = Environments()
    fake = environments.lambdas["preprod"]

    def terraform() -> None:
        latest = fake.functions["platform-scorer"].latest
        latest.update(MemorySize=3008, RevisionId="of somebody else")

    environments.world.meanwhile["lambda:UpdateFunctionCode"] = (3, terraform)
    with pytest.raises(RolloutFailed, match="scorer was changed by someone else meanwhile"):
        environments.roll_out(make_release("a"))
    assert environments.serves()["scorer"][0] == "seed"


def test_another_account_is_never_touched() -> None:
    environments = Environments()
    environments.roll_out(make_release("a"))
    assert {account for account, name, _ in environments.world.calls if name.startswith("lambda:")} == {"111111111111"}
    assert environments.serves("prod")["scorer"][0] == "seed"


def test_many_functions_stay_below_lambdas_rate() -> None:
    names = tuple(f"f{number:03}" for number in range(120))
    environments = Environments(functions=names)
    outcome = environments.roll_out(make_release("a", functions=names))
    assert environments.lambdas["preprod"].throttled == 0
    assert 9 <= outcome.mixed_seconds <= 11, "120 aliases at 12 a second"


def test_a_throttled_call_is_tried_again() -> None:
    environments = Environments()
    environments.lambdas["preprod"].tokens = -5.0
    environments.roll_out(make_release("a"))
    assert environments.lambdas["preprod"].throttled > 0
    assert environments.serves()["scorer"][0] == image("a")


@pytest.mark.parametrize(
    "action",
    ["lambda:UpdateFunctionCode", "lambda:UpdateFunctionConfiguration", "lambda:UpdateAlias", "s3:PutObject"],
)
def test_an_answer_that_was_lost_is_no_conflict(action: str) -> None:
    environments = Environments()
    environments.lambdas["preprod"].stale_seconds = 0.0
    environments.world.lost.add(action)
    environments.roll_out(make_release("a"))
    assert environments.world.lost == set()
    assert environments.serves()["scorer"][0] == image("a")


LOST = ReadTimeoutError(endpoint_url="https://store.example")
WRITES = range(1, 8)
"""Of a deployment: journal, record, then shifting, verifying, live, good and done."""


@pytest.mark.parametrize("number", WRITES)
def test_the_record_tells_the_truth_whenever_it_is_interrupted(number: int) -> None:
    first, second = make_release("a"), make_release("b")
    environments = Environments()
    environments.roll_out(first)
    environments.world.breaks_off["s3:PutObject"] = (number, KeyboardInterrupt())
    with pytest.raises(KeyboardInterrupt):
        environments.roll_out(second)
    record, _ = environments.store.record("preprod")
    serves = second if number >= 6 else first
    assert record.release == serves.id
    assert environments.serves()["scorer"][0] == image(serves.commit[0])
    assert (record.open is None) == (number == 1 or number > 2), "one that did not begin is ended by the next"


@pytest.mark.parametrize("number", [3, 4, 5])
def test_an_answer_that_never_came_is_no_other_rollout(number: int) -> None:
    first, second = make_release("a"), make_release("b")
    environments = Environments()
    environments.roll_out(first)
    environments.world.breaks_off["s3:PutObject"] = (number, LOST)
    with pytest.raises(RolloutFailed, match="got no answer") as caught:
        environments.roll_out(second)
    assert f"release {first.id[:12]}" in caught.value.why
    record, _ = environments.store.record("preprod")
    assert (record.release, record.open, record.passages[-1].state) == (first.id, None, "staged")
    assert environments.serves()["scorer"][0] == image("a")


@pytest.mark.parametrize("number", [6, 7])
def test_what_was_found_good_stays_although_the_answer_never_came(number: int) -> None:
    first, second = make_release("a"), make_release("b")
    environments = Environments()
    environments.roll_out(first)
    environments.world.breaks_off["s3:PutObject"] = (number, LOST)
    assert environments.roll_out(second).release == second.id
    record, _ = environments.store.record("preprod")
    assert (record.release, record.open) == (second.id, None)
    assert environments.serves()["scorer"][0] == image("b")


def test_where_nobody_knows_whether_it_was_written_nothing_is_undone() -> None:
    environments = Environments()
    environments.roll_out(make_release("a"))
    second = make_release("b")

    class StoreIsLost(FakeChecks):
        def run(self) -> None:
            environments.world.denied |= {("releases", "s3:PutObject"), ("releases", "s3:GetObject")}

    with pytest.raises(AwsError, match="it is not known whether that was written down") as caught:
        environments.roll_out(second, StoreIsLost())
    assert "run the same command again" in caught.value.remedy
    assert environments.serves()["scorer"][0] == image("b")
    environments.world.denied.clear()
    environments.roll_out(second)
    assert environments.store.record("preprod")[0].release == second.id


def test_the_last_write_of_the_journal_undoes_nothing() -> None:
    environments, second = Environments(), make_release("b")
    environments.roll_out(make_release("a"))
    environments.world.denied_calls["s3:PutObject"] = {7}
    assert environments.roll_out(second).release == second.id
    assert environments.serves()["scorer"][0] == image("b")


def test_who_moves_an_alias_by_hand_does_not_make_the_release_bad() -> None:
    environments, second = Environments(), make_release("b")
    environments.roll_out(make_release("a"))
    alias = environments.lambdas["preprod"].functions["platform-scorer"].aliases["live"]
    environments.world.meanwhile["lambda:UpdateAlias"] = (1, lambda: alias.update(RevisionId="by hand"))
    with pytest.raises(RolloutFailed, match="was moved by someone else"):
        environments.roll_out(second)
    assert environments.store.record("preprod")[0].passages[-1].state == "staged"


def test_going_back_says_which_alias_was_elsewhere_before() -> None:
    environments = Environments()
    for letter in "ab":
        environments.roll_out(make_release(letter))
    environments.lambdas["preprod"].functions["platform-scorer"].aliases["live"]["FunctionVersion"] = "1"
    with pytest.raises(RolloutFailed) as caught:
        environments.roll_out(make_release("c"), FakeChecks(ChecksFailed("no", why="no", remedy="no")))
    assert "every alias is back where it was, and not all of them are at release" in caught.value.why
    assert "scorer: at 1, as it was found, not at the release's 3: it was moved by hand before" in caught.value.why


def test_an_alias_that_somebody_else_made_is_not_removed() -> None:
    environments, wider = Environments(), make_release("b", functions=("extra", "scorer"))
    made = environments.lambdas["preprod"].add("platform-extra", alias=None)
    terraform = {"Name": "live", "FunctionVersion": "1", "RevisionId": "of Terraform"}
    environments.world.meanwhile["lambda:CreateAlias"] = (1, lambda: made.aliases.update(live=terraform))
    with pytest.raises(RolloutFailed) as caught:
        environments.roll_out(wider)
    assert made.aliases["live"] == terraform
    assert "extra: its alias, at version 1, is not of this rollout's making and was left" in caught.value.why


@pytest.mark.parametrize("lost", [True, False])
def test_going_back_is_tried_again_where_its_guard_fails(*, lost: bool) -> None:
    environments = Environments()
    environments.roll_out(make_release("a"))
    alias = environments.lambdas["preprod"].functions["platform-scorer"].aliases["live"]

    class Failing(FakeChecks):
        def run(self) -> None:
            if lost:
                environments.world.lost.add("lambda:UpdateAlias")
            else:
                environments.world.meanwhile["lambda:UpdateAlias"] = (1, lambda: alias.update(RevisionId="by hand"))
            raise ChecksFailed("no", why="no", remedy="no")

    with pytest.raises(RolloutFailed, match="did not take"):
        environments.roll_out(make_release("b"), Failing())
    assert {found for found, _ in environments.serves().values()} == {image("a")}
