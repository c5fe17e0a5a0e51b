import os
from types import SimpleNamespace
from typing import cast

import pytest

from lockage.rehearsal.identity import acting_as, variables
from lockage.rehearsal.operator import Credentials, Operator


class FakeOperator:
    region = "eu-central-1"
    aws = SimpleNamespace(host="172.17.0.1", endpoint="http://172.17.0.1:4566")

    def credentials(self) -> Credentials:
        return Credentials(key="111111111111", secret="x")  # noqa: S106 - no secret

    def assume(self, role: str) -> Credentials:
        return Credentials(key=f"ASIA-{role}", secret="x", token="t")  # noqa: S106 - no secret


OPERATOR = cast("Operator", FakeOperator())


def test_a_step_has_its_roles_credentials_and_then_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_PROFILE", "mine")
    before = dict(os.environ)
    with acting_as(OPERATOR, "platform-deployer"):
        assert os.environ["AWS_ACCESS_KEY_ID"] == "ASIA-platform-deployer"
        assert os.environ["AWS_SESSION_TOKEN"] == "t"  # noqa: S105 - no secret
        assert os.environ["AWS_ENDPOINT_URL"] == "http://172.17.0.1:4566"
        assert "AWS_PROFILE" not in os.environ
    assert dict(os.environ) == before


def test_the_environment_comes_back_after_a_failure() -> None:
    before = dict(os.environ)
    with pytest.raises(ZeroDivisionError), acting_as(OPERATOR):
        raise ZeroDivisionError
    assert dict(os.environ) == before


def test_a_proxy_is_not_asked_for_the_embedded_aws(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_PROXY", "internal.example")
    changes = variables(OPERATOR, OPERATOR.credentials())
    assert changes["NO_PROXY"] == changes["no_proxy"] == "internal.example,172.17.0.1,localhost,127.0.0.1"


def test_the_users_own_credentials_are_out_of_reach() -> None:
    changes = variables(OPERATOR, OPERATOR.credentials())
    assert changes["AWS_SHARED_CREDENTIALS_FILE"] == changes["AWS_CONFIG_FILE"] == "/dev/null"
    assert changes["AWS_EC2_METADATA_DISABLED"] == "true"
