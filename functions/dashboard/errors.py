"""What the API answers when it does not serve, in the same form as onboarding."""

from collections.abc import Mapping
from http import HTTPStatus

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from common import aws, log
from common.settings import ConfigurationError


def install(app: FastAPI) -> None:
    """Give the application its answers to errors."""
    app.exception_handler(HTTPException)(_refused)
    app.exception_handler(RequestValidationError)(_mistaken)
    for failure in (ConfigurationError, *aws.ServiceError):
        app.exception_handler(failure)(_unserved)


async def _refused(_: Request, error: HTTPException) -> JSONResponse:
    return _answer(HTTPStatus(error.status_code), error.detail, headers=error.headers)


async def _mistaken(_: Request, error: RequestValidationError) -> JSONResponse:
    details = [f"{each['loc'][-1]}: {each['msg']}" for each in error.errors()]
    return _answer(HTTPStatus.BAD_REQUEST, "the request has mistakes", details=details)


async def _unserved(_: Request, __: Exception) -> JSONResponse:
    log.failure("a service we need did not serve")
    return _answer(HTTPStatus.SERVICE_UNAVAILABLE, "please try again later")


def _answer(
    status: HTTPStatus, message: str, *, details: list[str] | None = None, headers: Mapping[str, str] | None = None
) -> JSONResponse:
    error = {"code": status.phrase.lower().replace(" ", "-"), "message": message}
    body = {"error": {**error, "details": details} if details else error}
    return JSONResponse(body, status, {"cache-control": "no-store", **(headers or {})})
