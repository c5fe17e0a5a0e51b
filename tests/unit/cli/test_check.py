"""Which functions a check is about, and what it says before it reaches an engine."""

from pathlib import Path

import pytest
from fakes.shop import HANDLERS, Shop

from lockage.cli.check import that_run
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
def test_a_layer_stands_for_the_zips_on_it(zips: Project, names: tuple[str, ...]) -> None:
    assert that_run(names, zips) == ["shop"]


@pytest.mark.parametrize("names", [("platform",), ("base", "platform")])
def test_an_image_that_is_only_built_upon_is_not_run(images: Project, names: tuple[str, ...]) -> None:
    assert that_run(names, images) == ["platform"]
    assert "base" not in that_run((), images)


@pytest.mark.parametrize(
    ("names", "what"),
    [
        (("platfrom", "platform"), "nothing that is built is called platfrom"),
        (("scorer",), "nothing that is built is called scorer"),
        (("base",), "no function runs base"),
    ],
)
def test_what_no_function_runs_cannot_be_checked(images: Project, names: tuple[str, ...], what: str) -> None:
    with pytest.raises(UsageError) as caught:
        that_run(names, images)
    assert caught.value.what == what
    assert "platform" in caught.value.why


def test_what_was_not_built_is_not_checked(tmp_path: Path) -> None:
    with pytest.raises(UsageError) as caught:
        Shop(tmp_path / "project", functions={"well": HANDLERS["well"]}).lockage("check")
    assert caught.value.what == "shop has no readable artifact.json"
    assert caught.value.remedy == "make it with: ./noxw -s build -- shop"
