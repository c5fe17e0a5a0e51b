"""Runs one function on one event in its real image, through the Runtime Interface Emulator that is in the base."""

import re
import time
import urllib.error
import urllib.request
import uuid
from collections.abc import Mapping
from http.client import HTTPException
from typing import Any

import msgspec

from lockage.config.schema import Function, Project
from lockage.errors import LockageError
from lockage.tools.docker import Container, Docker

_PORT = 8080
_PATH = "/2015-03-31/functions/function/invocations"
_START_SECONDS = 20.0
_POLL_SECONDS = 0.05
_GRACE_SECONDS = 10
_NOWHERE = "000000000000"
_REFERENCE = re.compile(r"\$\{(table|topic|queue|secret)\.([a-z][a-z0-9-]*)\}")


class FunctionFailed(LockageError):  # noqa: N818 - an outcome
    """A function did not start, did not answer in time, or answered with an error."""


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """What a function said."""

    body: bytes
    """Its answer, JSON as a rule."""
    log: str


def invoke(
    name: str, project: Project, image: str, event: bytes, overrides: Mapping[str, str], docker: Docker
) -> Answer:
    """Run one function on one event; its container is gone afterwards, whatever happens.

    Args:
        name: the function's, in ``lockage.yaml``.
        project: that file.
        image: reference in the local store, by digest.
        event: JSON.
        overrides: environment variables in place of, or beside, the declared ones.
        docker: the engine.

    Raises:
        FunctionFailed: no answer, or an error for an answer; what it printed is in the message.
    """
    function = project.functions[name]
    container = Container(
        name=f"lockage-invoke-{name}-{uuid.uuid4().hex[:8]}",
        image=image,
        command=(function.handler,),
        environment={**environment(name, project), **overrides},
        memory_mb=function.memory_mb,
        port=_PORT,
    )
    try:
        docker.start(container)
        body = _ask(docker, container, function, event)
        answer = Answer(body=body, log=docker.logs(container.name)[0])
    finally:
        docker.remove(container.name)
    _hold_no_error(name, answer)
    return answer


def environment(name: str, project: Project) -> dict[str, str]:
    """What Lambda would set, and what is declared; references become the names that resources would have.

    No account stands behind a local run, so ARNs and URLs name account 000000000000.
    """
    function = project.functions[name]
    region = next(iter(project.environments.values())).region
    declared = {key: _filled(value, project.project, region) for key, value in function.environment.items()}
    return {
        "AWS_REGION": region,
        "AWS_DEFAULT_REGION": region,
        "AWS_LAMBDA_FUNCTION_NAME": project.function_name(name),
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(function.memory_mb),
        "AWS_LAMBDA_FUNCTION_TIMEOUT": str(function.timeout_s),
        **declared,
    }


def _filled(value: str, project: str, region: str) -> str:
    shapes = {
        "table": "{name}",
        "topic": "arn:aws:sns:{region}:{account}:{name}",
        "queue": "https://sqs.{region}.amazonaws.com/{account}/{name}",
        "secret": "arn:aws:secretsmanager:{region}:{account}:secret:{name}",
    }

    def named(match: re.Match[str]) -> str:
        return shapes[match[1]].format(name=f"{project}-{match[2]}", region=region, account=_NOWHERE)

    return _REFERENCE.sub(named, value)


def _ask(docker: Docker, container: Container, function: Function, event: bytes) -> bytes:
    url = f"http://{docker.address(container.name, _PORT)}"
    _wait(docker, container, url)
    try:
        return _request(f"{url}{_PATH}", function.timeout_s + _GRACE_SECONDS, event)
    except (OSError, HTTPException) as error:
        raise FunctionFailed(
            f"{container.command[0]} gave no answer",
            why=f"{error}\n{_said(docker, container)}",
            remedy=f"it may take {function.timeout_s} s and {function.memory_mb} MB; see what it printed",
        ) from error


def _wait(docker: Docker, container: Container, url: str) -> None:
    """Until the emulator listens; it answers 404 to this."""
    deadline = time.monotonic() + _START_SECONDS
    while time.monotonic() < deadline and docker.running(container.name):
        try:
            _request(url, _START_SECONDS)
        except urllib.error.HTTPError:
            return
        except (OSError, HTTPException):
            time.sleep(_POLL_SECONDS)
        else:
            return
    raise FunctionFailed(
        f"{container.command[0]} did not start",
        why=_said(docker, container) or f"nothing listened within {_START_SECONDS:g} s",
        remedy="see what the container printed; the image needs the Lambda entrypoint and the emulator of its base",
    )


def _request(url: str, timeout: float, body: bytes | None = None) -> bytes:
    request = urllib.request.Request(url, data=body, headers={"Content-Type": "application/json"})  # noqa: S310 - http to loopback
    with urllib.request.urlopen(request, timeout=timeout) as response:  # noqa: S310 - as above
        content: bytes = response.read()
        return content


def _said(docker: Docker, container: Container) -> str:
    return "\n".join(docker.logs(container.name)).strip()


def _hold_no_error(name: str, answer: Answer) -> None:
    try:
        said: Any = msgspec.json.decode(answer.body)
    except msgspec.DecodeError:
        return
    if isinstance(said, dict) and "errorType" in said:
        where = "".join(said.get("stackTrace", ()))
        raise FunctionFailed(
            f"{name} answered with an error: {said['errorType']}",
            why=f"{said.get('errorMessage', '')}\n{where}\n{answer.log}",
            remedy="mend the function, or give what it lacks: --env KEY=VALUE",
        )
