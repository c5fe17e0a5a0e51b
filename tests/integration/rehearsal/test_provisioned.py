"""What the table makes works in the embedded AWS, and no more than the table says: zips, layers and topics."""

import hashlib
import io
import json
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NoReturn

import pytest
from botocore.exceptions import ClientError

from lockage.config.load import load_local, load_project
from lockage.config.schema import Project
from lockage.rehearsal import resources, runtimes
from lockage.rehearsal.assertions import archive_is_written_once
from lockage.rehearsal.embedded import EmbeddedAws
from lockage.rehearsal.engine import containers
from lockage.rehearsal.operator import Operator
from lockage.rehearsal.provision import provision
from lockage.rehearsal.surroundings import surroundings
from lockage.rehearsal.witness import Witness

pytestmark = pytest.mark.aws

ROOT = Path(__file__).parents[3]
HERE, REGISTRY, REGION = "111111111111", "222222222222", "eu-central-1"
STORE = "shop-releases"
FUNCTION, ALIAS = "shop-listener", "live"
PATIENCE_SECONDS, AGAIN_SECONDS = 60, 5

DECLARED = """\
version: 1
project: shop
zips:
  listener: {sources: [listener], layers: [shared]}
layers:
  shared: {sources: [shared]}
runtimes:
  python3.13: PINNED
functions:
  listener:
    zip: listener
    handler: listener.handle
    probe: probe.json
    trigger: {topic: orders}
resources:
  topics: {orders: {}}
registry: {account: "222222222222", region: eu-central-1, store: shop-releases}
environments:
  only: {account: "111111111111", region: eu-central-1}
github: {repository: example/shop, owner_id: "1", repository_id: "2"}
"""

HANDLER = """
import shared

def handle(event, context):
    said = [record["Sns"]["Message"] for record in event.get("Records", [])]
    print(f"heard {said} with {shared.NAME}")
    return {"heard": said, "with": shared.NAME}
"""


class Place:
    """The project, provisioned."""

    def __init__(self, aws: EmbeddedAws, project: Project) -> None:
        self.aws, self.project = aws, project
        self._operators: dict[tuple[str, str], Operator] = {}
        provision(self.operator, resources.resources(project), no_image)

    def operator(self, account: str, region: str = REGION) -> Operator:
        """The owner of an account."""
        return self._operators.setdefault((account, region), Operator(self.aws, account, region))

    def client(self, service: str, account: str = HERE, role: str = "") -> Any:  # noqa: ANN401 - boto3 makes its classes at run time
        """A client of the account's owner, or of a role in it."""
        operator = self.operator(account)
        return operator.session_of(role).client(service) if role else operator.client(service)


def no_image(repository: str) -> NoReturn:
    raise AssertionError(repository)


def archive(**files: str) -> bytes:
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w") as out:
        for path, text in files.items():
            out.writestr(path.replace("__", "/") + ".py", text)
    return written.getvalue()


CODE, LAYER = archive(listener=HANDLER), archive(python__shared="NAME = 'a layer'")
KEY, LAYER_KEY = (f"archives/{hashlib.sha256(each).hexdigest()}.zip" for each in (CODE, LAYER))


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    folder = tmp_path_factory.mktemp("provisioned")
    pinned = load_project(ROOT / "lockage.yaml", files=False).runtimes["python3.13"]
    (folder / "lockage.yaml").write_text(DECLARED.replace("PINNED", pinned))
    project = load_project(folder / "lockage.yaml", files=False)
    images = runtimes.images(project, load_local(ROOT / "lockage.yaml"))
    aws = EmbeddedAws(account=REGISTRY, region=REGION, parent=folder, runtimes=images)
    try:
        with surroundings(aws.start().endpoint, aws.host):
            yield Place(aws, project)
    finally:
        aws.stop()
        assert containers(aws.label) == []


@pytest.fixture(scope="module")
def released(place: Place) -> Place:
    """The function's code and layer, as the pipeline's own roles bring them there."""
    s3 = place.client("s3", REGISTRY, "shop-publisher")
    s3.put_object(Bucket=STORE, Key=KEY, Body=CODE, IfNoneMatch="*")
    s3.put_object(Bucket=STORE, Key=LAYER_KEY, Body=LAYER, IfNoneMatch="*")
    lambda_ = place.client("lambda", role="shop-deployer")
    layer = lambda_.publish_layer_version(LayerName="shop-shared", Content={"S3Bucket": STORE, "S3Key": LAYER_KEY})
    lambda_.update_function_code(FunctionName=FUNCTION, S3Bucket=STORE, S3Key=KEY)
    lambda_.get_waiter("function_updated_v2").wait(FunctionName=FUNCTION)
    lambda_.update_function_configuration(
        FunctionName=FUNCTION, Handler="listener.handle", Layers=[layer["LayerVersionArn"]]
    )
    lambda_.get_waiter("function_updated_v2").wait(FunctionName=FUNCTION)
    version = lambda_.publish_version(FunctionName=FUNCTION)["Version"]
    lambda_.update_alias(FunctionName=FUNCTION, Name=ALIAS, FunctionVersion=version)
    return place


