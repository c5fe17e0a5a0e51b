import hashlib
import json
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from fakes import recipes
from fakes.builder import FakeBuildx, workshop
from fakes.index import PackageIndex, sdist, wheel
from msgspec.structs import replace

from lockage.build.archive import Entry, entry
from lockage.build.budget import OverBudget
from lockage.build.execute import execute
from lockage.build.image import Workshop
from lockage.build.packages import Target, key
from lockage.build.stage import ChangedSincePlan
from lockage.build.supply import Wanted
from lockage.model.artifact import Artifact, LayerArtifact, Package, ZipArtifact
from lockage.oci.layout import hash_file
from lockage.plan.archive import ArchiveRecipe
from lockage.plan.decide import BuildPlan
from lockage.plan.recipe import Lock
from lockage.plan.requirements import parse
from lockage.tools.git import blob
from lockage.tools.uv import DependencyError, Uv

LOCKED = Lock(path="requirements.lock", digest="")
LOCK = "fast==1.0 --hash=sha256:" + "a" * 64 + "\n"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    files = {
        "functions/dashboard/handler.py": "def handle(event, context): ...\n",
        "functions/dashboard/probe.json": "{}\n",
        "requirements.lock": LOCK,
    }
    for name, content in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(content)
    return tmp_path


@pytest.fixture
def shop(root: Path) -> Workshop:
    """A workshop whose store holds the only package of the lock."""
    made = workshop(root, FakeBuildx())
    made.packages.store.place.mkdir(parents=True)
    prepare(made, entry("fast/__init__.py", b"# fast\n" * 1000))
    return made


def prepare(shop: Workshop, *entries: Entry) -> None:
    """Put the only package of the lock into the store."""
    (pin,) = parse("requirements.lock", LOCK)
    target = Target(python="3.13", platform="linux/amd64", compiler=recipes.archive().base.digest)
    shop.packages.store.add(key(Wanted(pin=pin), target), entries)


def built(shop: Workshop, **changes: Any) -> Artifact:  # noqa: ANN401 - any field
    (artifact,) = execute(recipes.plan_of(shop.root, recipes.archive(**changes)), shop)
    return artifact


def names(shop: Workshop, name: str = "dashboard") -> list[str]:
    with zipfile.ZipFile(shop.dist.archive(name)) as archive:
        return archive.namelist()


def test_a_zip_has_packages_and_sources_side_by_side(shop: Workshop) -> None:
    artifact = built(shop, lock=LOCKED)
    assert names(shop) == ["dashboard/handler.py", "fast/__init__.py"]
    assert isinstance(artifact, ZipArtifact)
    assert artifact.digest == hash_file(shop.dist.archive("dashboard"))
    assert artifact.size == shop.dist.archive("dashboard").stat().st_size
    assert artifact.unpacked == 7000 + len("def handle(event, context): ...\n")
    assert shop.dist.read_artifact("dashboard") == artifact


def test_a_layer_has_all_of_it_where_python_looks(shop: Workshop) -> None:
    artifact = built(shop, kind="layer", lock=LOCKED)
    assert names(shop) == ["python/dashboard/handler.py", "python/fast/__init__.py"]
    assert isinstance(artifact, LayerArtifact)


@pytest.mark.parametrize("kind", ["zip", "layer"])
def test_what_a_lock_brought_in_is_told_by_its_hashes_and_its_record(shop: Workshop, kind: str) -> None:
    record = b"fast/__init__.py,sha256=x,1\n"
    prepare(shop, entry("fast-1.0.dist-info/RECORD", record), entry("fast/_v/slow-2.dist-info/RECORD", b"its own"))
    assert built(shop, kind=kind, lock=LOCKED).packages == (
        Package(name="fast", version="1.0", hashes=("a" * 64,), record=hashlib.sha256(record).hexdigest()),
    )
    assert built(shop, kind=kind).packages == ()


COMMON = recipes.archive(
    "common", "layer", sources=(recipes.tree("functions/common", "table.bin"),), lock=LOCKED, handlers=()
)


def layered(shop: Workshop, heavy: bytes, **changes: Any) -> Artifact:  # noqa: ANN401 - any field
    """A zip and the layer that it runs with, which has a file of its own beside the package of the lock."""
    (shop.root / "functions/common").mkdir(exist_ok=True)
    (shop.root / "functions/common/table.bin").write_bytes(heavy)
    dashboard = recipes.archive(layers=("common",), **changes)
    return execute(recipes.plan_of(shop.root, COMMON, dashboard), shop)[1]


def test_the_layers_of_a_zip_are_named_and_not_packed(shop: Workshop) -> None:
    artifact = layered(shop, b"")
    assert isinstance(artifact, ZipArtifact)
    assert artifact.layers == ("common",)
    assert names(shop) == ["dashboard/handler.py"]
    assert artifact.unpacked == len("def handle(event, context): ...\n")


