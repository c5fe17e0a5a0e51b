"""The one way this package calls a service: refusals become values or errors that name action, resource and role."""

import re
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from http.client import HTTPException
from typing import Any, Protocol, TypeAlias

from botocore.exceptions import BotoCoreError, ClientError, NoCredentialsError, PartialCredentialsError
from urllib3.exceptions import HTTPError

from lockage.errors import AwsError

_DENIED = frozenset({"AccessDenied", "AccessDeniedException", "UnauthorizedOperation", "AuthorizationError", "403"})
"""The last is S3's answer to HeadObject, which has no body to say more."""
_EXPIRED = frozenset({"ExpiredToken", "ExpiredTokenException", "InvalidClientTokenId", "UnrecognizedClientException"})
_STALE = frozenset({"PreconditionFailed", "PreconditionFailedException", "ConditionalRequestConflict"})
_BUSY = frozenset({"ResourceConflictException", "ResourceNotReadyException"})
_BROKEN = (BotoCoreError, HTTPError, HTTPException, OSError)
"""What a body may end with: botocore wraps most of what lies below it while a body is read, but not all."""
_USER = re.compile(r"User: (arn:\S+)")
_ASSUMED = re.compile(r":assumed-role/([^/]+)/")
_OTHERS = (
    re.compile(r"not authorized to perform: (?P<action>[\w:]+) on resource: (?P<on>\S+)"),
    re.compile(r"denied by S3\b.* permission to (?P<action>GetObject) for (?P<on>\S+?)\.? "),
)
"""Refusals of what a call does besides: Lambda reads code and layers with the rights of whoever asks it to."""


BotoClient: TypeAlias = Any
"""A client of boto3, which makes its clients' types at run time; what takes one states its own."""


class DeniedError(AwsError):
    """A permission is missing."""


class StaleError(AwsError):
    """A guard did not hold: somebody else changed the thing since it was read."""


class ConflictError(AwsError):
    """The thing exists already, is busy with another change, or sleeps."""


class Body(Protocol):
    """A body that is still on its way."""

    def read(self) -> bytes:
        """All of it."""


class Caller:
    """Calls one service for one identity.

    Args:
        who: names the identity by its ARN; asked only when a refusal does not say it.
    """

    def __init__(self, who: Callable[[], str]) -> None:
        self._who = who

    def call(
        self,
        action: str,
        resource: str,
        method: Callable[..., dict[str, Any]],
        *,
        absent: Collection[str] = (),
        **arguments: Any,  # noqa: ANN401 - whatever the method takes
    ) -> dict[str, Any] | None:
        """Call a client's method.

        Args:
            action: as IAM names it, ``service:Action``.
            resource: the ARN it acts on.
            method: the bound method of a boto3 client, which retries what is worth retrying.
            absent: error codes that mean *there is none*.
            arguments: the method's own.

        Returns:
            The response, or None when there is no such thing.

        Raises:
            DeniedError: naming the action, the resource and the role.
            StaleError: a guard did not hold.
            ConflictError: it exists already or is busy.
            AwsError: anything else.
        """
        try:
            return method(**arguments)
        except ClientError as error:
            if _code(error) in absent:
                return None
            raise self._refusal(action, resource, error) from error
        except BotoCoreError as error:
            raise _unreachable(action, resource, error) from error

    @staticmethod
    def read(action: str, resource: str, body: Body) -> bytes:
        """The whole body of a response, which arrives after the call has returned; boto3 does not retry this part.

        Raises:
            AwsError: it broke off.
        """
        try:
            return body.read()
        except _BROKEN as error:
            raise _unreachable(action, resource, error) from error

    def _refusal(self, action: str, resource: str, error: ClientError) -> AwsError:
        code, message = _code(error), _message(error)
        if code in _DENIED:
            return denied(*_refused(action, resource, message), self._identity(message), message)
        if code in _EXPIRED:
            return AwsError(
                f"the credentials were refused for {action}",
                why=f"{code}: {message}",
                remedy="take the role again (its session may have ended) and run the same command again",
            )
        kind = StaleError if code in _STALE else ConflictError if code in _BUSY else AwsError
        return kind(
            f"{action} failed on {resource}",
            why=f"{code}: {message}",
            remedy="the call was retried as far as that makes sense; mend the cause and run the same command again",
        )

    def _identity(self, message: str) -> str:
        named = _USER.search(message)
        return named[1] if named else self._who()


@contextmanager
def settings() -> Iterator[None]:
    """Around whatever makes boto3 read the settings of whoever runs this: profiles, files, variables.

    Raises:
        AwsError: they cannot be used.
    """
    try:
        yield
    except (BotoCoreError, ValueError) as error:  # an endpoint that is no URL is a ValueError
        raise AwsError(
            "the AWS settings of this machine cannot be used",
            why=str(error),
            remedy="mend or unset what is named (AWS_PROFILE, AWS_ENDPOINT_URL, a file), then run the command again",
        ) from error


def denied(action: str, resource: str, identity: str, message: str) -> DeniedError:
    """The refusal as people read it.

    Args:
        action: as IAM names it.
        resource: the ARN it was to act on.
        identity: who was refused, by ARN.
        message: AWS's own words.
    """
    assumed = _ASSUMED.search(identity)
    who = f"role {assumed[1]}" if assumed else identity
    where = ", which terraform/modules/project works out" if assumed else ""
    return DeniedError(
        f"{who} lacks the permission {action}",
        why=f"on:  {resource}\nfor: {identity}\nAWS: {message}",
        remedy=f"allow {action} on this resource in the policy of {who}{where}; apply, and run the same command again",
    )


def _refused(action: str, resource: str, message: str) -> tuple[str, str]:
    """Action and resource that were refused: the call's own, unless AWS names another action."""
    for other in _OTHERS:
        if (named := other.search(message)) and named["action"] != action:
            in_s3 = ":" not in named["action"]
            return ("s3:GetObject", f"arn:aws:s3:::{named['on']}") if in_s3 else (named["action"], named["on"])
    return action, resource


def _unreachable(action: str, resource: str, error: Exception) -> AwsError:
    if isinstance(error, NoCredentialsError | PartialCredentialsError):
        return AwsError(
            "there are no AWS credentials",
            why=f"{action} on {resource} needs them: {error}",
            remedy="take the role of this verb first (docs/reference/rollout.md lists them), then run it again",
        )
    return AwsError(
        f"{action} got no answer for {resource}",
        why=str(error) or type(error).__name__,
        remedy="check the network, the Region and AWS_ENDPOINT_URL, then run the same command again",
    )


def _code(error: ClientError) -> str:
    return str(error.response.get("Error", {}).get("Code", ""))


def _message(error: ClientError) -> str:
    return str(error.response.get("Error", {}).get("Message", "")) or str(error)
