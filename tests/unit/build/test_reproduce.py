from pathlib import Path
from typing import Any

import pytest
from fakes import recipes
from fakes.builder import LOCK, FakeBuildx, FakeUv, workshop

from lockage.build.execute import execute
from lockage.build.image import Workshop
from lockage.build.reproduce import NotReproducible, rebuild, reproduce
from lockage.errors import AwsError, UsageError
from lockage.model.artifact import Input
from lockage.model.dist import DistDir
from lockage.model.ids import Digest
from lockage.oci import layout
from lockage.plan.decide import BuildPlan
from lockage.plan.recipe import Base, Lock
from lockage.tools.index import Index


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
    assert caught.value.why.startswith("base: layer 2 (layer 1): built-at: content sha256:")
    assert "a clock" in caught.value.remedy


def test_what_stands_in_dist_is_held_to_it_too(root: Path, plan: BuildPlan) -> None:
    odd = FakeBuildx()
    odd.drifts = True
    execute(plan, workshop(root, odd))
    with pytest.raises(NotReproducible, match="a new build and what stands in dist"):
        reproduce(plan, workshop(root, FakeBuildx()))


def test_what_stands_in_dist_is_read_before_it_passes_for_the_same(root: Path, plan: BuildPlan) -> None:
    shop = workshop(root, FakeBuildx())
    execute(plan, shop)
    standing = layout.read(shop.dist.layout("platform"))
    blob = standing.blob(standing.manifest.layers[-1].digest)
    blob.write_bytes(bytes(blob.stat().st_size))
    with pytest.raises(layout.LayoutError, match=r"platform.* is not one intact image"):
        reproduce(plan, workshop(root, FakeBuildx()))


def test_what_stands_with_other_inputs_is_not_compared(root: Path, plan: BuildPlan) -> None:
    odd = FakeBuildx()
    odd.drifts = True
    execute(plan, workshop(root, odd))
    (root / "images/base/Dockerfile").write_text("# another\n")
    other = recipes.plan_of(root, recipes.recipe(folder=recipes.tree("images/base", "harden.py")))
    assert len(reproduce(other, workshop(root, FakeBuildx()))) == 1


class Originals:
    """What was released, where it was built."""

    def __init__(self, dist: DistDir, *, unrecorded: bool = False, gone: bool = False) -> None:
        self.place, self.unrecorded, self.gone = dist, unrecorded, gone

    def inputs(self, name: str, digest: Digest) -> tuple[Input, ...]:
        if self.unrecorded:
            raise UsageError("nobody wrote it down", why="…", remedy="…")
        assert self.place.read_artifact(name).digest == digest
        return self.place.read_artifact(name).inputs

    def dist(self, name: str, digest: Digest) -> DistDir:
        if self.gone:
            raise AwsError("there are no AWS credentials", why="…", remedy="log in")
        assert self.place.read_artifact(name).digest == digest
        return self.place


def released(plan: BuildPlan, shop: Workshop) -> dict[str, Digest]:
    return {artifact.name: artifact.digest for artifact in execute(plan, shop)}


def drifting(root: Path) -> Workshop:
    odd = FakeBuildx()
    odd.drifts = True
    return workshop(root, odd)


def test_a_release_is_built_once_more_and_held_to_its_digests(
    root: Path, plan: BuildPlan, capsys: pytest.CaptureFixture[str]
) -> None:
    shop = workshop(root, FakeBuildx())
    digests = released(plan, shop)
    capsys.readouterr()
    buildx = FakeBuildx()
    rebuild(plan, workshop(root, buildx), digests, Originals(shop.dist))
    assert [build.cache for build in buildx.builds] == [False] * 2
    assert [line.split()[0] for line in capsys.readouterr().err.splitlines()] == ["done"] * 2, (
        "and nothing else is told"
    )


def test_another_digest_than_was_released_is_shown_file_by_file(root: Path, plan: BuildPlan) -> None:
    shop = drifting(root)
    digests = released(plan, shop)
    with pytest.raises(NotReproducible) as caught:
        rebuild(plan, workshop(root, FakeBuildx()), digests, Originals(shop.dist))
    assert caught.value.what == "base of this commit is not what was released"
    told, where = caught.value.why.splitlines()
    assert told.startswith(f"released as {digests['base']}, built as sha256:")
    assert where == "content: layer 2 (layer 1): only theirs has such a layer"
    assert "a clock" in caught.value.remedy