def test_a_zip_is_held_to_its_budget_with_its_layers(shop: Workshop) -> None:
    before = layered(shop, b"0" * 900_000, budget_mb=1)
    with pytest.raises(OverBudget) as caught:
        layered(shop, b"0" * 1_100_000, budget_mb=1)
    assert caught.value.what == "dashboard weighs 1 MB unpacked with its layers; its budget is 1 MB"
    assert caught.value.why.splitlines() == [
        "    1.1 MB  common: common",
        "    0.0 MB  common: fast",
        "    0.0 MB  dashboard",
    ]
    assert "raise zips.dashboard.budget_mb with a reason (Lambda takes 262 MB" in caught.value.remedy
    assert shop.dist.read_artifact("dashboard") == before


def test_a_zip_that_stands_is_weighed_again_with_the_layer_that_grew(shop: Workshop) -> None:
    layered(shop, b"0" * 900_000, budget_mb=1)
    (shop.root / "functions/common/table.bin").write_bytes(b"0" * 1_100_000)
    plan = recipes.plan_of(shop.root, COMMON, recipes.archive(layers=("common",), budget_mb=1))
    layer, function = plan.steps
    with pytest.raises(OverBudget, match="with its layers"):
        execute(replace(plan, steps=(layer, replace(function, action="reuse"))), shop)


def test_the_same_again_is_the_same_bytes(shop: Workshop, root: Path) -> None:
    first = built(shop)
    (root / "functions/dashboard/handler.py").touch()
    assert built(shop) == first


def test_what_stands_is_reused_and_held_to_its_budget(shop: Workshop) -> None:
    recipe = recipes.archive(lock=LOCKED)
    plan = recipes.plan_of(shop.root, recipe)
    execute(plan, shop)
    artifact = json.loads(shop.dist.artifact("dashboard").read_bytes())
    assert artifact["kind"] == "zip"
    with pytest.raises(OverBudget) as caught:
        execute(reuse(shop, recipe, budget_mb=0), shop)
    assert caught.value.why == "    0.0 MB  fast\n    0.0 MB  dashboard"


def test_what_stands_within_its_budget_is_not_opened(shop: Workshop) -> None:
    artifact = built(shop)
    shop.dist.archive("dashboard").write_bytes(b"0" * artifact.size)  # what is in it is held before a push
    assert execute(reuse(shop, recipes.archive()), shop) == [artifact]


def reuse(shop: Workshop, recipe: ArchiveRecipe, **changes: Any) -> BuildPlan:  # noqa: ANN401 - any field
    plan = recipes.plan_of(shop.root, replace(recipe, **changes))
    return replace(plan, steps=tuple(replace(step, action="reuse") for step in plan.steps))


def test_over_budget_leaves_what_stood(shop: Workshop) -> None:
    before = built(shop)
    with pytest.raises(OverBudget) as caught:
        built(shop, budget_mb=0)
    assert caught.value.what == "dashboard weighs 0 MB unpacked; its budget is 0 MB"
    assert shop.dist.read_artifact("dashboard") == before
    assert [path.name for path in shop.dist.root.iterdir() if path.name.startswith(".part-")] == []


def test_an_archive_over_budget_names_its_ten_largest_contributors(shop: Workshop, root: Path) -> None:
    names = [f"part{number:02}" for number in range(12)]
    for number, name in enumerate(names):
        (root / "functions" / name).mkdir()
        (root / "functions" / name / "one.bin").write_bytes(b"0" * 40_000 * number)
        (root / "functions" / name / "two.bin").write_bytes(b"0" * 60_000)
    with pytest.raises(OverBudget) as caught:
        built(
            shop, budget_mb=1, sources=tuple(recipes.tree(f"functions/{name}", "one.bin", "two.bin") for name in names)
        )
    assert caught.value.why.splitlines() == [
        "    0.5 MB  part11",
        "    0.5 MB  part10",
        "    0.4 MB  part09",
        "    0.4 MB  part08",
        "    0.3 MB  part07",
        "    0.3 MB  part06",
        "    0.3 MB  part05",
        "    0.2 MB  part04",
        "    0.2 MB  part03",
        "    0.1 MB  part02",
        "    0.2 MB  2 others",
    ]


def test_a_source_that_changed_since_the_plan_is_refused(shop: Workshop, root: Path) -> None:
    plan = recipes.plan_of(root, recipes.archive())
    (root / "functions/dashboard/handler.py").write_text("other\n")
    with pytest.raises(ChangedSincePlan) as caught:
        execute(plan, shop)
    assert caught.value.what == "functions/dashboard/handler.py is not what was planned"
    planned = blob(b"def handle(event, context): ...\n")
    assert caught.value.why == f"planned the blob {planned}, found {blob(b'other' + bytes([10]))}"
    assert caught.value.remedy.startswith("it may have been edited meanwhile: run this again")
    assert [path.name for path in shop.dist.root.iterdir()] == [".lock"]


