import pytest
from fakes.aws import BrokenBody, World
from fakes.aws_lambda import FakeLambda

from lockage.aws.calls import Caller, ConflictError, StaleError
from lockage.aws.lambda_ import LambdaClient
from lockage.aws.lambda_shape import answer, version_state
from lockage.aws.pacing import Pace
from lockage.errors import AwsError
from lockage.model.ids import Digest
from lockage.model.release import Architecture, Configuration
from lockage.model.rollout import AliasState, UpdateCode

NAME = "platform-scorer"
IMAGE = f"registry.example/platform@sha256:{'a' * 64}"
CONFIGURATION = Configuration(
    command=("scorer.handle",), memory_mb=512, timeout_s=30, environment={"TABLE": "t"}, architecture="arm64"
)


def code(architecture: Architecture = "x86_64") -> UpdateCode:
    digest = Digest(IMAGE.partition("@")[2])
    return UpdateCode(function="scorer", package="image", source=IMAGE, digest=digest, architecture=architecture)


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
def aws(world: World) -> FakeLambda:
    fake = FakeLambda(world, "111111111111")
    fake.add(NAME)
    world.sleep(5)
    return fake


@pytest.fixture
def client(world: World, aws: FakeLambda) -> LambdaClient:
    pace = Pace(clock=world.clock, sleep=world.sleep)
    place = "arn:aws:lambda:eu-central-1:111111111111:"
    return LambdaClient(aws, place=place, caller=Caller(lambda: "me"), pace=pace, clock=world.clock, sleep=world.sleep)


def revision(client: LambdaClient) -> str:
    state = client.state(NAME)
    assert state is not None
    return state.revision


def test_what_is_not_there_is_none(client: LambdaClient) -> None:
    assert client.state("platform-none") is None
    assert client.state(NAME, "77") is None
    assert client.alias(NAME, "canary") is None
    assert client.quiet("platform-none") is None


def test_an_update_is_settled_by_its_second_revision(client: LambdaClient, aws: FakeLambda, world: World) -> None:
    before, began = revision(client), world.seconds
    client.update_code(NAME, code("arm64"), revision=before)
    state = client.settled(NAME, since=before)
    assert state.digest == f"sha256:{'a' * 64}"
    assert state.configuration.architecture == "arm64"
    assert state.revision == aws.functions[NAME].latest["RevisionId"], "the last one, good as a guard"
    assert 2.0 <= world.seconds - began < 3.0


def test_a_stale_successful_is_not_believed(client: LambdaClient, aws: FakeLambda) -> None:
    aws.stale_seconds = 1.5
    before = revision(client)
    client.update_code(NAME, code(), revision=before)
    stale = client.state(NAME)
    assert stale is not None
    assert (stale.update, stale.revision) == ("Successful", before)
    assert client.settled(NAME, since=before).digest == f"sha256:{'a' * 64}"


def test_a_revision_that_is_not_the_newest_is_refused(client: LambdaClient) -> None:
    with pytest.raises(StaleError):
        client.update_configuration(NAME, CONFIGURATION, revision="revision-of-old")


def test_an_update_during_an_update_is_refused(client: LambdaClient) -> None:
    before = revision(client)
    client.update_code(NAME, code(), revision=before)
    with pytest.raises(ConflictError):
        client.update_configuration(NAME, CONFIGURATION, revision=before)


def test_a_configuration_comes_back_as_it_was_given(client: LambdaClient) -> None:
    before = revision(client)
    client.update_code(NAME, code("arm64"), revision=before)
    settled = client.settled(NAME, since=before)
    client.update_configuration(NAME, CONFIGURATION, revision=settled.revision)
    assert client.settled(NAME, since=settled.revision).configuration == CONFIGURATION


def test_an_update_that_lambda_fails_says_why(client: LambdaClient, aws: FakeLambda) -> None:
    aws.unusable.add(IMAGE)
    before = revision(client)
    client.update_code(NAME, code(), revision=before)
    with pytest.raises(AwsError, match="could not make ready") as caught:
        client.settled(NAME, since=before)
    assert "ImageAccessDenied" in caught.value.why


def test_an_update_that_never_settles_ends_the_wait(client: LambdaClient, aws: FakeLambda, world: World) -> None:
    aws.settle_seconds = 1e9
    before = revision(client)
    client.update_code(NAME, code(), revision=before)
    with pytest.raises(AwsError, match="did not settle") as caught:
        client.settled(NAME, since=before)
    assert "InProgress" in caught.value.why
    assert world.seconds < 1000


