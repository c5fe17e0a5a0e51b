import json
from collections.abc import Iterator
from typing import Any

import pytest
from e2e.events import Event, events_of
from fakes.platform import FakeSecrets, FakeTable, context, refusal

import dashboard.handler

TOKEN = "a-token-nobody-guesses"  # noqa: S105 - the tests' own
pytestmark = pytest.mark.usefixtures("_loop")
BEARER = {"authorization": f"Bearer {TOKEN}"}


class Api:
    """The handler over fakes, called as a function URL calls it."""

    def __init__(self) -> None:
        self.table = FakeTable("item_id")
        self.secrets = FakeSecrets(TOKEN)

    def store(self, *item_ids: str) -> None:
        for item_id in item_ids:
            self.table.rows[item_id] = {
                "item_id": item_id,
                "source": "wire",
                "text": f"line 1 of {item_id}\nline 2 — “é”",
                "content": "sha256:content",
                "ingested_at": "2026-01-02T00:00:00.000001+00:00",
                "published": True,
            }

    def get(self, path: str, headers: dict[str, str] | None = None, method: str = "GET") -> tuple[int, Any]:
        answer = self.ask(path, headers, method)
        assert answer["headers"]["content-type"] == "application/json"
        assert answer["headers"]["cache-control"] == "no-store"
        return answer["statusCode"], json.loads(answer["body"])

    def events(self, path: str, headers: dict[str, str] | None = None) -> list[Event]:
        answer = self.ask(path, headers)
        assert answer["statusCode"] == 200
        assert answer["headers"]["content-type"].partition(";")[0] == "text/event-stream"
        return events_of(answer["body"])

    def ask(self, path: str, headers: dict[str, str] | None = None, method: str = "GET") -> Any:  # noqa: ANN401 - JSON
        path, _, query = path.partition("?")
        http = {"method": method, "path": path, "sourceIp": "192.0.2.1", "protocol": "HTTP/1.1", "userAgent": "test"}
        event = {
            "version": "2.0",
            "rawPath": path,
            "rawQueryString": query,
            "headers": {"host": "example.lambda-url.eu-central-1.on.aws", **(BEARER if headers is None else headers)},
            "requestContext": {"http": http},
            "isBase64Encoded": False,
        }
        answer = dashboard.handler.handle(event, context(function="platform-dashboard"))
        assert not answer["isBase64Encoded"]
        return answer


@pytest.fixture
def api(monkeypatch: pytest.MonkeyPatch) -> Iterator[Api]:
    api = Api()
    monkeypatch.setenv("ITEMS_TABLE", "platform-items")
    monkeypatch.setenv("TOKEN_SECRET", "arn:aws:secretsmanager:::secret:platform-dashboard-token")
    monkeypatch.setenv("AWS_LAMBDA_FUNCTION_VERSION", "3")
    monkeypatch.setattr("common.aws.table", lambda name: {"platform-items": api.table}[name])
    monkeypatch.setattr("common.aws.client", lambda service: {"secretsmanager": api.secrets}[service])
    dashboard.handler._api.cache_clear()  # noqa: SLF001 - each test has its own
    yield api
    dashboard.handler._api.cache_clear()  # noqa: SLF001 - made once a process, and every test wants its own


def test_health_is_open_and_needs_no_service(api: Api) -> None:
    assert api.get("/health", headers={}) == (200, {"status": "ok", "version": "3"})
    assert (api.secrets.calls, api.table.calls) == (0, 0)


@pytest.mark.parametrize("authorization", [None, "", "Bearer", "Bearer x", f"Basic {TOKEN}"])
@pytest.mark.parametrize("path", ["/items", "/events"])
def test_without_the_token_nothing_is_told(api: Api, path: str, authorization: str | None) -> None:
    api.store("i-1")
    answer = api.ask(path, {} if authorization is None else {"authorization": authorization})
    assert answer["statusCode"] == 401
    assert answer["headers"]["www-authenticate"] == "Bearer"
    assert set(json.loads(answer["body"])) == {"error"}
    assert api.table.calls == 0


def test_items_are_shown_without_what_is_internal(api: Api) -> None:
    api.store("i-1")
    status, body = api.get("/items")
    assert status == 200
    (item,) = body["items"]
    assert set(item) == {"item_id", "source", "text", "ingested_at"}
    assert item["text"] == "line 1 of i-1\nline 2 — “é”"
    assert body["next"] is None