def test_a_source_that_changes_while_it_is_packed_leaves_what_stood(
    shop: Workshop, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The one file is packed already when the other is written."""
    (root / "functions/dashboard/zoo.py").write_text("ZOO = 1\n")
    sources = (recipes.tree("functions/dashboard", "handler.py", "zoo.py"),)
    before = built(shop)
    plan = recipes.plan_of(root, recipes.archive(sources=sources))
    read = Path.read_bytes

    def read_then_edit(path: Path) -> bytes:
        content = read(path)
        if path.name == "handler.py":
            (root / "functions/dashboard/zoo.py").write_text("ZOO = 2\n")
        return content

    monkeypatch.setattr(Path, "read_bytes", read_then_edit)
    with pytest.raises(ChangedSincePlan, match=r"functions/dashboard/zoo\.py is not what was planned"):
        execute(plan, shop)
    assert shop.dist.read_artifact("dashboard") == before
    assert sorted(path.name for path in shop.dist.root.iterdir()) == [".lock", "dashboard"]


@pytest.fixture
def index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[PackageIndex]:
    """The default index."""
    made = PackageIndex()
    monkeypatch.setenv("UV_DEFAULT_INDEX", made.url)
    monkeypatch.setenv("UV_CACHE_DIR", str(tmp_path / "uv"))
    yield made
    made.close()


def _other_bytes(index: PackageIndex) -> str:
    index.add("ours", "ours-1.0-py3-none-any.whl", wheel("ours", "1.0", {"ours.py": ""}))
    return f"--hash=sha256:{'0' * 64}"


def _of_another_machine(index: PackageIndex) -> str:
    tag = "cp313-cp313-manylinux_2_28_aarch64"
    return index.add("ours", f"ours-1.0-{tag}.whl", wheel("ours", "1.0", {}, tag=tag))


def _sdist_alone(index: PackageIndex) -> str:
    return index.add("ours", "ours-1.0.tar.gz", sdist("ours", "1.0", {"setup.py": ""}))


def _leading_out(index: PackageIndex) -> str:
    return index.add("ours", "ours-1.0-py3-none-any.whl", wheel("ours", "1.0", {"../../escaped.py": ""}))


def _of_no_name(index: PackageIndex) -> str:
    content = wheel("ours", "1.0", {"XX.py": ""}).replace(b"XX.py", b"\xe9\xff.py")
    return index.add("ours", "ours-1.0-py3-none-any.whl", content)


BROUGHT: dict[Callable[[PackageIndex], str], tuple[str, str, str]] = {
    _other_bytes: (
        "the index serves other bytes than requirements.lock names",
        "Hash mismatch for `ours==1.0`",
        "do not lock again before you know why: a published file never changes its bytes by itself",
    ),
    _of_another_machine: (
        "something in requirements.lock has no wheel for Python 3.13 on linux/amd64",
        "ours==1.0 has no wheels with a matching platform tag",
        "use a version of it that has one, or another package; or build it from its sdist: from_source in lockage.yaml",
    ),
    _sdist_alone: (
        "something in requirements.lock has no wheel at all, only an sdist",
        "ours==1.0 has no usable wheels",
        "name it under from_source in lockage.yaml, with what builds it; or use a version that has wheels",
    ),
    _leading_out: (
        "a wheel of requirements.lock leads out of the folder that it is unpacked into",
        "ours==1.0 holds ../../escaped.py",
        "it was made so by mistake or to do harm: use another version of it, and tell whoever published it",
    ),
    _of_no_name: (
        "something in requirements.lock cannot be unpacked",
        "does not use UTF-8 encoding",
        "the wheel is malformed, as its publisher made it: use another version of it",
    ),
}


@pytest.mark.parametrize("offer", BROUGHT, ids=lambda offer: offer.__name__)
def test_what_a_lock_brings_is_refused_and_nothing_is_left_of_it(
    tmp_path: Path, index: PackageIndex, offer: Callable[[PackageIndex], str]
) -> None:
    """By the real uv."""
    root = tmp_path / "project"
    (root / "functions/dashboard").mkdir(parents=True)
    for name in ("handler.py", "probe.json"):
        (root / "functions/dashboard" / name).write_text("")
    (root / "requirements.lock").write_text(f"ours==1.0 {offer(index)}\n")
    shop = workshop(root, FakeBuildx(), uv=Uv())
    before = built(shop)
    with pytest.raises(DependencyError) as caught:
        built(shop, lock=LOCKED)
    what, why, remedy = BROUGHT[offer]
    assert (caught.value.what, caught.value.remedy) == (what, remedy)
    assert why in caught.value.why
    assert shop.dist.read_artifact("dashboard") == before
    assert sorted(path.name for path in shop.dist.root.iterdir()) == [".lock", "dashboard"]
    assert [path.name for path in shop.packages.store.place.iterdir()] == [".lock"]
    assert list(root.rglob("escaped.py")) == []
