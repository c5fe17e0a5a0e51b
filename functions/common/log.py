"""Structured logs: one JSON object a line, each with the request and the version it belongs to, none with a secret."""

import contextvars
import json
import logging
import os
import sys
from datetime import UTC, datetime
from typing import Protocol

_SECRET_WORDS = ("authorization", "password", "secret", "token")
_REDACTED = "[redacted]"
_request_id: contextvars.ContextVar[str] = contextvars.ContextVar("request_id", default="")
_logger = logging.getLogger("platform")


class Context(Protocol):
    """The part of Lambda's context object that we read."""

    aws_request_id: str
    invoked_function_arn: str


class _JsonFormatter(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        """One line of JSON; fields whose name speaks of a secret are blanked."""
        line = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "function": os.environ.get("AWS_LAMBDA_FUNCTION_NAME", ""),
            "version": version(),
            "request_id": _request_id.get(),
            "message": record.getMessage(),
            **_without_secrets(getattr(record, "fields", {})),
        }
        if record.exc_info:
            line["error"] = self.formatException(record.exc_info)
        return json.dumps(line, default=str)


def begin(context: Context) -> None:
    """Start an invocation: its id goes into every line until the next one begins."""
    _request_id.set(context.aws_request_id)
    root = logging.getLogger()
    if not any(isinstance(handler.formatter, _JsonFormatter) for handler in root.handlers):
        handler = logging.StreamHandler(sys.stderr)
        handler.setFormatter(_JsonFormatter())
        # The runtime's own handler would write every line a second time, as plain text.
        root.handlers[:] = [handler]
        _logger.setLevel(logging.INFO)


def info(message: str, **fields: object) -> None:
    """Say what happened."""
    _logger.info(message, extra={"fields": fields})


def failure(message: str, **fields: object) -> None:
    """Say what failed, with the traceback of the exception being handled."""
    _logger.error(message, exc_info=True, extra={"fields": fields})  # noqa: LOG014 - callers are the handlers


def version() -> str:
    """The function version this code runs as, such as ``7``."""
    return os.environ.get("AWS_LAMBDA_FUNCTION_VERSION", "")


def _without_secrets(fields: dict[str, object]) -> dict[str, object]:
    return {
        name: _REDACTED if any(word in name.lower() for word in _SECRET_WORDS) else value
        for name, value in fields.items()
    }
