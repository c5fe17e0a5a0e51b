import errno
import json
import os
from pathlib import Path
from typing import Any

import msgspec
import pytest
from fakes import recipes
from fakes.builder import LOCK, RECORD, FakeBuildx, FakeDocker, FakeUv, workshop

from lockage.build import image
from lockage.build.execute import execute
from lockage.build.image import Workshop
from lockage.errors import LockageError
from lockage.model.artifact import ImageArtifact
from lockage.model.dist import DistDir
from lockage.oci import layout
from lockage.plan.decide import BuildPlan, Step
from lockage.plan.recipe import Base, Lock, Recipe
from lockage.tools.buildx import Build, Builder, BuildFailed

DOCKERFILES = ("images/base/Dockerfile", "images/platform/Dockerfile")


def build_image(step: Step, shop: Workshop) -> ImageArtifact:
    """Build a step that is an image's."""
    assert isinstance(step.recipe, Recipe)
    return image.build_image(step, step.recipe, shop)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    for name in ("functions/scorer/handler.py", "images/base/harden.py", "requirements.lock", *DOCKERFILES):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(f"# {name}\n")
    return tmp_path


def standing(root: Path) -> list[str]:
    return sorted(path.name for path in (root / "dist").iterdir() if path.name != ".lock")


def test_describes_exactly_what_was_built(root: Path) -> None:
    recipe = recipes.recipe(folder=recipes.tree("images/base", "harden.py"))
    step = recipes.plan_of(root, recipe).step("base")
    shop = workshop(root, FakeBuildx())
    artifact = build_image(step, shop)
    built = layout.read(shop.dist.layout("base"))
    assert artifact.digest == built.digest
    assert [layer.digest for layer in artifact.layers] == [layer.digest for layer in built.manifest.layers]
    assert artifact.size == sum(layer.size for layer in artifact.layers)
    assert artifact.unpacked == sum(layout.unpacked_size(built.blob(layer.digest)) for layer in artifact.layers)
    assert (artifact.fingerprint, artifact.inputs) == (step.fingerprint, step.inputs)
    assert shop.dist.read_artifact("base") == artifact
    assert json.loads((root / "dist/base/artifact.json").read_text())["schema"] == 1


def test_the_layout_holds_the_image_and_nothing_else(root: Path) -> None:
    buildx, recipe = FakeBuildx(), recipes.recipe(folder=recipes.tree("images/base", "harden.py"))
    shop = workshop(root, buildx)
    build_image(recipes.plan_of(root, recipe).step("base"), shop)
    (root / "images/base/harden.py").write_text("# another\n")
    build_image(recipes.plan_of(root, recipe).step("base"), shop)
    built = layout.read(shop.dist.layout("base"))
    assert buildx.seeded[0] == set()
    assert len(buildx.seeded[1]) == 3, "the layout that stood gives BuildKit what it need not write again"
    assert {path.name for path in built.path.glob("blobs/sha256/*")} == {
        digest.partition(":")[2] for digest in built.digests
    }
    assert not (built.path / "ingest").exists()


def test_a_pinned_base_and_its_time_reach_the_builder(root: Path) -> None:
    buildx = FakeBuildx()
    build_image(
        recipes.plan_of(root, recipes.recipe(folder=recipes.tree("images/base", "harden.py"))).step("base"),
        workshop(root, buildx),
    )
    build = buildx.builds[0]
    assert build.epoch == 1781136001, "the base's own creation time, rounded up"
    assert build.rewrite, "a program ran in the final image"
    assert build.contexts == {}
    assert build.name == "images/base/Dockerfile"


def contents_and_key(root: Path, content: str) -> tuple[bytes, tuple[int, int], str]:
    """A handler as BuildKit is sent it: content; what BuildKit compares of it; under which key."""
    (root / "functions/scorer/handler.py").write_text(content)
    sent: list[tuple[bytes, tuple[int, int], str]] = []

    class Watched(FakeBuildx):
        def build(self, build: Build) -> None:
            super().build(build)
            path = Path(build.contexts["sources"]) / "scorer/handler.py"
            sent.append((path.read_bytes(), (path.stat().st_size, path.stat().st_mtime_ns), build.context.name))

    recipe = recipes.platform(upon=(), sources=(recipes.tree("functions/scorer", "handler.py"),))
    build_image(recipes.plan_of(root, recipe).step("platform"), workshop(root, Watched()))
    return sent[0]


def test_contents_that_buildkit_takes_for_equal_are_sent_under_other_keys(root: Path) -> None:
    good, evil, again = (contents_and_key(root, f"GREETING = '{word}'\n") for word in ("benign", "EVIL!!", "benign"))
    assert good[0] != evil[0]
    assert good[1] == evil[1], "BuildKit compares size and time, and these are equal"
    assert good[2] != evil[2]
    assert again == good, "what stays is sent once"


