"""Lambda's door to the onboarding API."""

import functools
import re
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any

from common import aws, log, probe
from common.bearer import CHALLENGE, Bearer
from common.fields import InvalidInputError
from common.settings import ConfigurationError, required
from onboarding.accounts import Accounts, TakenError, parse
from onboarding.web import HttpError, Request, Response

_HEALTH = "/health"
_ACCOUNTS = "/accounts"
_ACCOUNT = re.compile(r"/accounts/([0-9]{12})")


class Api:
    """Routes requests.

    Args:
        accounts: the registered accounts.
        bearer: who may ask about them.
    """

    def __init__(self, accounts: Accounts, bearer: Bearer) -> None:
        self._accounts = accounts
        self._bearer = bearer

    def answer(self, request: Request) -> Response:
        """The answer to any request, errors included."""
        try:
            return self._route(request)
        except HttpError as error:
            return error.response()
        except (ConfigurationError, *aws.ServiceError):
            log.failure("a service we need did not serve")
            return HttpError(HTTPStatus.SERVICE_UNAVAILABLE, "please try again later").response()

    def _route(self, request: Request) -> Response:
        if request.path == _HEALTH:
            _only("GET", request)
            return Response(status=HTTPStatus.OK, body={"status": "ok", "version": log.version()})
        if request.path == _ACCOUNTS:
            _only("POST", request)
            return self._register(request)
        if found := _ACCOUNT.fullmatch(request.path):
            _only("GET", request)
            return self._show(request, found[1])
        raise HttpError(HTTPStatus.NOT_FOUND, "there is nothing here")

    def _require(self, request: Request) -> None:
        """Let only bearers of the token pass."""
        if not self._bearer.admits(request.headers.get("authorization", "")):
            message = "give the onboarding token: Authorization: Bearer <token>"
            raise HttpError(HTTPStatus.UNAUTHORIZED, message, headers=CHALLENGE)

    def _register(self, request: Request) -> Response:
        self._require(request)
        try:
            account, new = self._accounts.register(parse(request.json()), datetime.now(UTC))
        except InvalidInputError as error:
            message = "the registration has mistakes"
            raise HttpError(HTTPStatus.BAD_REQUEST, message, details=tuple(error.mistakes)) from error
        except TakenError as error:
            raise HttpError(HTTPStatus.CONFLICT, f"account {error} is registered with other details") from error
        log.info("registered", account_id=account["account_id"], new=new)
        return Response(status=HTTPStatus.CREATED if new else HTTPStatus.OK, body=account)

    def _show(self, request: Request, account_id: str) -> Response:
        self._require(request)
        account = self._accounts.get(account_id)
        if account is None:
            raise HttpError(HTTPStatus.NOT_FOUND, f"account {account_id} is not registered")
        return Response(status=HTTPStatus.OK, body=account)


def _only(method: str, request: Request) -> None:
    if request.method != method:
        raise HttpError(HTTPStatus.METHOD_NOT_ALLOWED, f"only {method} is served here", headers={"allow": method})


@functools.cache
def _api() -> Api:
    table, secret = required("ACCOUNTS_TABLE", "TOKEN_SECRET")
    return Api(Accounts(aws.table(table)), Bearer(aws.client("secretsmanager"), secret, time.monotonic))


def handle(event: Mapping[str, Any], context: log.Context) -> dict[str, object]:
    """Answer a function URL's request, or a probe."""
    log.begin(context)
    api = _api()
    if probe.requested(event) is not None:
        return probe.answer("onboarding")
    return api.answer(Request.from_event(event)).as_event()
