"""An environment as the checks see it: everything by name, through what the environment itself publishes."""

import json
import os
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple, TypeVar
from uuid import uuid4

import boto3
import urllib3

from lockage.aws.access import Access
from lockage.config.load import load_project
from lockage.config.schema import Project

T = TypeVar("T")
Json = Any

PATIENCE_S = 60.0
"""How long a message may take from one function to the next, cold starts included."""


class Token(str):
    """A secret that a failing check does not show."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "<token>"


class Environment:
    """One environment.

    Args:
        name: as lockage.yaml declares it.
        qualifier: the alias or version to invoke.
        project: lockage.yaml.
    """

    def __init__(self, name: str, qualifier: str, project: Project) -> None:
        declared = project.environments[name]
        self.name, self.qualifier, self.project = name, qualifier, project
        self.served = qualifier == declared.alias
        """Whether what the alias serves is checked: only then do queues and URLs lead to it."""
        self._parameters: dict[str, str] = {}
        session = boto3.Session(region_name=declared.region)
        Access(session, declared.region).require(declared.account, f"environment {name}")
        self._lambda, self._ssm = session.client("lambda"), session.client("ssm")
        self._secrets, self._dynamodb = session.client("secretsmanager"), session.resource("dynamodb")

    @classmethod
    def from_variables(cls) -> "Environment":
        """As ``lockage e2e`` names it."""
        name = os.environ["LOCKAGE_ENV"]
        project = load_project(Path(os.environ.get("LOCKAGE_PROJECT", "lockage.yaml")), files=False)
        return cls(name, os.environ.get("LOCKAGE_QUALIFIER") or project.environments[name].alias, project)

    def invoke(self, function: str, event: object) -> Json:
        """A function's answer; an error of the function fails the check with its own words."""
        answer = self._invoke(function, event)
        assert not answer.error, f"{function} failed: {answer.payload}"
        return answer.payload

    def refusal(self, function: str, event: object) -> Json:
        """The error a function must answer with."""
        answer = self._invoke(function, event)
        assert answer.error, f"{function} took what it must refuse: {answer.payload}"
        return answer.payload

    def row(self, table: str, key: str) -> dict[str, Any] | None:
        """A row of a table, as it stands now."""
        name, key_name = self.parameter(f"table/{table}"), self.project.resources.tables[table].key
        found = self._dynamodb.Table(name).get_item(Key={key_name: key}, ConsistentRead=True)
        row: dict[str, Any] | None = found.get("Item")
        return row

    def secret(self, name: str) -> Token:
        """A secret's value."""
        found = self._secrets.get_secret_value(SecretId=self.parameter(f"secret/{name}"))
        return Token(found["SecretString"].strip())

    def parameter(self, name: str) -> str:
        """What the environment publishes under a name, such as ``table/decisions``."""
        if name not in self._parameters:
            found = self._ssm.get_parameter(Name=f"/{self.project.project}/{name}")
            self._parameters[name] = found["Parameter"]["Value"]
        return self._parameters[name]

    def _invoke(self, function: str, event: object) -> "Answer":
        # Name and qualifier as one: the checks' role may invoke the alias and nothing else.
        qualified = f"{self.project.function_name(function)}:{self.qualifier}"
        response = self._lambda.invoke(FunctionName=qualified, Payload=json.dumps(event).encode())
        return Answer(payload=json.load(response["Payload"]), error=response.get("FunctionError", ""))


class Answer(NamedTuple):
    """What an invocation gave."""

    payload: Any
    error: str


class Response(NamedTuple):
    """What an API answered."""

    status: int
    content_type: str
    """Without its parameters."""
    text: str


class Api:
    """A function's API, over its URL where the alias is what is checked, else by invoking the version as a URL would.

    Args:
        environment: where it is.
        function: whose it is.
    """

    def __init__(self, environment: Environment, function: str) -> None:
        self._environment, self._function = environment, function
        self._http = urllib3.PoolManager(retries=False, timeout=30.0)

    def call(self, method: str, path: str, body: object = None, token: str | None = None) -> tuple[int, Any]:
        """Status and JSON of an answer."""
        answer = self.ask(method, path, body, token)
        return answer.status, json.loads(answer.text)

    def ask(self, method: str, path: str, body: object = None, token: str | None = None) -> Response:
        """The answer as it comes; the path may hold a query."""
        headers = {} if token is None else {"authorization": f"Bearer {token}"}
        text = None if body is None else json.dumps(body)
        if not self._environment.served:
            return self._invoked(method, path, text, headers)
        url = self._environment.parameter(f"url/{self._function}").rstrip("/")
        response = self._http.request(method, f"{url}{path}", body=text, headers=headers)
        return _response(response.status, response.headers, response.data.decode())

    def _invoked(self, method: str, target: str, body: str | None, headers: dict[str, str]) -> Response:
        path, _, query = target.partition("?")
        event = {
            "version": "2.0",
            "rawPath": path,
            "rawQueryString": query,
            "headers": headers,
            "requestContext": {"http": {"method": method, "path": path, "sourceIp": "192.0.2.1"}},
            "isBase64Encoded": False,
            "body": body,
        }
        answer = self._environment.invoke(self._function, event)
        return _response(answer["statusCode"], answer["headers"], answer["body"])


def _response(status: int, headers: Mapping[str, str], text: str) -> Response:
    given = {name.lower(): value for name, value in headers.items()}
    return Response(status=status, content_type=given["content-type"].partition(";")[0].strip(), text=text)


def finding(**fields: object) -> dict[str, object]:
    """A finding that nobody ever sent before, harmless unless its fields say otherwise."""
    return {
        "id": f"e2e-{uuid4().hex}",
        "account_id": "000000000000",
        "resource": "arn:aws:s3:::end-to-end-check",
        "kind": "public-storage",
        "severity": "LOW",
        **fields,
    }


def item(text: str) -> dict[str, str]:
    """An item that nobody ever sent before."""
    return {"id": f"e2e-{uuid4().hex}", "source": "end-to-end-check", "text": text}


def eventually(ask: Callable[[], T | None], what: str) -> T:
    """The first answer that is not None, within the time a message may take."""
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline:
        found = ask()
        if found is not None:
            return found
        time.sleep(0.1)
    raise AssertionError(f"{what} did not come within {PATIENCE_S:g} s")
