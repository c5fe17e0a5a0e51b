import pytest
from fakes.aws import World
from fakes.aws_lambda import FakeLambda
from fakes.aws_layers import archive_of, code_sha256
from fakes.aws_services import FakeS3
from hypothesis import given
from hypothesis import strategies as st

from lockage.aws.calls import Caller, DeniedError, StaleError
from lockage.aws.digests import from_base64, to_base64
from lockage.aws.lambda_ import LambdaClient
from lockage.aws.pacing import Pace
from lockage.errors import AwsError
from lockage.model.ids import Digest
from lockage.model.release import Configuration, archive_key
from lockage.model.rollout import PublishLayer, UpdateCode, VersionState

NAME, LAYER = "platform-dashboard", "platform-deps"
ARN = f"arn:aws:lambda:eu-central-1:111111111111:layer:{LAYER}"
FOREIGN = "arn:aws:lambda:eu-central-1:999999999999:layer:monitoring:7"


def archive(text: str) -> bytes:
    return archive_of({"python/common/__init__.py": text.encode()})


def digest(text: str) -> Digest:
    found = from_base64(code_sha256(archive(text)))
    assert found is not None
    return found


def source(text: str) -> str:
    return f"s3://releases/{archive_key(digest(text))}"


def layer(text: str) -> PublishLayer:
    return PublishLayer(
        layer="deps",
        name=LAYER,
        digest=digest(text),
        source=source(text),
        runtime="python3.13",
        architecture="arm64",
    )


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
def aws(world: World) -> FakeLambda:
    fake = FakeLambda(world, "111111111111")
    fake.s3 = FakeS3(world, "222222222222")
    fake.s3.objects = {archive_key(digest(text)): archive(text) for text in ("code", "1", "2", "3")}
    fake.add(NAME, package="Zip")
    world.sleep(5)
    return fake


def connect(world: World, aws: FakeLambda) -> LambdaClient:
    pace = Pace(clock=world.clock, sleep=world.sleep)
    place = "arn:aws:lambda:eu-central-1:111111111111:"
    return LambdaClient(aws, place=place, caller=Caller(lambda: "me"), pace=pace, clock=world.clock, sleep=world.sleep)


@pytest.fixture
def client(world: World, aws: FakeLambda) -> LambdaClient:
    return connect(world, aws)


def code() -> UpdateCode:
    return UpdateCode(
        function="dashboard", package="zip", source=source("code"), digest=digest("code"), architecture="arm64"
    )


def held(client: LambdaClient) -> VersionState:
    state = client.quiet(NAME)
    assert state is not None
    return state


def configure(client: LambdaClient, *layers: str) -> VersionState:
    configuration = Configuration(
        command=(),
        memory_mb=512,
        timeout_s=30,
        environment={"TABLE": "t"},
        architecture="x86_64",
        handler="dashboard.handler.handle",
        runtime="python3.13",
        layers=tuple(map(digest, layers)),
    )
    before = held(client).revision
    client.update_configuration(NAME, configuration, revision=before)
    settled = client.settled(NAME, since=before)
    assert settled.configuration == configuration
    return settled


@given(st.binary(min_size=32, max_size=32))
def test_lambdas_base64_and_our_hex_are_one_digest(content: bytes) -> None:
    digest = Digest(f"sha256:{content.hex()}")
    assert from_base64(to_base64(digest)) == digest


def test_a_zip_is_known_by_its_archive(client: LambdaClient) -> None:
    before = held(client).revision
    client.update_code(NAME, code(), revision=before)
    settled = client.settled(NAME, since=before)
    assert (settled.package, settled.digest) == ("Zip", digest("code"))
    assert settled.configuration.architecture == "arm64"


def test_publishing_makes_another_version_each_time(client: LambdaClient, aws: FakeLambda) -> None:
    client.layers.publish(layer("1"))
    client.layers.publish(layer("1"))
    assert aws.layer_arns(LAYER) == [f"{ARN}:1", f"{ARN}:2"]


def test_so_what_is_there_is_looked_for_first(world: World, aws: FakeLambda) -> None:
    aws.shown_at_once = 1
    for text in ("1", "2", "3"):
        connect(world, aws).layers.publish(layer(text))
    client = connect(world, aws)
    assert client.layers.holds(LAYER, digest("1"))
    assert client.layers.arn_of(digest("1")) == f"{ARN}:1"
    assert not client.layers.holds(LAYER, digest("code"))
    assert not client.layers.holds("platform-none", digest("2"))


