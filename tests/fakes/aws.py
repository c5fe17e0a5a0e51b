"""A small AWS with memory and a clock of its own, at the level of boto3's clients.

Arguments are checked by botocore's own service models. Every call goes through one ``World``, which can refuse it, be
slow about it, lose its answer, or die right after it: then nothing of this process reaches AWS any more.
"""

import io
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

import botocore.session
from botocore.exceptions import ClientError
from botocore.validate import ParamValidator


class Crash(BaseException):
    """The machine died; not an Exception, as nothing may handle it."""


class World:
    """Time, faults and the log of calls, shared by all fake services of all accounts."""

    def __init__(self) -> None:
        self.seconds = 0.0
        self.calls: list[tuple[str, str, dict[str, Any]]] = []
        """Account, ``service:Operation`` and arguments of every call that took effect."""
        self.crash_after: int | None = None
        """Die after this many more calls that change something (reads leave nothing behind to be found)."""
        self.dead = False
        self.denied: set[tuple[str, str]] = set()
        """Role and action."""
        self.denied_calls: dict[str, set[int]] = {}
        """Action → which of its further calls are refused, from 1."""
        self.meanwhile: dict[str, tuple[int, Callable[[], object]]] = {}
        """Action, or ``*`` for any change → before which of its further calls somebody else does something."""
        self.lost: set[str] = set()
        """Actions whose next answer is lost: the effect stays, and boto3 sends the request again."""
        self.breaks_off: dict[str, tuple[int, BaseException]] = {}
        """Action → which of its further calls takes effect and then ends in this: its answer never comes."""
        self._number = 0

    def clock(self) -> float:
        """Seconds."""
        return self.seconds

    def sleep(self, seconds: float) -> None:
        """Time passes."""
        self.seconds += seconds

    def now(self) -> str:
        """ISO time, to the second."""
        return f"2026-11-21T00:{int(self.seconds) // 60 % 60:02}:{int(self.seconds) % 60:02}Z"

    def unique(self, prefix: str) -> str:
        """A new identifier."""
        self._number += 1
        return f"{prefix}-{self._number:04}"

    def revive(self) -> None:
        """The next machine."""
        self.dead, self.crash_after = False, None

    def changes(self) -> list[str]:
        """The operations that changed something, in their order."""
        return [name for _, name, _ in self.calls if not _reads(name)]

    def refuses(self, role: str, action: str) -> bool:
        """Whether a role lacks a permission, or lacks it for this one call."""
        counted = self.denied_calls.get(action, set())
        refused = 1 in counted
        self.denied_calls[action] = {number - 1 for number in counted if number > 1}
        return refused or (role, action) in self.denied

    def lets_others_go_first(self, action: str) -> None:
        """Somebody else does something right before this call."""
        for key in (action, "" if _reads(action) else "*"):
            if key in self.meanwhile:
                number, act = self.meanwhile.pop(key)
                if number > 1:
                    self.meanwhile[key] = (number - 1, act)
                else:
                    act()

    def took_effect(self, account: str, action: str, arguments: dict[str, Any]) -> None:
        """Log a call, and die if it was the last."""
        self.calls.append((account, action, arguments))
        if action in self.breaks_off:
            number, end = self.breaks_off.pop(action)
            if number == 1:
                raise end
            self.breaks_off[action] = (number - 1, end)
        if self.crash_after is not None and not _reads(action):
            self.crash_after -= 1
            if self.crash_after <= 0:
                self.dead = True
                raise Crash

    @contextmanager
    def denying(self, role: str, action: str) -> Iterator[None]:
        """A role lacks a permission meanwhile."""
        self.denied.add((role, action))
        yield
        self.denied.remove((role, action))


def _reads(action: str) -> bool:
    return action.split(":")[1].startswith(("Get", "Head", "List", "Invoke", "BatchGet"))


class FakeClient:
    """One boto3 client: its operations are the methods of the same name with an underscore before it."""

    service = ""
    denied_code = "AccessDeniedException"

    def __init__(self, world: World, account: str, role: str = "deployer") -> None:
        self.world, self.account, self.role = world, account, role

    def __getattr__(self, name: str) -> Callable[..., dict[str, Any]]:
        if name.startswith("_"):
            raise AttributeError(name)
        return self.method(name, self.role)

    def act_as(self, role: str) -> "Acting":
        """The same service, called by another role."""
        return Acting(self, role)

    def method(self, name: str, role: str) -> Callable[..., dict[str, Any]]:
        """One of boto3's methods, for a role."""
        operation = "".join(part.capitalize() for part in name.split("_"))
        handler = object.__getattribute__(self, f"_{name}")

        def perform(**arguments: Any) -> dict[str, Any]:  # noqa: ANN401 - as boto3
            return self._perform(role, operation, handler, arguments)

        return perform

    def _perform(
        self, role: str, operation: str, handler: Callable[..., dict[str, Any]], arguments: dict[str, Any]
    ) -> dict[str, Any]:
        if self.world.dead:
            raise Crash
        report = ParamValidator().validate(arguments, _shape(self.service, operation))
        assert not report.has_errors(), report.generate_report()
        action = self._action(operation)
        if self.world.refuses(role, action):
            identity = f"arn:aws:sts::{self.account}:assumed-role/{role}/lockage"
            message = f"User: {identity} is not authorized to perform: {action}"
            if operation.startswith("Head"):  # has no body to say why
                raise error("403", "Forbidden", operation, status=403)
            raise error(self.denied_code, message, operation, status=403)
        self.world.lets_others_go_first(action)
        self.before(operation)
        response = handler(**arguments)
        self.world.took_effect(self.account, action, arguments)
        if action in self.world.lost:
            self.world.lost.remove(action)
            return self._perform(role, operation, handler, arguments)
        return response

    def _action(self, operation: str) -> str:
        named = {"Invoke": "InvokeFunction"}
        return f"{self.service}:{named.get(operation, operation)}"

    def before(self, operation: str) -> None:
        """A service's own word before a request is taken, such as a refusal to take so many."""


class Acting:
    """A service as one role calls it."""

    def __init__(self, client: FakeClient, role: str) -> None:
        self._client, self._role = client, role

    def __getattr__(self, name: str) -> Callable[..., dict[str, Any]]:
        return self._client.method(name, self._role)


@cache
def _shape(service: str, operation: str) -> Any:  # noqa: ANN401 - botocore's
    return botocore.session.get_session().get_service_model(service).operation_model(operation).input_shape


def error(code: str, message: str, operation: str, *, status: int = 400) -> ClientError:
    """What boto3 raises."""
    response = {"Error": {"Code": code, "Message": message}, "ResponseMetadata": {"HTTPStatusCode": status}}
    return ClientError(response, operation)


def body(content: bytes) -> io.BytesIO:
    """A streaming body."""
    return io.BytesIO(content)


class BrokenBody:
    """A streaming body whose connection fails."""

    def __init__(self, failure: Exception) -> None:
        self._failure = failure

    def read(self) -> bytes:
        raise self._failure
