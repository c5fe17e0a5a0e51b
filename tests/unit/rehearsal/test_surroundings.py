import os

import boto3
import pytest

from lockage.rehearsal.surroundings import surroundings


def test_the_users_own_credentials_are_out_of_reach(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_PROFILE", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_ENDPOINT_URL_S3"):
        monkeypatch.setenv(name, "mine")
    with surroundings("http://172.17.0.1:4566", "172.17.0.1"):
        assert {name for name in os.environ if name.startswith("AWS_")} == {
            "AWS_ENDPOINT_URL",
            "AWS_CONFIG_FILE",
            "AWS_SHARED_CREDENTIALS_FILE",
            "AWS_EC2_METADATA_DISABLED",
        }
        assert boto3.Session().get_credentials() is None
        assert boto3.client("sns", "eu-central-1").meta.endpoint_url == "http://172.17.0.1:4566"


def test_afterwards_all_is_as_before_also_after_a_failure() -> None:
    before = dict(os.environ)
    with pytest.raises(ZeroDivisionError), surroundings("http://172.17.0.1:4566", "172.17.0.1"):
        raise ZeroDivisionError
    assert dict(os.environ) == before


def test_a_proxy_is_not_asked_for_the_embedded_aws(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_PROXY", "internal.example")
    with surroundings("http://172.17.0.1:4566", "172.17.0.1"):
        assert os.environ["NO_PROXY"] == os.environ["no_proxy"] == "internal.example,172.17.0.1,localhost,127.0.0.1"
