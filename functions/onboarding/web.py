"""HTTP as a function URL speaks it: payload format 2.0 in, a response object out.

https://docs.aws.amazon.com/lambda/latest/dg/urls-invocation.html
"""

import base64
import binascii
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

LARGEST_BODY = 8 * 1024


class HttpError(Exception):
    """A request that is answered with an error.

    Args:
        status: the status to answer with.
        message: what is wrong, for the caller.
        details: every single mistake.
        headers: what the status obliges to say.
    """

    def __init__(
        self,
        status: HTTPStatus,
        message: str,
        *,
        details: tuple[str, ...] = (),
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.details = details
        self.headers = dict(headers or {})

    def response(self) -> "Response":
        """The answer."""
        error: dict[str, object] = {"code": self.status.phrase.lower().replace(" ", "-"), "message": self.message}
        if self.details:
            error["details"] = list(self.details)
        return Response(status=self.status, body={"error": error}, headers=self.headers)


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What a caller asked."""

    method: str
    path: str
    headers: Mapping[str, str]
    """Names in lower case."""
    event: Mapping[str, Any]

    @classmethod
    def from_event(cls, event: Mapping[str, Any]) -> "Request":
        """A request from Lambda's event."""
        return cls(
            method=event["requestContext"]["http"]["method"],
            path=event["rawPath"],
            headers={name.lower(): value for name, value in event.get("headers", {}).items()},
            event=event,
        )

    def body(self) -> bytes:
        """The body's bytes.

        Raises:
            HttpError: it is too large (413) or not what its encoding says (400).
        """
        text = str(self.event.get("body") or "")
        try:
            content = base64.b64decode(text, validate=True) if self.event.get("isBase64Encoded") else text.encode()
        except (binascii.Error, UnicodeEncodeError) as error:
            raise HttpError(HTTPStatus.BAD_REQUEST, "the body's encoding is broken") from error
        if len(content) > LARGEST_BODY:
            raise HttpError(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"a body may have at most {LARGEST_BODY} bytes")
        return content

    def json(self) -> object:
        """The body as JSON.

        Raises:
            HttpError: it is none, or too large.
        """
        try:
            return json.loads(self.body())
        except (ValueError, RecursionError) as error:
            raise HttpError(HTTPStatus.BAD_REQUEST, "the body is not JSON") from error


@dataclass(frozen=True, slots=True, kw_only=True)
class Response:
    """An answer, always JSON, never to be stored on the way."""

    status: HTTPStatus
    body: Mapping[str, object]
    headers: Mapping[str, str] = field(default_factory=dict)

    def as_event(self) -> dict[str, object]:
        """As Lambda takes it."""
        return {
            "statusCode": int(self.status),
            "headers": {"content-type": "application/json", "cache-control": "no-store", **self.headers},
            "body": json.dumps(self.body),
        }
