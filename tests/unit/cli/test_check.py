"""What a check is about, and what it says before it reaches an engine."""

from pathlib import Path

import pytest
from fakes.shop import HANDLERS, Shop
from msgspec.structs import replace

from lockage.cli.check import to_check
from lockage.config.load import load_project
from lockage.config.schema import Project
from lockage.errors import UsageError


@pytest.fixture
def images(project_root: Path) -> Project:
    return load_project(project_root / "lockage.yaml", files=False)


@pytest.fixture
def zips(tmp_path: Path) -> Project:
    return load_project(Shop(tmp_path / "zips").root / "lockage.yaml")


@pytest.mark.parametrize("names", [(), ("shop",), ("one",), ("shop", "two")])
def test_a_layer_is_checked_with_the_zips_on_it(zips: Project, names: tuple[str, ...]) -> None:
    assert to_check(names, zips) == ["shop"]


def test_a_layer_without_a_zip_and_a_zip_without_a_function_are_checked_by_themselves(zips: Project) -> None:
    spare = replace(zips.zips["shop"], layers=("one",))
    project = replace(zips, zips={"shop": replace(spare, layers=()), "spare": spare})
    assert to_check((), project) == ["shop", "two", "spare"]
    assert to_check(("one",), project) == ["spare"]
    assert to_check(("two",), project) == ["two"]


def test_everything_that_is_built_is_checked_and_what_functions_run_first(images: Project) -> None:
    assert to_check((), images) == ["platform", "dashboard", "ingestion", "analysis", "base"]
    assert to_check(("base", "platform"), images) == ["platform", "base"]


@pytest.mark.parametrize(
    ("names", "what"),
    [
        (("platfrom", "platform"), "nothing that is built is called platfrom"),
        (("scorer",), "nothing that is built is called scorer"),
    ],
)
def test_what_is_not_built_cannot_be_checked(images: Project, names: tuple[str, ...], what: str) -> None:
    with pytest.raises(UsageError) as caught:
        to_check(names, images)
    assert caught.value.what == what
    assert "platform" in caught.value.why


def test_what_was_not_built_is_not_checked(tmp_path: Path) -> None:
    with pytest.raises(UsageError) as caught:
        Shop(tmp_path / "project", functions={"well": HANDLERS["well"]}).lockage("check")
    assert caught.value.what == "shop has no readable artifact.json"
    assert caught.value.remedy == "make it with: ./noxw -s build -- shop"