def test_without_the_released_artifact_only_digests_are_told(root: Path, plan: BuildPlan) -> None:
    shop = drifting(root)
    digests = released(plan, shop)
    with pytest.raises(NotReproducible) as caught:
        rebuild(plan, workshop(root, FakeBuildx()), digests, Originals(shop.dist, gone=True))
    assert caught.value.why.splitlines()[1:] == [
        "the released one cannot be had, so files are not compared: there are no AWS credentials; log in"
    ]


OTHER_BASE = Base(reference=recipes.PINNED, digest="sha256:" + "9" * 64)
LOCKED = Lock(path="requirements.lock", digest="")


@pytest.fixture
def archives(root: Path) -> Path:
    (root / "functions/dashboard").mkdir()
    (root / "functions/dashboard/handler.py").write_text("# handler\n")
    (root / "functions/dashboard/probe.json").write_text("{}\n")
    (root / "requirements.lock").write_text(LOCK)
    return root


def of_archives(root: Path, **changes: Any) -> BuildPlan:  # noqa: ANN401 - any field of the layer
    layer = recipes.archive("deps", "layer", **{"sources": (), "lock": LOCKED, **changes})
    return recipes.plan_of(root, layer, recipes.archive(layers=("deps",)))


def test_zips_and_layers_are_built_again_alike(archives: Path) -> None:
    plan, shop = of_archives(archives), workshop(archives, FakeBuildx())
    digests = released(plan, shop)
    uv = FakeUv()
    rebuild(plan, workshop(archives, FakeBuildx(), uv=uv), digests, Originals(shop.dist))
    assert uv.installed == [("3.13", "linux/amd64")], "packs are made anew"
    assert list(digests) == ["deps", "dashboard"]


def test_an_input_that_differs_is_told_before_anything_is_built_and_classes_the_difference(
    archives: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shop = workshop(archives, FakeBuildx())
    digests = released(of_archives(archives), shop)
    capsys.readouterr()
    other = workshop(archives, FakeBuildx(), uv=Compiled("3.13.9"))
    with pytest.raises(NotReproducible) as caught:
        rebuild(of_archives(archives, base=OTHER_BASE), other, digests, Originals(shop.dist))
    said = capsys.readouterr().err.splitlines()
    assert said[0] == f"deps: this is not what the release was built of: base {recipes.PINNED} changed"
    assert said[1].startswith("done"), "it is built all the same"
    _, changed, where = caught.value.why.splitlines()
    assert changed == f"base {recipes.PINNED} changed"
    assert where.startswith("base: python/boto3-1.0.dist-info/RECORD: content sha256:")
    assert caught.value.remedy.startswith("have the inputs named above as the release had them")


class Compiled(FakeUv):
    """What the one wheel holds besides, here."""

    def __init__(self, built: str) -> None:
        super().__init__()
        self.built = built

    def install(self, lock: Path, into: Path, *, python: str, platform: str, index: Index | None = None) -> None:
        super().install(lock, into, python=python, platform=platform, index=index)
        (into / "boto3/_build.so").write_text(self.built)
        with (into / "boto3-1.0.dist-info/RECORD").open("a") as record:
            record.write("boto3/_build.so,sha256=v,1\n")


def test_equal_bytes_of_other_inputs_are_equal(archives: Path, capsys: pytest.CaptureFixture[str]) -> None:
    shop = workshop(archives, FakeBuildx())
    digests = released(of_archives(archives), shop)
    rebuild(of_archives(archives, base=OTHER_BASE), workshop(archives, FakeBuildx()), digests, Originals(shop.dist))
    assert f"base {recipes.PINNED} changed" in capsys.readouterr().err


def test_inputs_that_nobody_recorded_are_said_not_to_be_compared(
    archives: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shop = workshop(archives, FakeBuildx())
    digests = released(of_archives(archives), shop)
    capsys.readouterr()
    originals = Originals(shop.dist, unrecorded=True)
    rebuild(of_archives(archives), workshop(archives, FakeBuildx()), digests, originals)
    told = "its inputs are not compared with those of the release: nobody wrote it down"
    assert capsys.readouterr().err.splitlines()[:2] == [f"deps: {told}", f"dashboard: {told}"]