def test_a_layers_content_is_what_the_function_shows(client: LambdaClient) -> None:
    for text in ("1", "2"):
        client.layers.publish(layer(text))
    assert configure(client, "2").configuration.layers == (digest("2"),)


def test_a_layer_version_is_read_once(world: World, aws: FakeLambda, client: LambdaClient) -> None:
    client.layers.publish(layer("1"))
    configure(client, "1")
    again = connect(world, aws)
    before = len(world.calls)
    for _ in range(5):
        held(again)
    assert [name for _, name, _ in world.calls[before:]].count("lambda:GetLayerVersionByArn") == 1


def test_what_serves_is_known_to_be_there_without_a_list(world: World, aws: FakeLambda, client: LambdaClient) -> None:
    client.layers.publish(layer("1"))
    configure(client, "1")
    again = connect(world, aws)
    held(again)
    before = len(world.calls)
    assert again.layers.holds(LAYER, digest("1"))
    assert world.calls[before:] == []


def test_a_deleted_version_goes_on_and_equals_nothing(world: World, aws: FakeLambda, client: LambdaClient) -> None:
    client.layers.publish(layer("1"))
    configure(client, "1")
    aws.delete_layer_version(LayerName=LAYER, VersionNumber=1)
    again = connect(world, aws)
    assert held(again).configuration.layers == (f"unreadable:{ARN}:1",)
    assert not again.layers.holds(LAYER, digest("1"))
    with pytest.raises(AwsError) as caught:
        configure(client, "1")  # this client knew it from before
    assert f"Layer version {ARN}:1 does not exist" in caught.value.why


def test_another_accounts_layer_is_read_where_it_may_be(aws: FakeLambda, client: LambdaClient) -> None:
    aws.functions[NAME].latest["Layers"] = [{"Arn": FOREIGN, "CodeSize": 1}]
    assert held(client).configuration.layers == (f"unreadable:{FOREIGN}",)


def test_another_accounts_layer_is_known_by_content_and_not_given_to_others(
    aws: FakeLambda, client: LambdaClient
) -> None:
    aws.functions[NAME].latest["Layers"] = [{"Arn": FOREIGN, "CodeSize": 1}]
    aws.elsewhere[FOREIGN] = archive("1")
    assert held(client).configuration.layers == (digest("1"),)
    with pytest.raises(AwsError, match="this account holds no layer of sha256:"):
        client.layers.arn_of(digest("1"))


def test_an_own_layer_that_may_not_be_read_is_an_error(world: World, aws: FakeLambda, client: LambdaClient) -> None:
    client.layers.publish(layer("1"))
    configure(client, "1")
    with world.denying("deployer", "lambda:GetLayerVersionByArn"), pytest.raises(DeniedError) as caught:
        held(connect(world, aws))
    assert caught.value.what == "role deployer lacks the permission lambda:GetLayerVersion"
    assert f"on:  {ARN}:1" in caught.value.why


def test_more_layers_than_lambda_takes(client: LambdaClient) -> None:
    client.layers.publish(layer("1"))
    with pytest.raises(AwsError, match="UpdateFunctionConfiguration failed"):
        configure(client, *("1" for _ in range(6)))


def test_a_version_is_published_of_the_archive_that_was_asked_for(client: LambdaClient) -> None:
    before = held(client).revision
    client.update_code(NAME, code(), revision=before)
    revision = client.settled(NAME, since=before).revision
    with pytest.raises(StaleError) as caught:
        client.publish(NAME, revision=revision, archive=digest("1"))
    assert "is different from current CodeSHA256" in caught.value.why
    assert client.publish(NAME, revision=revision, archive=digest("code")) == "2"


def test_reading_and_publishing_share_lambdas_rate(aws: FakeLambda, client: LambdaClient) -> None:
    for number in range(40):
        client.layers.publish(layer(str(number % 3 + 1)))
        client.layers.holds(f"platform-{number}", digest("code"))
    assert aws.throttled == 0


def test_a_shell_is_not_its_runtime_or_layers(client: LambdaClient) -> None:
    client.layers.publish(layer("1"))
    before = held(client).shell
    assert configure(client, "1").shell == before
