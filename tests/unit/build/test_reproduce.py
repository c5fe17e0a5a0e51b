from pathlib import Path

import pytest
from fakes import recipes
from fakes.builder import FakeBuildx, workshop

from lockage.build.execute import execute
from lockage.build.reproduce import NotReproducible, rebuild, reproduce
from lockage.model.dist import DistDir
from lockage.model.ids import Digest
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


def test_a_release_is_built_once_more_and_held_to_its_digests(root: Path, plan: BuildPlan) -> None:
    shop = workshop(root, FakeBuildx())
    released = {artifact.name: artifact.digest for artifact in execute(plan, shop)}
    buildx = FakeBuildx()
    rebuild(plan, workshop(root, buildx), released, shop.dist)
    assert [build.cache for build in buildx.builds] == [False] * 2


def test_another_digest_than_was_released_is_shown_file_by_file_where_that_stands(root: Path, plan: BuildPlan) -> None:
    odd = FakeBuildx()
    odd.drifts = True
    shop = workshop(root, odd)
    released = {artifact.name: artifact.digest for artifact in execute(plan, shop)}
    with pytest.raises(NotReproducible) as caught:
        rebuild(plan, workshop(root, FakeBuildx()), released, shop.dist)
    assert caught.value.what == "base of this commit is not what was released"
    told, where = caught.value.why.splitlines()
    assert told.startswith(f"released as {released['base']}, built as sha256:")
    assert where.startswith("layer 2")
    assert "only theirs has" in where


def test_without_the_released_artifact_only_digests_are_told(root: Path, plan: BuildPlan, tmp_path: Path) -> None:
    released = {"base": Digest("sha256:" + "0" * 64)}
    with pytest.raises(NotReproducible) as caught:
        rebuild(plan, workshop(root, FakeBuildx()), released, DistDir(tmp_path / "elsewhere"))
    assert caught.value.why.endswith("does not stand in dist, so files cannot be compared")