def test_a_mirror_takes_the_base_s_place_by_digest(root: Path) -> None:
    buildx, standin = FakeBuildx(), f"standin:1@sha256:{'c' * 64}"
    base = Base(reference=recipes.PINNED, context=f"docker-image://{standin}", digest="sha256:" + "c" * 64)
    recipe = recipes.recipe(folder=recipes.tree("images/base", "harden.py"), bases=(base,))
    artifact = build_image(
        recipes.plan_of(root, recipe).step("base"), workshop(root, buildx, docker=FakeDocker(standin))
    )
    assert buildx.builds[0].contexts == {recipes.PINNED: f"docker-image://{standin}"}
    assert artifact.second_sources == (f"docker-image://{standin} stands in for {recipes.PINNED}",)


def both(root: Path, buildx: FakeBuildx, docker: FakeDocker, platform: Recipe) -> None:
    base = recipes.recipe(folder=recipes.tree("images/base", "harden.py"))
    execute(recipes.plan_of(root, base, platform), workshop(root, buildx, docker=docker))


def test_an_image_of_the_project_is_built_upon_from_the_local_store(root: Path) -> None:
    buildx, docker = FakeBuildx(), FakeDocker()
    both(root, buildx, docker, recipes.platform())
    digest = layout.read(root / "dist/base/layout").digest
    assert buildx.builds[1].contexts["base"] == f"docker-image://lockage/platform-base@{digest}"
    assert not buildx.builds[1].rewrite
    assert buildx.builds[1].epoch == 1781136001
    assert len(docker.loaded) == 1
    assert f"docker.io/lockage/platform-base@{digest}".encode() in docker.loaded[0]
    assert len(buildx.seeded[1]) == 3, "the base's blobs are not written again"
    assert buildx.received[1]["scorer/handler.py"] == b"# functions/scorer/handler.py\n"


def test_a_builder_in_a_container_takes_it_from_its_layout(root: Path) -> None:
    builder = Builder(name="lockage", identity="moby/buildkit", container=True)
    buildx, docker = FakeBuildx(builder), FakeDocker()
    both(root, buildx, docker, recipes.platform())
    digest = layout.read(root / "dist/base/layout").digest
    assert buildx.builds[1].contexts["base"] == f"oci-layout://{root / 'dist/base/layout'}@{digest}"
    assert docker.loaded == []


WITH_PACKAGES = "FROM scratch AS dependencies\nFROM scratch\nCOPY --from=dependencies /packages/ /\n"


def with_packages(root: Path, **changes: Any) -> Recipe:  # noqa: ANN401 - any field
    (root / "requirements.lock").write_text(LOCK)
    lock = Lock(path="requirements.lock", digest="sha256:" + "1" * 64)
    return recipes.recipe(text=WITH_PACKAGES, **{"lock": lock, **changes})


def test_packages_are_prepared_once_with_the_bytecode_of_the_image_s_own_python(root: Path) -> None:
    buildx, uv = FakeBuildx(), FakeUv()
    shop = workshop(root, buildx, uv=uv)
    for _ in range(2):
        build_image(recipes.plan_of(root, with_packages(root)).step("base"), shop)
    assert uv.installed == [("3.13", "linux/amd64")]
    [compiled_by] = buildx.compiled_by
    assert f"FROM {recipes.PINNED} AS compiled\n" in compiled_by
    module, record = b"VERSION = 1\n", sorted(line for line in RECORD.splitlines() if "bin" not in line)
    assert buildx.received[0] == {
        "packages/boto3/__init__.py": module,
        "packages/boto3/__init__.pyc": b"code of " + module,
        "packages/boto3-1.0.dist-info/METADATA": b"Name: boto3\n",
        "packages/boto3-1.0.dist-info/RECORD": "".join(f"{line}\n" for line in record).encode(),
    }
    assert [(step.name, step.state) for step in shop.console.records] == [
        ("bytecode", "done"), ("packages of base", "done"), ("packages of base", "reused"),
    ]  # fmt: skip


def test_packages_need_a_python_to_compile_them(root: Path) -> None:
    recipe = with_packages(root, interpreter=None)
    with pytest.raises(LockageError) as caught:
        build_image(recipes.plan_of(root, recipe).step("base"), workshop(root, FakeBuildx()))
    assert caught.value.what == "nothing can compile the packages of base"
    assert "images/base/Dockerfile has a stage called dependencies" in caught.value.why
    assert "upon an image with Python" in caught.value.remedy