@pytest.mark.parametrize("limit", [1, 2, 3, 7, 100])
def test_pages_together_hold_every_item_once(api: Api, limit: int) -> None:
    ids = {f"i-{number}" for number in range(7)}
    api.store(*ids)
    seen, query = [], f"limit={limit}"
    while query:
        _, body = api.get(f"/items?{query}")
        assert len(body["items"]) <= limit
        seen += [item["item_id"] for item in body["items"]]
        query = f"limit={limit}&after={body['next']}" if body["next"] else ""
    assert len(seen) == 7
    assert set(seen) == ids


def test_the_stream_is_complete_and_ends(api: Api) -> None:
    api.store("i-1", "i-2")
    *shown, end = api.events("/events")
    assert {(event.type, event.id) for event in shown} == {("item", "i-1"), ("item", "i-2")}
    assert all(json.loads(event.data)["item_id"] == event.id for event in shown)
    assert (end.type, json.loads(end.data)) == ("end", {"items": 2, "next": None})


def test_an_empty_stream_ends_too(api: Api) -> None:
    (end,) = api.events("/events")
    assert (end.type, json.loads(end.data)) == ("end", {"items": 0, "next": None})


def test_a_client_that_comes_back_is_given_what_follows(api: Api) -> None:
    api.store(*(f"i-{number}" for number in range(5)))
    first, second, end = api.events("/events?limit=2")
    assert json.loads(end.data)["next"] == second.id == end.id, "an event without an id leaves the last one standing"
    rest = api.events("/events", {**BEARER, "last-event-id": end.id})
    assert {event.id for event in rest[:-1]} == set(api.table.rows) - {first.id, second.id}


def test_many_requests_are_served_by_one_environment(api: Api) -> None:
    api.store("i-1")
    for _ in range(5):
        assert len(api.events("/events")) == 2
        assert api.get("/items")[0] == 200


@pytest.mark.parametrize(
    ("path", "mistake"),
    [
        ("/items?limit=0", "limit: "),
        ("/items?limit=101", "limit: "),
        ("/items?limit=x", "limit: "),
        ("/items?after=-", "after: "),
        ("/items?after=a%0A", "after: "),
        ("/events?limit=0", "limit: "),
    ],
)
def test_a_mistaken_request_is_told_its_mistake(api: Api, path: str, mistake: str) -> None:
    status, body = api.get(path)
    assert (status, body["error"]["code"], api.table.calls) == (400, "bad-request", 0)
    (detail,) = body["error"]["details"]
    assert detail.startswith(mistake)


def test_a_last_event_id_that_is_none_is_refused(api: Api) -> None:
    status, _ = api.get("/events", {**BEARER, "last-event-id": "a b"})
    assert status == 400


@pytest.mark.parametrize("path", ["/", "", "/items/", "/docs", "/openapi.json", "/HEALTH"])
def test_an_unknown_path_is_not_found(api: Api, path: str) -> None:
    status, body = api.get(path)
    assert (status, body["error"]["code"]) == (404, "not-found")


@pytest.mark.parametrize("path", ["/health", "/items", "/events"])
def test_another_method_is_told_which_is_served(api: Api, path: str) -> None:
    answer = api.ask(path, method="POST")
    assert (answer["statusCode"], answer["headers"]["allow"]) == (405, "GET")


@pytest.mark.parametrize("path", ["/items", "/events"])
def test_a_service_that_fails_is_a_503_before_anything_was_sent(
    api: Api, path: str, capfd: pytest.CaptureFixture[str]
) -> None:
    api.table.failures = [refusal("AccessDeniedException")]
    status, body = api.get(path)
    assert (status, body["error"]["message"]) == (503, "please try again later")
    log = capfd.readouterr().err
    assert "AccessDeniedException" in log
    assert TOKEN not in log


def test_a_secret_without_a_value_lets_nobody_in(api: Api) -> None:
    api.secrets.value = " "
    assert api.get("/items")[0] == 503


def test_a_probe_names_the_versions_that_run_and_touches_nothing(api: Api) -> None:
    answer = dashboard.handler.handle({"lockage": {"probe": True}}, context())
    assert (answer["name"], answer["version"], answer["ok"]) == ("dashboard", "3", True)
    assert answer["pydantic_core"].split(".")[0].isdigit()
    assert (api.secrets.calls, api.table.calls) == (0, 0)
