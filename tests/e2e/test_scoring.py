"""Findings are decided, recorded once and refused as a whole."""

import pytest
from e2e.environment import Environment, finding


@pytest.mark.parametrize("function", ["scorer", "remediator", "onboarding"])
def test_a_published_version_answers(environment: Environment, function: str) -> None:
    answer = environment.invoke(function, {"lockage": {"probe": True}})
    assert (answer["name"], answer["ok"]) == (function, True)
    assert answer["version"].isdigit()


def test_a_finding_is_decided_and_recorded(environment: Environment) -> None:
    harmless, grave = finding(), finding(severity="CRITICAL", kind="weak-cipher")
    answer = environment.invoke("scorer", {"findings": [harmless, grave]})
    decided = {each["finding_id"]: (each["decision"], each["recorded"]) for each in answer["decisions"]}
    assert decided == {harmless["id"]: ("allow", "new"), grave["id"]: ("review", "new")}
    row = environment.row("decisions", str(grave["id"]))
    assert row is not None
    assert (row["decision"], row["kind"], row["published"]) == ("review", "weak-cipher", True)
    assert row["score"] == {each["finding_id"]: each["score"] for each in answer["decisions"]}[grave["id"]]


def test_the_same_finding_again_is_known(environment: Environment) -> None:
    event = {"findings": [finding()]}
    environment.invoke("scorer", event)
    (again,) = environment.invoke("scorer", event)["decisions"]
    assert again["recorded"] == "unchanged"


def test_a_malformed_finding_is_refused_and_nothing_is_recorded(environment: Environment) -> None:
    good = finding()
    refusal = environment.refusal("scorer", {"findings": [good, finding(severity="high")]})
    assert refusal["errorType"] == "InvalidInputError"
    assert "findings[1].severity must be one of" in refusal["errorMessage"]
    assert environment.row("decisions", str(good["id"])) is None
