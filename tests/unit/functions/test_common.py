import json
import logging

import pytest
from fakes.platform import context

from common import aws, log, probe
from common.settings import ConfigurationError, required


def lines(capfd: pytest.CaptureFixture[str]) -> list[dict[str, object]]:
    return [json.loads(line) for line in capfd.readouterr().err.splitlines()]


def test_a_line_says_whose_it_is(capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_LAMBDA_FUNCTION_NAME", "platform-scorer")
    monkeypatch.setenv("AWS_LAMBDA_FUNCTION_VERSION", "7")
    log.begin(context("request-1"))
    log.info("one")
    log.begin(context("request-2"))
    log.info("two", finding_id="f-1", text='a\n"b"')
    first, second = lines(capfd)
    assert (first["request_id"], second["request_id"]) == ("request-1", "request-2")
    assert (second["function"], second["version"], second["level"]) == ("platform-scorer", "7", "INFO")
    assert (second["message"], second["finding_id"], second["text"]) == ("two", "f-1", 'a\n"b"')


def test_the_libraries_lines_are_json_too(capfd: pytest.CaptureFixture[str]) -> None:
    log.begin(context())
    logging.getLogger("botocore").warning("slow %s", "service")
    (line,) = lines(capfd)
    assert (line["level"], line["message"]) == ("WARNING", "slow service")


def test_a_secret_never_reaches_the_log(capfd: pytest.CaptureFixture[str]) -> None:
    log.begin(context())
    log.info("called", Authorization="Bearer x1", onboarding_token="x2", account="a")  # noqa: S106 - the tests' own
    (line,) = lines(capfd)
    assert (line["Authorization"], line["onboarding_token"], line["account"]) == ("[redacted]", "[redacted]", "a")


def test_every_missing_setting_is_named_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_LAMBDA_FUNCTION_NAME", "platform-scorer")
    monkeypatch.setenv("SET", "value")
    monkeypatch.setenv("EMPTY", "")
    monkeypatch.delenv("ABSENT", raising=False)
    with pytest.raises(ConfigurationError) as caught:
        required("SET", "EMPTY", "ABSENT")
    assert str(caught.value) == (
        "platform-scorer lacks the environment variables EMPTY, ABSENT: declare them under `environment` of the "
        "function in lockage.yaml and roll a release out"
    )
    assert required("SET") == ("value",)


@pytest.mark.parametrize(
    "event",
    [
        None,
        [],
        "lockage",
        {},
        {"lockage": True},
        {"lockage": {"probe": "true"}},
        {"lockage": {"probe": 1}},
        {"body": '{"lockage": {"probe": true}}'},
        {"Records": [{"lockage": {"probe": True}}]},
    ],
)
def test_only_an_exact_probe_is_one(event: object) -> None:
    assert probe.requested(event) is None


def test_a_probe_is_answered_with_name_and_version(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_LAMBDA_FUNCTION_VERSION", "7")
    assert probe.requested({"lockage": {"probe": True}}) == {"probe": True}
    assert probe.answer("scorer", sample="allow") == {"name": "scorer", "version": "7", "ok": True, "sample": "allow"}


def test_a_client_is_for_the_functions_region_and_gives_up_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "none")
    monkeypatch.setenv("AWS_REGION", "eu-central-1")
    monkeypatch.delenv("AWS_DEFAULT_REGION", raising=False)
    for client in (aws.client("sns"), aws.table("t").meta.client):
        assert client.meta.region_name == "eu-central-1"
        config = client.meta.config
        assert (config.connect_timeout + config.read_timeout) * config.retries["total_max_attempts"] < 30