def test_somebody_elses_update_is_waited_for(client: LambdaClient, aws: FakeLambda) -> None:
    client.update_code(NAME, code(), revision=revision(client))
    aws.functions[NAME].stale = None
    state = client.quiet(NAME)
    assert state is not None
    assert state.update == "Successful"


def test_an_unchanged_function_publishes_the_version_it_has(client: LambdaClient) -> None:
    assert client.publish(NAME, revision=revision(client)) == "1"


def test_a_new_version_is_pending_first(client: LambdaClient) -> None:
    before = revision(client)
    client.update_code(NAME, code(), revision=before)
    number = client.publish(NAME, revision=client.settled(NAME, since=before).revision)
    pending = client.state(NAME, number)
    assert pending is not None
    assert not pending.serves
    assert client.settled(NAME, qualifier=number).serves


def test_moving_an_alias_is_guarded_and_clears_weights(client: LambdaClient, aws: FakeLambda) -> None:
    aws.functions[NAME].aliases["live"]["RoutingConfig"] = {"AdditionalVersionWeights": {"1": 0.1}}
    held = client.alias(NAME, "live")
    assert held is not None
    assert held.weighted
    with pytest.raises(StaleError):
        client.move_alias(NAME, "live", "1", revision="alias-of-old")
    client.move_alias(NAME, "live", "1", revision=held.revision)
    moved = client.alias(NAME, "live")
    assert moved == AliasState(version="1", revision=aws.functions[NAME].aliases["live"]["RevisionId"])


def test_an_alias_that_is_there_is_not_made_again(client: LambdaClient) -> None:
    with pytest.raises(ConflictError):
        client.create_alias(NAME, "live", "1")


def test_a_sleeping_version_is_woken(client: LambdaClient, aws: FakeLambda) -> None:
    aws.functions[NAME].versions["1"]["State"] = "Inactive"
    assert client.invoke(NAME, "1", "{}", version="1").error == ""


def test_an_alias_that_lags_is_waited_for(client: LambdaClient, aws: FakeLambda, world: World) -> None:
    aws.functions[NAME].lagging["live"] = "1"
    aws.functions[NAME].versions["2"] = {**aws.functions[NAME].versions["1"], "Version": "2"}
    aws.functions[NAME].aliases["live"]["FunctionVersion"] = "2"
    began = world.seconds
    assert client.invoke(NAME, "live", "{}", version="2").version == "2"
    assert world.seconds > began


def test_another_version_that_goes_on_answering_is_told(client: LambdaClient) -> None:
    assert client.invoke(NAME, "live", "{}", version="9").version == "1"


def test_a_function_that_fails_says_what_with_the_end_of_its_log(client: LambdaClient, aws: FakeLambda) -> None:
    aws.broken.add("seed")
    assert client.invoke(NAME, "1", "{}", version="1").error == "RuntimeError: this image is broken\nlog"


def test_reads_that_share_lambdas_quota_are_paced(client: LambdaClient, aws: FakeLambda) -> None:
    for _ in range(60):
        client.alias(NAME, "live")
    assert aws.throttled == 0


def test_an_environment_that_lambda_does_not_show_equals_none_declared() -> None:
    shown = {"Configuration": {"Version": "1", "Environment": {"Error": {"ErrorCode": "AccessDeniedException"}}}}
    environment = version_state(shown).configuration.environment
    assert environment != {}
    assert all(not name for name in environment), "no declared name is empty"


def test_the_shell_is_terraforms_half_alone() -> None:
    def shell(**held: object) -> str:
        return version_state({"Configuration": {"Version": "1", **held}}).shell

    assert shell(Role="a") != shell(Role="b")
    assert shell(MemorySize=128) == shell(MemorySize=256)
    assert shell(VpcConfig={}) == shell(), "empty and missing are the same"


def test_an_answer_that_is_not_json_is_shown_as_it_is() -> None:
    told = answer({"FunctionError": "Unhandled", "ExecutedVersion": "1"}, b"segfault", 0.1)
    assert told.error == "Unhandled: segfault"


def test_an_answer_that_breaks_off_is_an_error_that_says_so(
    aws: FakeLambda, client: LambdaClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        aws, "invoke", lambda **_: {"Payload": BrokenBody(ConnectionResetError("it broke"))}, raising=False
    )
    with pytest.raises(AwsError, match="lambda:InvokeFunction got no answer for") as caught:
        client.invoke(NAME, "1", "{}", version="1")
    assert "it broke" in caught.value.why