@pytest.mark.parametrize(
    ("fails", "what"),
    [
        (BuildFailed("it does not build", why="w", remedy="r"), "it does not build"),
        (OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), "/some/file"), "the disk is full: building platform"),
    ],
)
def test_a_failure_leaves_what_stood_and_nothing_half_written(root: Path, fails: Exception, what: str) -> None:
    buildx, docker = FakeBuildx(), FakeDocker()
    both(root, buildx, docker, recipes.platform())
    before = (root / "dist/platform/artifact.json").read_bytes()
    buildx.fails = fails
    with pytest.raises(LockageError) as caught:
        build_image(
            recipes.plan_of(root, recipes.recipe(), recipes.platform()).step("platform"),
            workshop(root, buildx, docker=docker),
        )
    assert caught.value.what == what
    assert standing(root) == ["base", "platform"]
    assert (root / "dist/platform/artifact.json").read_bytes() == before
    assert layout.intact(root / "dist/platform/layout", layout.read(root / "dist/platform/layout").digest)


def test_a_full_disk_says_where_and_what_to_do(root: Path) -> None:
    full = OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), "/some/file")
    with pytest.raises(LockageError) as caught:
        build_image(recipes.plan_of(root, recipes.recipe()).step("base"), workshop(root, FakeBuildx(fails=full)))
    assert caught.value.render() == (
        "error: the disk is full: building base\n"
        "  why:  /some/file: No space left on device\n"
        "  next: free some space (docker system df; docker buildx prune) and run this again; "
        "what was built before is untouched"
    )


def test_ctrl_c_leaves_nothing_half_written(root: Path) -> None:
    with pytest.raises(KeyboardInterrupt):
        build_image(
            recipes.plan_of(root, recipes.recipe()).step("base"), workshop(root, FakeBuildx(fails=KeyboardInterrupt()))
        )
    assert standing(root) == []


def test_an_image_over_budget_is_refused_naming_its_heaviest_layers(root: Path) -> None:
    (root / "functions/scorer/handler.py").write_bytes(b"x" * 1_500_000)
    recipe = recipes.platform(budget_mb=1)
    shop = workshop(root, FakeBuildx())
    execute(recipes.plan_of(root, recipes.recipe(folder=recipes.tree("images/base", "harden.py"))), shop)
    with pytest.raises(LockageError) as caught:
        build_image(recipes.plan_of(root, recipes.recipe(), recipe).step("platform"), shop)
    assert caught.value.what == "platform weighs 2 MB unpacked; its budget is 1 MB"
    assert caught.value.why == "    1.5 MB  layer 0"
    assert "images.platform.budget_mb" in caught.value.remedy
    assert standing(root) == ["base"]


def test_what_a_killed_build_left_is_removed(root: Path) -> None:
    left = DistDir(root / "dist").beside("base")
    (left / "half-written").write_text("…")
    execute(
        recipes.plan_of(root, recipes.recipe(folder=recipes.tree("images/base", "harden.py"))),
        workshop(root, FakeBuildx()),
    )
    assert standing(root) == ["base"]


def test_a_path_that_other_programs_would_part_is_refused(root: Path) -> None:
    buildx = FakeBuildx()
    with pytest.raises(LockageError) as caught:
        execute(recipes.plan_of(root, recipes.recipe()), workshop(root / "a,b", buildx))
    assert caught.value.what == f"the path {root}/a,b/dist holds a comma"
    assert "move the project" in caught.value.remedy
    assert buildx.builds == []


def test_a_plan_s_reused_images_are_not_built(root: Path) -> None:
    buildx = FakeBuildx()
    shop = workshop(root, buildx)
    plan = recipes.plan_of(root, recipes.recipe(folder=recipes.tree("images/base", "harden.py")))
    [first] = execute(plan, shop)
    reuse = msgspec.structs.replace(plan.steps[0], action="reuse", reasons=("its inputs are the same",))
    [again] = execute(msgspec.structs.replace(plan, steps=(reuse,)), shop)
    assert again == first
    assert (len(buildx.builds), buildx.prepared) == (1, 1)
    assert [(step.name, step.state) for step in shop.console.records] == [
        ("image base", "done"),
        ("image base", "reused"),
    ]


def test_a_budget_that_shrank_stops_what_stands_too(root: Path) -> None:
    (root / "images/base/harden.py").write_bytes(b"x" * 1_500_000)
    shop = workshop(root, FakeBuildx())
    recipe = recipes.recipe(folder=recipes.tree("images/base", "harden.py"))
    execute(recipes.plan_of(root, recipe), shop)
    [step] = recipes.plan_of(root, msgspec.structs.replace(recipe, budget_mb=1)).steps
    reuse = msgspec.structs.replace(step, action="reuse")
    with pytest.raises(LockageError, match="base weighs 2 MB unpacked; its budget is 1 MB"):
        execute(BuildPlan(steps=(reuse,)), shop)
