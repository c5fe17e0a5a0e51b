import pytest
from fakes.environment import SOURCES, digest, make_release

from lockage.rollout.references import UnresolvedError, desired, look_up, parameter_name, references

RELEASE = make_release("a", functions=("scorer",))


def test_references_are_found_and_named_as_terraform_publishes_them() -> None:
    assert references(RELEASE) == ("table.decisions",)
    assert parameter_name("platform", "secret.onboarding-token") == "/platform/secret/onboarding-token"


def test_what_is_missing_is_named() -> None:
    with pytest.raises(UnresolvedError) as caught:
        look_up(RELEASE, lambda _: None, "preprod")
    assert caught.value.what == f"preprod lacks 1 of the resources that release {RELEASE.id[:12]} refers to"
    assert caught.value.why == "table.decisions: no SSM parameter /platform/table/decisions"
    assert "apply terraform/envs/preprod" in caught.value.remedy


def test_values_are_resolved_and_the_rest_is_as_declared() -> None:
    [one] = desired(RELEASE, {"table.decisions": "platform-decisions"}, SOURCES)
    assert one.configuration.environment == {"TABLE": "platform-decisions", "MODE": "strict"}
    assert one.source == f"registry.example/platform@{digest('a')}"
    assert RELEASE.functions[0].configuration.environment["TABLE"] == "${table.decisions}"
