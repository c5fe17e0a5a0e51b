"""The onboarding API registers accounts for who bears the token, and for nobody else."""

import secrets

import pytest
from e2e.environment import Api, Environment, Token


@pytest.fixture(scope="module")
def token(environment: Environment) -> Token:
    return environment.secret("onboarding-token")


def test_health_is_open(api: Api) -> None:
    status, body = api.call("GET", "/health")
    assert (status, body["status"]) == (200, "ok")


@pytest.mark.parametrize("wrong", [None, "", "wrong"])
def test_without_the_token_nothing_is_told(api: Api, wrong: str | None) -> None:
    status, body = api.call("GET", "/accounts/000000000000", token=wrong)
    assert (status, set(body)) == (401, {"error"})
    assert api.call("POST", "/accounts", {}, token=wrong)[0] == 401


def test_an_account_is_registered_once(api: Api, token: Token) -> None:
    account = {
        "account_id": f"{secrets.randbelow(10**12):012}",
        "name": "end-to-end check",
        "contact": "nobody@example.com",
    }
    path = f"/accounts/{account['account_id']}"
    assert api.call("GET", path, token=token)[0] == 404
    status, registered = api.call("POST", "/accounts", account, token)
    assert status == 201
    assert api.call("POST", "/accounts", account, token) == (200, registered)
    assert api.call("GET", path, token=token) == (200, registered)
    assert api.call("POST", "/accounts", {**account, "name": "another"}, token)[0] == 409


def test_a_mistaken_registration_is_told_its_mistakes(api: Api, token: Token) -> None:
    status, body = api.call("POST", "/accounts", {"account_id": "12"}, token)
    assert status == 400
    assert "account_id must be 12 digits, as a string" in body["error"]["details"]


def test_what_is_not_served_says_so(api: Api, token: Token) -> None:
    assert api.call("GET", "/nothing", token=token)[0] == 404
    assert api.call("DELETE", "/health")[0] == 405
