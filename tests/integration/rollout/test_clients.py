"""The clients against an AWS that keeps state, guards and policies: what the fakes claim is seen here."""

import pytest
from fakes.accounts import ENVIRONMENT, REGION, REGISTRY, Accounts, allow

from lockage.aws.access import Access
from lockage.aws.calls import ConflictError, DeniedError, StaleError
from lockage.model.ids import Digest
from lockage.model.release import Configuration
from lockage.model.rollout import EnvironmentRecord, UpdateCode
from lockage.release.store import ReleaseStore

pytestmark = pytest.mark.aws

NAME = "platform-scorer"
FUNCTION = f"arn:aws:lambda:{REGION}:{ENVIRONMENT}:function:{NAME}"
STORE = "arn:aws:s3:::platform-releases"
CONFIGURATION = Configuration(
    command=("scorer.handle",), memory_mb=512, timeout_s=20, environment={"A": "b"}, architecture="x86_64"
)


def image(letter: str) -> str:
    return f"localhost:1/platform@sha256:{letter * 64}"


def code(letter: str) -> UpdateCode:
    digest = Digest(f"sha256:{letter * 64}")
    return UpdateCode(function="scorer", package="image", source=image(letter), digest=digest, architecture="x86_64")


@pytest.fixture(scope="module")
def rollback_role(accounts: Accounts) -> Access:
    """Aliases only, and the way to the store's role."""
    operator = accounts.operator(ENVIRONMENT)
    execution = accounts.role(
        ENVIRONMENT, NAME, f"arn:aws:iam::{ENVIRONMENT}:root", [allow(["logs:PutLogEvents"], "*")]
    )
    operator.client("lambda").create_function(
        FunctionName=NAME, PackageType="Image", Code={"ImageUri": image("a")}, Role=execution
    )
    accounts.operator(REGISTRY).client("s3").create_bucket(
        Bucket="platform-releases", CreateBucketConfiguration={"LocationConstraint": REGION}
    )
    moves = ["lambda:GetFunction", "lambda:GetAlias", "lambda:UpdateAlias", "lambda:InvokeFunction"]
    chain = allow(["sts:AssumeRole"], f"arn:aws:iam::{REGISTRY}:role/platform-releases-preprod")
    role = accounts.role(
        ENVIRONMENT,
        "platform-rollback",
        f"arn:aws:iam::{ENVIRONMENT}:root",
        [allow(moves, FUNCTION, f"{FUNCTION}:*"), chain],
    )
    accounts.role(
        REGISTRY,
        "platform-releases-preprod",
        role,
        [
            allow(["s3:ListBucket"], STORE),
            allow(["s3:GetObject"], f"{STORE}/*"),
            allow(["s3:PutObject"], f"{STORE}/environments/preprod/*"),
        ],
    )
    return accounts.owner(ENVIRONMENT).assume(role)


def test_an_update_is_guarded_settles_and_is_published(accounts: Accounts, rollback_role: Access) -> None:
    del rollback_role
    client = accounts.owner(ENVIRONMENT).functions()
    before = client.quiet(NAME)
    assert before is not None
    with pytest.raises(StaleError):
        client.update_code(NAME, code("b"), revision="of old")
    client.update_code(NAME, code("b"), revision=before.revision)
    settled = client.settled(NAME, since=before.revision)
    assert settled.digest == f"sha256:{'b' * 64}"
    client.update_configuration(NAME, CONFIGURATION, revision=settled.revision)
    settled = client.settled(NAME, since=settled.revision)
    assert settled.configuration == CONFIGURATION
    number = client.publish(NAME, revision=settled.revision)
    version = client.settled(NAME, qualifier=number)
    assert version.serves
    assert (version.digest, version.configuration) == (settled.digest, settled.configuration)
    assert version.shell == settled.shell, "a version's other half reads as that of $LATEST it was made of"
    assert client.publish(NAME, revision=settled.revision) == number, "unchanged, so the version there is"


def test_the_rollback_role_moves_aliases_and_nothing_else(accounts: Accounts, rollback_role: Access) -> None:
    owner, client = accounts.owner(ENVIRONMENT).functions(), rollback_role.functions()
    held = owner.quiet(NAME)
    assert held is not None
    number = owner.publish(NAME, revision=held.revision)
    owner.create_alias(NAME, "live", number)
    with pytest.raises(ConflictError):
        owner.create_alias(NAME, "live", number)
    alias = client.alias(NAME, "live")
    assert alias is not None
    with pytest.raises(StaleError):
        client.move_alias(NAME, "live", number, revision="of old")
    client.move_alias(NAME, "live", number, revision=alias.revision)
    with pytest.raises(DeniedError) as caught:
        client.update_code(NAME, code("c"), revision="any")
    assert caught.value.what == "role platform-rollback lacks the permission lambda:UpdateFunctionCode"
    assert f"on:  {FUNCTION}" in caught.value.why
    with pytest.raises(DeniedError, match="lambda:PublishVersion"):
        client.publish(NAME, revision="any")
    with pytest.raises(DeniedError, match="lambda:DeleteAlias"):
        client.delete_alias(NAME, "live")


def test_the_store_is_reached_over_a_role_in_its_own_account(rollback_role: Access) -> None:
    store = ReleaseStore(
        rollback_role.assume(f"arn:aws:iam::{REGISTRY}:role/platform-releases-preprod").bucket("platform-releases")
    )
    record, etag = store.record("preprod")
    assert (record.rollout, etag) == (0, "")
    first = store.write_record(EnvironmentRecord(environment="preprod", rollout=1), etag="")
    store.write_record(EnvironmentRecord(environment="preprod", rollout=2), etag=first)
    with pytest.raises(StaleError):
        store.write_record(EnvironmentRecord(environment="preprod", rollout=3), etag=first)
    assert store.record("preprod")[0].rollout == 2
    with pytest.raises(DeniedError, match="role platform-releases-preprod lacks the permission s3:PutObject"):
        store.write_record(EnvironmentRecord(environment="prod", rollout=1), etag="")


def test_a_role_that_trusts_somebody_else_is_not_taken(accounts: Accounts, rollback_role: Access) -> None:
    del rollback_role
    with pytest.raises(DeniedError, match="lacks the permission sts:AssumeRole"):
        accounts.owner(ENVIRONMENT).assume(f"arn:aws:iam::{REGISTRY}:role/platform-releases-preprod")
