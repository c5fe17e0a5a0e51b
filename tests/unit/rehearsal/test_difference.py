"""What an apply changes, from one declaration of this repository's project to another."""

from pathlib import Path

import pytest
from msgspec.structs import replace

from lockage.config.load import load_project
from lockage.config.schema import Function, Project
from lockage.rehearsal.difference import Change, ProtectedError, difference
from lockage.rehearsal.kinds import Resource
from lockage.rehearsal.resources import environment, registry

PLACE = "preprod"


@pytest.fixture
def project(project_root: Path) -> Project:
    return load_project(project_root / "lockage.yaml", files=False)


def with_functions(project: Project, **functions: Function) -> Project:
    named = {name.replace("_", "-"): function for name, function in functions.items()}
    return replace(project, functions={**project.functions, **named})


def applied(before: Project, after: Project) -> Change:
    return difference(environment(before, PLACE), environment(after, PLACE))


def told(resources: tuple[Resource, ...]) -> list[str]:
    return [f"{type(one).__name__} {one.name}" for one in resources]


def test_the_first_apply_makes_everything_in_its_order(project: Project) -> None:
    table = environment(project, PLACE)
    assert difference((), table) == Change(made=table)


def test_an_apply_of_the_same_changes_nothing(project: Project) -> None:
    assert applied(project, project) == Change()


def test_a_parallel_function_comes_beside_all_others(project: Project) -> None:
    parallel = replace(project.functions["remediator"], trigger=None, url=True)
    change = applied(project, with_functions(project, remediator_zip=replace(parallel, image=None, zip="ingestion")))
    assert told(change.made) == [
        "Role platform-remediator-zip",
        "LogGroup /aws/lambda/platform-remediator-zip",
        "FunctionShell platform-remediator-zip",
        "FunctionUrl platform-remediator-zip:live",
        "Parameter /platform/url/remediator-zip",
    ]
    assert (change.taken, change.altered) == ((), ())


def test_what_calls_a_function_moves_to_the_other_and_nothing_else_does(project: Project) -> None:
    old = project.functions["remediator"]
    before = with_functions(project, onboarding=replace(old, trigger=None))
    moved = {"remediator": replace(old, trigger=None), "onboarding": old}
    change = applied(before, replace(project, functions={**project.functions, **moved}))
    assert told(change.taken) == ["EventSource platform-remediator:live"]
    assert told(change.made) == ["EventSource platform-onboarding:live"]
    assert change.altered == ()


def test_what_others_need_goes_last(project: Project) -> None:
    without = replace(project.functions["onboarding"], url=False)
    change = applied(project, with_functions(project, onboarding=without))
    assert told(change.taken) == ["Parameter /platform/url/onboarding", "FunctionUrl platform-onboarding:live"]


def test_a_role_whose_rights_change_is_altered_in_place(project: Project) -> None:
    fewer = replace(project.functions["scorer"], grants=project.functions["scorer"].grants[:1])
    change = applied(project, with_functions(project, scorer=fewer))
    (role,) = change.altered
    assert role in environment(with_functions(project, scorer=fewer), PLACE)
    assert (change.taken, change.made) == ((), ())


def test_the_first_layers_give_the_deployer_their_rights(project: Project) -> None:
    bundled = {name: replace(zip_, layers=()) for name, zip_ in project.zips.items()}
    change = applied(replace(project, zips=bundled, layers={}), project)
    assert told(change.altered) == ["Role platform-deployer"]


def test_a_first_image_brings_its_repository_and_who_pushes_there(project: Project) -> None:
    fewer = replace(project, images={name: one for name, one in project.images.items() if name != "analysis"})
    change = difference(registry(fewer), registry(project))
    assert told(change.made) == ["Repository analysis"]
    assert told(change.altered) == ["Role platform-publisher"]


def test_the_pipeline_s_half_of_a_function_is_not_terraform_s(project: Project) -> None:
    other = replace(project.zips["dashboard"], runtime="python3.12", platform="linux/arm64")
    assert applied(project, replace(project, zips={**project.zips, "dashboard": other})) == Change()
    moved = replace(project.functions["remediator"], image="analysis")
    assert told(applied(project, with_functions(project, remediator=moved)).altered) == []


def test_a_function_that_is_not_declared_any_more_is_not_taken_away(project: Project) -> None:
    left = {name: one for name, one in project.functions.items() if name != "ingestion"}
    with pytest.raises(ProtectedError, match="Instance cannot be destroyed") as caught:
        applied(project, replace(project, functions=left))
    assert caught.value.why == "platform-ingestion: it would be deleted"


def test_a_function_is_not_replaced_by_one_of_the_other_package(project: Project) -> None:
    as_zip = replace(project.functions["scorer"], image=None, zip="ingestion")
    with pytest.raises(ProtectedError) as caught:
        applied(project, with_functions(project, scorer=as_zip))
    assert caught.value.why == "platform-scorer: it would be replaced, since its package type changes"
    assert "docs/how-to/change-packaging.md" in caught.value.remedy
