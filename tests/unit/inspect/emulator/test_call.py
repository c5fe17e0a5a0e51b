from pathlib import Path

import pytest
from msgspec.structs import replace

from lockage.config.load import load_project
from lockage.config.schema import Project
from lockage.inspect.emulator.call import Call, call, variables


@pytest.fixture
def project(project_root: Path) -> Project:
    return load_project(project_root / "lockage.yaml")


def test_a_function_is_asked_as_it_is_declared(project: Project) -> None:
    asked = call("scorer", project, b'{"x": 1}', {"AWS_REGION": "eu-west-1", "MORE": "1"})
    declared = project.functions["scorer"]
    assert (asked.handler, asked.memory_mb, asked.timeout_s, asked.event) == (
        declared.handler, declared.memory_mb, declared.timeout_s, b'{"x": 1}',
    )  # fmt: skip
    assert (asked.variables["AWS_REGION"], asked.variables["MORE"]) == ("eu-west-1", "1")


def test_references_become_the_names_that_resources_would_have(project: Project) -> None:
    found = variables("scorer", project)
    assert found["DECISIONS_TABLE"] == "platform-decisions"
    assert found["DECISIONS_TOPIC"] == "arn:aws:sns:eu-central-1:000000000000:platform-decisions"
    arn = "arn:aws:secretsmanager:eu-central-1:000000000000:secret:platform-onboarding-token"
    assert arn in variables("onboarding", project).values()


def test_what_lambda_sets_is_set_and_credentials_are_not(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    found = variables("scorer", project)
    assert "AWS_SECRET_ACCESS_KEY" not in found
    expected = {
        "AWS_REGION": "eu-central-1",
        "AWS_DEFAULT_REGION": "eu-central-1",
        "AWS_LAMBDA_FUNCTION_NAME": "platform-scorer",
        "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(project.functions["scorer"].memory_mb),
        "AWS_LAMBDA_LOG_GROUP_NAME": "/aws/lambda/platform-scorer",
        "TZ": ":UTC",
    }
    assert expected.items() <= found.items()


ASKED = Call(function="f", handler="a.b", memory_mb=128, timeout_s=3, variables={"A": "1", "B": "2"}, event=b"{}")


@pytest.mark.parametrize(
    "changes",
    [{"handler": "a.c"}, {"memory_mb": 256}, {"timeout_s": 4}, {"variables": {"A": "2", "B": "2"}}, {"event": b"[]"}],
)
def test_all_that_decides_an_answer_is_in_what_was_asked(changes: dict[str, object]) -> None:
    assert replace(ASKED, **changes).asked != ASKED.asked


def test_neither_the_name_nor_an_order_is() -> None:
    same = Call(function="g", handler="a.b", memory_mb=128, timeout_s=3, variables={"B": "2", "A": "1"}, event=b"{}")
    assert same.asked == ASKED.asked
