import base64
import json
from collections.abc import Iterator
from typing import Any

import pytest
from fakes.platform import FakeSecrets, FakeTable, context, refusal

import onboarding.handler
from onboarding.web import LARGEST_BODY, HttpError, Request

TOKEN = "a-token-nobody-guesses"  # noqa: S105 - the tests' own
ACCOUNT = {"account_id": "123456789012", "name": "Café GmbH", "contact": "ops@example.com"}
BEARER = {"authorization": f"Bearer {TOKEN}"}


class Api:
    """The handler over fakes, called as a function URL calls it."""

    def __init__(self) -> None:
        self.table = FakeTable("account_id")
        self.secrets = FakeSecrets(TOKEN)

    def call(
        self, method: str, path: str, body: object = None, headers: dict[str, str] | None = None
    ) -> tuple[int, dict[str, Any], dict[str, str]]:
        text = body if isinstance(body, str | None) else json.dumps(body)
        answer: Any = onboarding.handler.handle(
            request(method, path, text, BEARER if headers is None else headers), context()
        )
        assert answer["headers"]["content-type"] == "application/json"
        return answer["statusCode"], json.loads(answer["body"]), answer["headers"]


def request(method: str, path: str, body: str | None, headers: dict[str, str]) -> dict[str, Any]:
    event: dict[str, Any] = {
        "version": "2.0",
        "rawPath": path,
        "headers": headers,
        "requestContext": {"http": {"method": method, "path": path}},
        "isBase64Encoded": False,
    }
    return event if body is None else {**event, "body": body}


@pytest.fixture
def api(monkeypatch: pytest.MonkeyPatch) -> Iterator[Api]:
    api = Api()
    monkeypatch.setenv("ACCOUNTS_TABLE", "platform-accounts")
    monkeypatch.setenv("TOKEN_SECRET", "arn:aws:secretsmanager:::secret:platform-onboarding-token")
    monkeypatch.setenv("AWS_LAMBDA_FUNCTION_VERSION", "3")
    monkeypatch.setattr("common.aws.table", lambda name: {"platform-accounts": api.table}[name])
    monkeypatch.setattr("common.aws.client", lambda service: {"secretsmanager": api.secrets}[service])
    onboarding.handler._api.cache_clear()  # noqa: SLF001 - each test has its own
    yield api
    onboarding.handler._api.cache_clear()  # noqa: SLF001 - made once a process, and every test wants its own


def test_health_is_open_and_needs_no_service(api: Api) -> None:
    status, body, _ = api.call("GET", "/health", headers={})
    assert (status, body) == (200, {"status": "ok", "version": "3"})
    assert api.secrets.calls == 0


def test_an_account_is_registered_and_shown(api: Api) -> None:
    status, registered, headers = api.call("POST", "/accounts", ACCOUNT)
    assert status == 201
    assert {name: registered[name] for name in ACCOUNT} == ACCOUNT
    assert headers["cache-control"] == "no-store"
    status, shown, _ = api.call("GET", "/accounts/123456789012")
    assert (status, shown) == (200, registered)
    assert "schema" not in shown


def test_the_same_registration_again_is_fine_and_changes_nothing(api: Api) -> None:
    _, first, _ = api.call("POST", "/accounts", ACCOUNT)
    status, again, _ = api.call("POST", "/accounts", ACCOUNT)
    assert (status, again) == (200, first)


def test_another_registration_of_the_account_is_a_conflict(api: Api) -> None:
    api.call("POST", "/accounts", ACCOUNT)
    status, body, _ = api.call("POST", "/accounts", {**ACCOUNT, "name": "Other"})
    assert status == 409
    assert body["error"]["message"] == "account 123456789012 is registered with other details"
    assert api.table.rows["123456789012"]["name"] == "Café GmbH"


@pytest.mark.parametrize(
    "authorization",
    [
        None, "", "Bearer", "Bearer ", "Bearer wrong", f"Basic {TOKEN}", TOKEN, f"Bearer {TOKEN}x",
        f"Bearer {TOKEN[:-1]}", "Bearer \udce9", "Bearer é",
    ],
)  # fmt: skip
@pytest.mark.parametrize(("method", "path"), [("POST", "/accounts"), ("GET", "/accounts/123456789012")])
def test_without_the_token_nothing_is_done_or_told(api: Api, method: str, path: str, authorization: str | None) -> None:
    api.table.rows["123456789012"] = dict(ACCOUNT)
    headers = {} if authorization is None else {"authorization": authorization}
    status, body, answered = api.call(method, path, {"account_id": "000000000000"}, headers)
    assert status == 401
    assert answered["www-authenticate"] == "Bearer"
    assert set(body) == {"error"}
    assert api.table.calls == 0


