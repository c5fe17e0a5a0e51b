from http.client import IncompleteRead

import pytest
from botocore.exceptions import (
    ClientError,
    EndpointConnectionError,
    IncompleteReadError,
    NoCredentialsError,
    ReadTimeoutError,
)
from fakes.aws import BrokenBody, error
from urllib3.exceptions import SSLError

from lockage.aws.calls import Caller, ConflictError, DeniedError, StaleError
from lockage.errors import AwsError

ROLE = "arn:aws:sts::111111111111:assumed-role/platform-deployer/lockage"
LAYER = "arn:aws:lambda:eu-central-1:111111111111:layer:platform-deps:1"
FUNCTION = "arn:aws:lambda:eu-central-1:111111111111:function:platform-scorer"


def raising(failure: Exception) -> object:
    def method(**_: object) -> object:
        raise failure

    return method


def call(failure: Exception, *, absent: tuple[str, ...] = ()) -> object:
    caller = Caller(lambda: ROLE)
    return caller.call("lambda:UpdateAlias", FUNCTION, raising(failure), absent=absent)  # type: ignore[arg-type]  # any value will do


def test_an_answer_passes_through() -> None:
    asked = {}

    def method(**arguments: object) -> dict[str, object]:
        asked.update(arguments)
        return {"Version": "7"}

    assert Caller(lambda: ROLE).call("lambda:PublishVersion", FUNCTION, method, FunctionName="f") == {"Version": "7"}
    assert asked == {"FunctionName": "f"}


def test_what_is_not_there_is_a_value() -> None:
    assert call(error("ResourceNotFoundException", "no", "GetAlias"), absent=("ResourceNotFoundException",)) is None


def test_a_missing_permission_names_action_resource_and_role() -> None:
    said = f"User: {ROLE} is not authorized to perform: lambda:UpdateAlias on resource: {FUNCTION} because no policy"
    with pytest.raises(DeniedError) as caught:
        call(error("AccessDeniedException", said, "UpdateAlias", status=403))
    assert caught.value.render() == (
        "error: role platform-deployer lacks the permission lambda:UpdateAlias\n"
        f"  why:  on:  {FUNCTION}\n"
        f"        for: {ROLE}\n"
        f"        AWS: {said}\n"
        "  next: allow lambda:UpdateAlias on this resource in the policy of role platform-deployer, which "
        "terraform/modules/project works out; apply, and run the same command again"
    )


def test_a_refusal_that_names_nobody_is_asked_who_that_was() -> None:
    with pytest.raises(DeniedError, match="role platform-deployer lacks"):
        call(error("AccessDenied", "Access Denied", "PutObject", status=403))


def test_somebody_who_is_no_role_is_named_whole() -> None:
    said = "User: arn:aws:iam::111111111111:user/ann is not authorized to perform: lambda:UpdateAlias"
    with pytest.raises(DeniedError, match="arn:aws:iam::111111111111:user/ann lacks") as caught:
        call(error("AccessDeniedException", said, "UpdateAlias", status=403))
    assert caught.value.remedy == (
        "allow lambda:UpdateAlias on this resource in the policy of arn:aws:iam::111111111111:user/ann; apply, and run "
        "the same command again"
    )


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("PreconditionFailed", StaleError),
        ("PreconditionFailedException", StaleError),
        ("ConditionalRequestConflict", StaleError),
        ("ResourceConflictException", ConflictError),
        ("ResourceNotReadyException", ConflictError),
        ("ServiceException", AwsError),
    ],
)
def test_refusals_that_code_must_tell_apart(code: str, kind: type[AwsError]) -> None:
    with pytest.raises(AwsError) as caught:
        call(error(code, "words", "UpdateAlias"))
    assert type(caught.value) is kind
    assert caught.value.what == f"lambda:UpdateAlias failed on {FUNCTION}"
    assert caught.value.why == f"{code}: words"


def test_credentials_that_ended() -> None:
    with pytest.raises(AwsError, match="credentials were refused") as caught:
        call(error("ExpiredTokenException", "The security token included in the request is expired", "UpdateAlias"))
    assert "take the role again" in caught.value.remedy


def test_no_credentials_at_all() -> None:
    with pytest.raises(AwsError, match="there are no AWS credentials"):
        call(NoCredentialsError())


def test_nobody_there() -> None:
    with pytest.raises(AwsError, match="got no answer") as caught:
        call(EndpointConnectionError(endpoint_url="http://172.17.0.1:1"))
    assert "AWS_ENDPOINT_URL" in caught.value.remedy


def test_an_error_without_a_message_still_says_something() -> None:
    with pytest.raises(AwsError) as caught:
        call(ClientError({}, "UpdateAlias"))
    assert "UpdateAlias" in caught.value.why


@pytest.mark.parametrize(
    "failure",
    [
        ReadTimeoutError(endpoint_url="http://localhost"),
        IncompleteReadError(actual_bytes=1, expected_bytes=2),
        IncompleteRead(b"x", 1),
        ConnectionResetError(),
        SSLError("bad record"),
    ],
    ids=lambda failure: type(failure).__name__,
)
def test_a_body_that_breaks_off_is_no_answer(failure: Exception) -> None:
    with pytest.raises(AwsError, match="s3:GetObject got no answer for arn:aws:s3:::b/k") as caught:
        Caller.read("s3:GetObject", "arn:aws:s3:::b/k", BrokenBody(failure))
    assert caught.value.why


OF_AN_ARCHIVE = (
    "Your access has been denied by S3, please make sure your request credentials have permission to GetObject for "
    "platform-releases/archives/ab.zip. S3 Error Code: AccessDenied. S3 Error Message: Access Denied"
)
OF_A_LAYER = (
    f"User: {ROLE} is not authorized to perform: lambda:GetLayerVersion on resource: {LAYER} because no resource-based "
    "policy allows the lambda:GetLayerVersion action"
)
OF_THE_CALL = f"User: {ROLE} is not authorized to perform: lambda:UpdateAlias on resource: *"


@pytest.mark.parametrize(
    ("message", "action", "on"),
    [
        (OF_AN_ARCHIVE, "s3:GetObject", "arn:aws:s3:::platform-releases/archives/ab.zip"),
        (OF_A_LAYER, "lambda:GetLayerVersion", LAYER),
        (OF_THE_CALL, "lambda:UpdateAlias", FUNCTION),
    ],
)
def test_what_is_refused_beside_the_call_is_named_as_the_right_that_lacks(message: str, action: str, on: str) -> None:
    refusal = {"Error": {"Code": "AccessDeniedException", "Message": message}}
    with pytest.raises(DeniedError) as caught:
        call(ClientError(refusal, "UpdateAlias"))
    assert caught.value.what.endswith(f"lacks the permission {action}")
    assert caught.value.why.startswith(f"on:  {on}\n")
