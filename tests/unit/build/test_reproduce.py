from pathlib import Path

import pytest
from fakes import recipes
from fakes.builder import FakeBuildx, workshop

from lockage.build.execute import execute
from lockage.build.reproduce import NotReproducible, reproduce
from lockage.plan.decide import BuildPlan


@pytest.fixture
def root(tmp_path: Path) -> Path:
    for name in (
        "functions/scorer/handler.py",
        "images/base/harden.py",
        "images/base/Dockerfile",
        "images/platform/Dockerfile",
    ):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(f"# {name}\n")
    return tmp_path


@pytest.fixture
def plan(root: Path) -> BuildPlan:
    return recipes.plan_of(root, recipes.recipe(folder=recipes.tree("images/base", "harden.py")), recipes.platform())


def test_builds_everything_twice_elsewhere_without_cache(root: Path, plan: BuildPlan) -> None:
    buildx = FakeBuildx()
    artifacts = reproduce(plan, workshop(root, buildx))
    assert [artifact.name for artifact in artifacts] == ["base", "platform"]
    assert [build.cache for build in buildx.builds] == [False] * 4
    assert buildx.seeded == [set()] * 4
    assert not any(build.dockerfile.is_relative_to(root) for build in buildx.builds)
    assert len({build.context.name for build in buildx.builds}) == 4, (
        "nothing that BuildKit has received is taken again"
    )
    assert not (root / "dist").exists()
    assert not any(build.dockerfile.exists() for build in buildx.builds)


def test_two_builds_that_differ_are_named_with_layer_and_file(root: Path, plan: BuildPlan) -> None:
    buildx = FakeBuildx()
    buildx.drifts = True
    with pytest.raises(NotReproducible) as caught:
        reproduce(plan, workshop(root, buildx))
    assert caught.value.what == "base is not reproducible: two builds of the same inputs differ"
    assert caught.value.why.startswith("layer 2 (layer 1): built-at: content sha256:")
    assert "a clock" in caught.value.remedy


def test_what_stands_in_dist_is_held_to_it_too(root: Path, plan: BuildPlan) -> None:
    odd = FakeBuildx()
    odd.drifts = True
    execute(plan, workshop(root, odd))
    with pytest.raises(NotReproducible, match="a new build and what stands in dist"):
        reproduce(plan, workshop(root, FakeBuildx()))


def test_what_stands_with_other_inputs_is_not_compared(root: Path, plan: BuildPlan) -> None:
    odd = FakeBuildx()
    odd.drifts = True
    execute(plan, workshop(root, odd))
    (root / "images/base/Dockerfile").write_text("# another\n")
    other = recipes.plan_of(root, recipes.recipe(folder=recipes.tree("images/base", "harden.py")))
    assert len(reproduce(other, workshop(root, FakeBuildx()))) == 1