@pytest.mark.parametrize("headers", [{"Authorization": f"Bearer {TOKEN}"}, {"authorization": f"bearer  {TOKEN} "}])
def test_headers_and_scheme_have_no_case(api: Api, headers: dict[str, str]) -> None:
    status, _, _ = api.call("POST", "/accounts", ACCOUNT, headers)
    assert status == 201


@pytest.mark.parametrize(
    "path", ["/", "", "/account", "/accounts/", "/accounts/12345678901", "/accounts/a/../b", "/HEALTH"]
)
def test_an_unknown_path_is_not_found(api: Api, path: str) -> None:
    assert api.call("GET", path)[0] == 404


def test_an_unregistered_account_is_not_found(api: Api) -> None:
    status, body, _ = api.call("GET", "/accounts/123456789012")
    assert status == 404
    assert body["error"] == {"code": "not-found", "message": "account 123456789012 is not registered"}


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [("POST", "/health", "GET"), ("GET", "/accounts", "POST"), ("DELETE", "/accounts/123456789012", "GET")],
)
def test_another_method_is_told_which_are_served(api: Api, method: str, path: str, allowed: str) -> None:
    status, _, headers = api.call(method, path)
    assert (status, headers["allow"]) == (405, allowed)


@pytest.mark.parametrize("body", [None, "", "{", "[" * 5000, '{"account_id": NaN', "\udc00", "9" * 5000 + "x"])
def test_a_body_that_is_no_json_is_refused(api: Api, body: str | None) -> None:
    status, answered, _ = api.call("POST", "/accounts", body)
    assert (status, answered["error"]["code"]) == (400, "bad-request")


def test_every_mistake_of_a_registration_is_named(api: Api) -> None:
    status, body, _ = api.call("POST", "/accounts", {"account_id": "12", "name": " x", "owner": "me"})
    assert status == 400
    assert body["error"]["details"] == [
        "contact is missing",
        "account_id must be 12 digits, as a string",
        "name must be 1 to 64 printable characters",
        "owner is unknown",
    ]
    assert api.table.rows == {}


@pytest.mark.parametrize("name", ["", "x" * 65, "a\nb", "\ud800", "\u202ex", 7, None])
def test_a_name_that_cannot_be_shown_is_refused(api: Api, name: object) -> None:
    assert api.call("POST", "/accounts", {**ACCOUNT, "name": name})[0] == 400


@pytest.mark.parametrize("registration", [[], "x", None, 1])
def test_a_registration_that_is_no_object_is_refused(api: Api, registration: object) -> None:
    status, body, _ = api.call("POST", "/accounts", json.dumps(registration))
    assert (status, body["error"]["details"]) == (400, ["the input must be an object"])


def test_a_large_body_is_refused_before_it_is_parsed(api: Api) -> None:
    status, body, _ = api.call("POST", "/accounts", "[" * (LARGEST_BODY + 1))
    assert status == 413
    assert body["error"]["message"] == "a body may have at most 8192 bytes"


def test_the_largest_body_is_counted_in_bytes_after_decoding() -> None:
    fits = base64.b64encode(b"x" * LARGEST_BODY).decode()
    assert len(Request.from_event({**request("POST", "/", fits, {}), "isBase64Encoded": True}).body()) == LARGEST_BODY
    with pytest.raises(HttpError, match="at most"):
        Request.from_event(request("POST", "/", "é" * (LARGEST_BODY // 2 + 1), {})).body()
    with pytest.raises(HttpError, match="encoding is broken"):
        Request.from_event({**request("POST", "/", "*", {}), "isBase64Encoded": True}).body()


def test_a_service_that_fails_is_a_503_and_tells_only_the_log(api: Api, capfd: pytest.CaptureFixture[str]) -> None:
    api.table.failures = [refusal("AccessDeniedException")]
    status, body, _ = api.call("POST", "/accounts", ACCOUNT)
    assert (status, body["error"]["message"]) == (503, "please try again later")
    log = capfd.readouterr().err
    assert "AccessDeniedException" in log
    assert TOKEN not in log


@pytest.mark.parametrize(("borne", "status"), [("", 401), ("Bearer", 401), ("Bearer ", 401), ("Bearer x", 503)])
def test_an_empty_secret_lets_nobody_in(api: Api, borne: str, status: int) -> None:
    api.secrets.value = " \n"
    assert api.call("GET", "/accounts/123456789012", headers={"authorization": borne})[0] == status
