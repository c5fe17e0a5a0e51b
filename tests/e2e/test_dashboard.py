"""The dashboard shows what was ingested to who bears the token, in pages and as a stream that ends."""

import json
from collections.abc import Collection

import pytest
from e2e.environment import Api, Environment, Token, eventually, item
from e2e.events import events_of
from e2e.journeys import Journeys

PAGE = 100


@pytest.fixture(scope="module")
def dashboard(environment: Environment) -> Api:
    return Api(environment, "dashboard")


@pytest.fixture(scope="module")
def token(environment: Environment) -> Token:
    return environment.secret("dashboard-token")


@pytest.fixture(scope="module")
def items(environment: Environment, request: pytest.FixtureRequest) -> dict[str, dict[str, str]]:
    """Two items that the dashboard must show; one is on its way through all functions, where there is such a way."""
    new, another = item("First line.\nSecond line, with a café."), item("Another.")
    if environment.served:
        journeys: Journeys = request.getfixturevalue("journeys")
        journeys.ingested.result()
        another = journeys.item
    environment.invoke("ingestion", {"items": [new] if environment.served else [new, another]})
    return {each["id"]: each for each in (new, another)}


def test_a_published_version_answers(environment: Environment) -> None:
    answer = environment.invoke("dashboard", {"lockage": {"probe": True}})
    assert (answer["name"], answer["ok"]) == ("dashboard", True)
    assert answer["version"].isdigit()
    assert answer["pydantic_core"], "the native wheel was loaded"


def test_health_is_open(dashboard: Api) -> None:
    status, body = dashboard.call("GET", "/health")
    assert (status, body["status"]) == (200, "ok")


@pytest.mark.parametrize("path", ["/items", "/events"])
@pytest.mark.parametrize("wrong", [None, "", "wrong"])
def test_without_the_token_nothing_is_told(dashboard: Api, path: str, wrong: str | None) -> None:
    status, body = dashboard.call("GET", path, token=wrong)
    assert (status, set(body)) == (401, {"error"})


def shown(dashboard: Api, token: Token, wanted: Collection[str]) -> list[tuple[str, str]] | None:
    """Id and text of the wanted items, from all pages; None while the table's replicas do not show them yet."""
    found, path = [], f"/items?limit={PAGE}"
    while path:
        status, body = dashboard.call("GET", path, token=token)
        assert status == 200
        found += [(each["item_id"], each["text"]) for each in body["items"] if each["item_id"] in wanted]
        path = f"/items?limit={PAGE}&after={body['next']}" if body["next"] else ""
    return sorted(found) if len(found) >= len(wanted) else None


def test_what_was_ingested_is_shown_once(dashboard: Api, token: Token, items: dict[str, dict[str, str]]) -> None:
    found = eventually(lambda: shown(dashboard, token, items), "the items")
    assert found == sorted((name, new["text"]) for name, new in items.items())


def test_the_event_stream_is_well_formed_and_complete(
    dashboard: Api, token: Token, items: dict[str, dict[str, str]]
) -> None:
    eventually(lambda: shown(dashboard, token, items), "the items")
    answer = dashboard.ask("GET", f"/events?limit={PAGE}", token=token)
    assert (answer.status, answer.content_type) == (200, "text/event-stream")
    *events, end = events_of(answer.text)
    assert len(events) >= min(len(items), PAGE)
    assert all(event.type == "item" and json.loads(event.data)["item_id"] == event.id for event in events)
    assert (end.type, json.loads(end.data)["items"]) == ("end", len(events))


def test_a_mistaken_request_is_told_its_mistake(dashboard: Api, token: Token) -> None:
    status, body = dashboard.call("GET", "/items?limit=0", token=token)
    assert status == 400
    assert body["error"]["details"][0].startswith("limit: ")


def test_what_is_not_served_says_so(dashboard: Api) -> None:
    assert dashboard.call("GET", "/nothing")[0] == 404
    assert dashboard.call("DELETE", "/health")[0] == 405
