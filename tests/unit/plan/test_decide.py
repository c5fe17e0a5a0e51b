import msgspec
import pytest
from fakes import recipes

from lockage.errors import UsageError
from lockage.model.artifact import ImageArtifact
from lockage.model.ids import Digest, Fingerprint
from lockage.plan.decide import Present, Step, changes, decide
from lockage.plan.recipe import Recipe


def stands(step: Step, *, intact: bool = True) -> Present:
    artifact = ImageArtifact(
        name=step.name,
        digest=Digest("sha256:" + "0" * 64),
        fingerprint=step.fingerprint,
        platform="linux/amd64",
        size=1,
        unpacked=1,
        layers=(),
        inputs=step.inputs,
    )
    return Present(artifact=artifact, intact=intact)


def both() -> tuple[Recipe, Recipe]:
    return recipes.platform(), recipes.recipe()


def test_what_was_never_built_is_built_after_what_it_is_built_upon() -> None:
    plan = decide(both(), recipes.BUILDERS, {})
    assert [(step.name, step.action, step.reasons) for step in plan.steps] == [
        ("base", "build", ("not built here yet",)),
        ("platform", "build", ("not built here yet",)),
    ]


def test_what_waits_for_nothing_else_is_built_at_once() -> None:
    layer, plain = recipes.archive("common", "layer"), recipes.archive("plain")
    layered = recipes.archive("layered", layers=("common",))
    plan = decide((*both(), layer, layered, plain), recipes.BUILDERS, {})
    waves = [{step.name for step in wave} for wave in plan.waves]
    assert waves == [{"base", "common", "plain"}, {"platform", "layered"}]


def test_a_plan_of_nothing_has_no_waves() -> None:
    assert decide((), recipes.BUILDERS, {}).waves == []


def test_what_stands_with_equal_inputs_is_reused() -> None:
    first = decide(both(), recipes.BUILDERS, {})
    again = decide(both(), recipes.BUILDERS, {step.name: stands(step) for step in first.steps})
    assert [(step.action, step.reasons) for step in again.steps] == [("reuse", ("its inputs are the same",))] * 2


def test_the_inputs_that_changed_are_the_reason() -> None:
    first = decide(both(), recipes.BUILDERS, {})
    edited = recipes.platform(sources=(recipes.tree("functions/scorer", "handler.py", blob="2" * 40),))
    again = decide((edited, recipes.recipe()), recipes.BUILDERS, {step.name: stands(step) for step in first.steps})
    assert again.step("base").action == "reuse"
    assert again.step("platform").reasons == ("source functions/scorer changed",)


def test_a_change_below_reaches_what_is_built_upon_it() -> None:
    first = decide(both(), recipes.BUILDERS, {})
    harder = recipes.recipe(folder=recipes.tree("images/base", "harden.py"))
    again = decide((recipes.platform(), harder), recipes.BUILDERS, {step.name: stands(step) for step in first.steps})
    assert again.step("base").reasons == ("source images/base is new",)
    assert again.step("platform").reasons == ("base base changed",)


def test_another_builder_builds_everything_again() -> None:
    first = decide(both(), recipes.BUILDERS, {})
    newer = msgspec.structs.replace(recipes.BUILDERS, image="BuildKit of Docker 27")
    again = decide(both(), newer, {step.name: stands(step) for step in first.steps})
    assert again.step("base").reasons == ("builder buildkit changed",)


def test_what_is_not_intact_is_built_again() -> None:
    first = decide(both(), recipes.BUILDERS, {})
    again = decide(both(), recipes.BUILDERS, {step.name: stands(step, intact=False) for step in first.steps})
    assert again.step("base").reasons == ("what stands in dist is not intact",)


def test_a_record_that_does_not_agree_with_itself_is_no_reason_to_reuse() -> None:
    first = decide((recipes.recipe(),), recipes.BUILDERS, {}).steps[0]
    odd = msgspec.structs.replace(first, fingerprint=Fingerprint("sha256:" + "9" * 64))
    [again] = decide((recipes.recipe(),), recipes.BUILDERS, {odd.name: stands(odd)}).steps
    assert (again.action, again.reasons) == ("build", ("its record does not agree with itself",))


def test_a_record_that_does_not_say_where_a_tool_comes_from_is_made_anew() -> None:
    recipe = recipes.recipe(tools=(recipes.tool("opa"),))
    [step] = decide((recipe,), recipes.BUILDERS, {}).steps
    silent = msgspec.structs.replace(
        step, inputs=tuple(msgspec.structs.replace(given, tool=None) for given in step.inputs)
    )
    [again] = decide((recipe,), recipes.BUILDERS, {step.name: stands(silent)}).steps
    assert (again.fingerprint, again.reasons) == (step.fingerprint, ("tool opa 1.0 changed",))


def test_inputs_that_came_and_went_are_told() -> None:
    first, second = (
        recipes.plan(recipes.recipe()),
        recipes.plan(recipes.recipe(folder=recipes.tree("images/base", "x"))),
    )
    before, after = first.steps[0].inputs, second.steps[0].inputs
    assert changes(before, after) == ("source images/base is new",)
    assert changes(after, before) == ("source images/base is gone",)
    assert changes(before, before) == ()


def test_a_circle_is_refused() -> None:
    one = recipes.recipe("one", "FROM scratch AS two\nFROM two\n", upon=("two",))
    two = recipes.recipe("two", "FROM scratch AS one\nFROM one\n", upon=("one",))
    with pytest.raises(UsageError, match="images are built upon each other in a circle: one, two"):
        decide((one, two), recipes.BUILDERS, {})
