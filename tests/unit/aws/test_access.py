"""Through real boto3 clients: what botocore sends is caught before it leaves."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.awsrequest import AWSResponse

from lockage.aws.access import Access
from lockage.errors import AwsError, UsageError

ARN = "arn:aws:sts::111111111111:assumed-role/platform-deployer/lockage"
IDENTITY = f"""<GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><GetCallerIdentityResult>
<Arn>{ARN}</Arn><UserId>X</UserId><Account>111111111111</Account></GetCallerIdentityResult></GetCallerIdentityResponse>"""
TAKEN = """<AssumeRoleResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><AssumeRoleResult><Credentials>
<AccessKeyId>ASIANEW</AccessKeyId><SecretAccessKey>new</SecretAccessKey><SessionToken>token</SessionToken>
<Expiration>2026-11-21T12:00:00Z</Expiration></Credentials></AssumeRoleResult></AssumeRoleResponse>"""

Answerer = Callable[[Any], tuple[int, str]]


class Raw:
    """A body as urllib3 streams it."""

    def __init__(self, content: bytes) -> None:
        self.content = content

    def stream(self, **_: object) -> list[bytes]:
        return [self.content]


def access(answer: Answerer) -> Access:
    session = boto3.Session("AKIAOLD", "old", region_name="eu-central-1")

    def before_send(request: Any, **_: object) -> AWSResponse:  # noqa: ANN401 - botocore's
        status, content = answer(request)
        return AWSResponse(request.url, status, {}, Raw(content.encode()))

    session.events.register("before-send", before_send)
    return Access(session, "eu-central-1")


def body(request: Any) -> str:  # noqa: ANN401 - botocore's
    return request.body.decode() if isinstance(request.body, bytes) else str(request.body)


def sts(request: Any) -> tuple[int, str]:  # noqa: ANN401 - botocore's
    return 200, TAKEN if "AssumeRole" in body(request) else IDENTITY


def test_whom_aws_takes_us_for() -> None:
    identity = access(sts).identity
    assert (identity.account, identity.arn, identity.role) == ("111111111111", ARN, "platform-deployer")


def test_credentials_of_another_account_are_refused_before_anything_is_done() -> None:
    with pytest.raises(UsageError) as caught:
        access(sts).require("222222222222", "the environment prod")
    assert caught.value.what == "these credentials are not for the environment prod"
    assert ARN in caught.value.why
    assert "prod is account 222222222222" in caught.value.why
    access(sts).require("111111111111", "the environment preprod")


def test_another_role_is_taken_and_handed_on_as_variables() -> None:
    taken = access(sts).assume("arn:aws:iam::222222222222:role/platform-releases-prod", region="us-east-1")
    assert taken.region == "us-east-1"
    assert taken.variables == {
        "AWS_ACCESS_KEY_ID": "ASIANEW",
        "AWS_SECRET_ACCESS_KEY": "new",
        "AWS_SESSION_TOKEN": "token",
        "AWS_DEFAULT_REGION": "us-east-1",
    }


def test_a_role_that_does_not_trust_us() -> None:
    said = f"User: {ARN} is not authorized to perform: sts:AssumeRole on resource: r"
    denied = f"<ErrorResponse><Error><Code>AccessDenied</Code><Message>{said}</Message></Error></ErrorResponse>"
    with pytest.raises(AwsError, match="role platform-deployer lacks the permission sts:AssumeRole") as caught:
        access(lambda _: (403, denied)).assume("arn:aws:iam::222222222222:role/platform-releases-prod")
    assert "on:  arn:aws:iam::222222222222:role/platform-releases-prod" in caught.value.why


def test_throttling_is_tried_again_by_boto3(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("time.sleep", lambda _: None)
    seen: list[str] = []

    def answer(request: Any) -> tuple[int, str]:  # noqa: ANN401 - botocore's
        if "sts" in request.url:
            return sts(request)
        seen.append(request.url)
        if len(seen) < 4:
            return 429, '{"message": "Rate exceeded", "__type": "TooManyRequestsException"}'
        return 200, '{"FunctionVersion": "7", "RevisionId": "r", "Name": "live"}'

    alias = access(answer).functions().alias("platform-scorer", "live")
    assert alias is not None
    assert alias.version == "7"
    assert len(seen) == 4


def test_without_credentials_the_message_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    with pytest.raises(AwsError, match="there are no AWS credentials"):
        _ = Access.default("eu-central-1").identity


@pytest.mark.parametrize(
    ("variable", "value"), [("AWS_PROFILE", "nobody"), ("AWS_ENDPOINT_URL", "no url"), ("AWS_CONFIG_FILE", "broken")]
)
def test_settings_that_cannot_be_used_are_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, variable: str, value: str
) -> None:
    (tmp_path / "broken").write_text("no section = 1")
    monkeypatch.chdir(tmp_path)
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "some")  # so that nobody is asked for credentials
    monkeypatch.setenv(variable, value)
    with pytest.raises(AwsError, match="the AWS settings of this machine cannot be used") as caught:
        _ = Access.default("eu-central-1").identity
    assert value in caught.value.why
    assert "AWS_PROFILE" in caught.value.remedy
