"""What lockage.yaml promises about the functions is true of their code."""

import importlib
import json
from pathlib import Path
from typing import Any

import pytest
from fakes.platform import FakeSecrets, FakeTable, FakeTopic, context

from common.settings import ConfigurationError
from lockage.config.load import load_project
from lockage.config.schema import Function

ROOT = Path(__file__).parents[3]
PROJECT = load_project(ROOT / "lockage.yaml", files=False)
SILENT = sorted(PROJECT.functions.keys() - {"scorer", "analysis"})
"""Without a policy engine or a model, which are tried in tests/integration and where the image is built."""

pytestmark = pytest.mark.usefixtures("_loop")


@pytest.fixture(autouse=True)
def _services(monkeypatch: pytest.MonkeyPatch) -> None:
    clients = {"sns": FakeTopic(), "secretsmanager": FakeSecrets("token")}
    monkeypatch.setattr("common.aws.client", clients.__getitem__)
    monkeypatch.setattr("common.aws.table", FakeTable)


def handler_of(function: Function) -> Any:  # noqa: ANN401 - any handler
    module, _, name = function.handler.rpartition(".")
    loaded = importlib.import_module(module)
    for cached in (each for each in vars(loaded).values() if hasattr(each, "cache_clear")):
        cached.cache_clear()
    return getattr(loaded, name)


def probe_of(function: Function) -> object:
    return json.loads((ROOT / function.probe).read_text())


@pytest.mark.parametrize("name", PROJECT.functions)
def test_a_function_without_its_settings_fails_its_probe_naming_them(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    function = PROJECT.functions[name]
    for setting in function.environment:
        monkeypatch.delenv(setting, raising=False)
    with pytest.raises(ConfigurationError) as caught:
        handler_of(function)(probe_of(function), context())
    assert all(setting in str(caught.value) for setting in function.environment)


@pytest.mark.parametrize("name", SILENT)
def test_a_probe_is_answered_without_any_call(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    function = PROJECT.functions[name]
    for setting in function.environment:
        monkeypatch.setenv(setting, "set")
    monkeypatch.setenv("AWS_LAMBDA_FUNCTION_VERSION", "4")
    monkeypatch.setattr(FakeTable, "_call", None)
    monkeypatch.setattr(FakeSecrets, "_call", None)
    answer = handler_of(function)(probe_of(function), context())
    assert (answer["name"], answer["version"], answer["ok"]) == (name, "4", True)