def test_a_new_function_says_that_it_has_no_release(place: Place) -> None:
    answer = place.client("lambda").invoke(FunctionName=FUNCTION, Qualifier="1")
    assert answer["FunctionError"] == "Unhandled"
    assert json.load(answer["Payload"])["errorMessage"] == "no release has been deployed to this function yet"


def test_a_zip_runs_with_its_layer_in_the_runtime_s_image(released: Place) -> None:
    answer = released.client("lambda", role="shop-deployer").invoke(FunctionName=FUNCTION, Qualifier=ALIAS)
    assert json.load(answer["Payload"]) == {"heard": [], "with": "a layer"}


def test_a_topic_calls_the_alias(released: Place) -> None:
    """It is called again at times: the emulator may read a log before the engine has written what was printed last."""
    topic = f"arn:aws:sns:{REGION}:{HERE}:shop-orders"
    sns, logs, sent = released.client("sns"), released.client("logs"), list[float]()

    def said() -> list[str]:
        events = logs.filter_log_events(logGroupName=f"/aws/lambda/{FUNCTION}")["events"]
        return [event["message"] for event in events]

    def heard() -> bool:
        if not sent or time.monotonic() - sent[-1] > AGAIN_SECONDS:
            sns.publish(TopicArn=topic, Message="an order")
            sent.append(time.monotonic())
        return any("heard ['an order'] with a layer" in line for line in said())

    until(heard, said)


def test_a_topic_without_the_permission_calls_nothing(released: Place) -> None:
    sns = released.client("sns")
    stranger = sns.create_topic(Name="stranger")["TopicArn"]
    alias = released.client("lambda").get_alias(FunctionName=FUNCTION, Name=ALIAS)["AliasArn"]
    sns.subscribe(TopicArn=stranger, Protocol="lambda", Endpoint=alias)
    sns.publish(TopicArn=stranger, Message="nobody's order")
    until(lambda: f"lets {stranger} not call it" in released.aws.log.read_text(), released.aws.log.read_text)


def test_the_witness_names_a_zip_and_its_layers_by_what_was_built(released: Place) -> None:
    (served,) = Witness(released.project, released.operator).served("only").values()
    assert served.digest == f"sha256:{hashlib.sha256(CODE).hexdigest()}"
    assert served.layers == (f"sha256:{hashlib.sha256(LAYER).hexdigest()}",)


def test_an_archive_is_not_written_anew(released: Place) -> None:
    witness = Witness(released.project, released.operator)
    assert archive_is_written_once(witness, f"sha256:{hashlib.sha256(CODE).hexdigest()}") == "S3 answered AccessDenied"
    s3 = released.client("s3", REGISTRY, "shop-publisher")
    with pytest.raises(ClientError, match="PreconditionFailed"):
        s3.put_object(Bucket=STORE, Key=KEY, Body=b"other", IfNoneMatch="*")


def test_an_archive_is_read_by_leave_of_the_bucket(released: Place) -> None:
    s3 = released.client("s3", REGISTRY)
    lambda_ = released.client("lambda", role="shop-deployer")
    policy = s3.get_bucket_policy(Bucket=STORE)["Policy"]
    s3.delete_bucket_policy(Bucket=STORE)
    refused = r"not authorized to perform: s3:GetObject on resource: .*archives/"
    try:
        with pytest.raises(ClientError, match=refused):
            lambda_.update_function_code(FunctionName=FUNCTION, S3Bucket=STORE, S3Key=KEY)
        with pytest.raises(ClientError, match=refused):
            lambda_.publish_layer_version(LayerName="shop-shared", Content={"S3Bucket": STORE, "S3Key": LAYER_KEY})
    finally:
        s3.put_bucket_policy(Bucket=STORE, Policy=policy)


def test_layers_are_read_by_whoever_may_and_published_by_the_deployer_only(released: Place) -> None:
    owner = released.client("lambda")
    (version,) = owner.list_layer_versions(LayerName="shop-shared")["LayerVersions"]
    arn = version["LayerVersionArn"]
    for role in ("shop-deployer", "shop-rollback"):
        found = released.client("lambda", role=role).get_layer_version_by_arn(Arn=arn)
        assert found["Content"]["CodeSha256"]
    rollback = released.client("lambda", role="shop-rollback")
    with pytest.raises(ClientError, match="lambda:PublishLayerVersion"):
        rollback.publish_layer_version(LayerName="shop-shared", Content={"ZipFile": b""})
    with pytest.raises(ClientError, match="lambda:ListLayerVersions"):
        rollback.list_layer_versions(LayerName="shop-shared")
    with pytest.raises(ClientError, match="lambda:GetLayerVersion"):
        released.client("lambda", role="shop-e2e").get_layer_version_by_arn(Arn=arn)


def test_the_pipeline_s_roles_reach_no_function_of_another_project(released: Place) -> None:
    with pytest.raises(ClientError, match="lambda:GetFunction"):
        released.client("lambda", role="shop-deployer").get_function(FunctionName="shopping-list")


def until(holds: Any, told: Any) -> None:  # noqa: ANN401 - functions without arguments
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not holds():
        assert time.monotonic() < deadline, told()
        time.sleep(0.05)
