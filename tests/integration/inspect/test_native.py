"""The native-code check on wheels as they are published, for both machines."""

import shutil
from pathlib import Path

import pytest
from auditwheel.lddtree import ldd

from lockage.inspect.native import (
    NativeCodeRefused,
    NativeInspection,
    Root,
    Target,
    hold_native,
    inspect_native,
)
from lockage.inspect.native.case import Case
from lockage.inspect.native.linking import loads_of
from lockage.inspect.native.read import read_tree
from lockage.inspect.native.systems import system_for
from lockage.tools.uv import Uv

LOCK = Path(__file__).parent / "native.txt"
AMD64 = Target(python="3.13", platform="linux/amd64")
ARM64 = Target(python="3.13", platform="linux/arm64")


@pytest.fixture(scope="session")
def trees(tmp_path_factory: pytest.TempPathFactory) -> dict[Target, Path]:
    """The lock's wheels, unpacked for each target."""
    made = {}
    for target in (AMD64, ARM64):
        made[target] = tmp_path_factory.mktemp(target.machine)
        Uv().install(LOCK, made[target], python=target.python, platform=target.platform)
    return made


def inspection(tree: Path, target: Target) -> NativeInspection:
    return inspect_native([Root(tree)], target)


@pytest.mark.parametrize("target", [AMD64, ARM64], ids=lambda target: target.machine)
def test_wheels_for_the_target_pass(trees: dict[Target, Path], target: Target) -> None:
    found = inspection(trees[target], target)
    hold_native("dashboard", found)
    assert found.remarks == ()
    assert found.objects > 15
    assert found.glibc in {"2.17", "2.27", "2.28"}


def test_wheels_for_another_machine_are_refused(trees: dict[Target, Path]) -> None:
    found = inspection(trees[ARM64], AMD64)
    assert {one.kind for one in found.mistakes} == {"machine", "python", "wheel"}
    assert sum(one.kind == "machine" for one in found.mistakes) == found.objects
    with pytest.raises(NativeCodeRefused, match="native code in dashboard will not run") as refused:
        hold_native("dashboard", found)
    assert "needs aarch64; linux/amd64 is x86_64_v3" in refused.value.why


def test_wheels_of_another_python_are_refused(trees: dict[Target, Path]) -> None:
    found = inspection(trees[AMD64], Target(python="3.12", platform="linux/amd64"))
    with pytest.raises(NativeCodeRefused) as refused:
        hold_native("dashboard", found)
    assert "pydantic_core/_pydantic_core.cpython-313-x86_64-linux-gnu.so" in {
        one.path.removeprefix("/var/task/") for one in found.mistakes if one.kind == "python"
    }
    assert "python3.12 on linux/amd64 imports cpython-312-x86_64-linux-gnu" in refused.value.why


def test_wheels_for_a_newer_system_are_refused(trees: dict[Target, Path]) -> None:
    found = inspection(trees[AMD64], Target(python="3.11", platform="linux/amd64"))
    needs = {one.needs for one in found.mistakes if one.kind == "version"}
    assert needs
    assert needs <= {f"GLIBC_2.{minor} of lib{name}.so.6" for minor in (27, 28) for name in ("c", "m")}


def test_a_package_without_its_bundled_libraries_is_refused(trees: dict[Target, Path], tmp_path: Path) -> None:
    tree = tmp_path / "task"
    shutil.copytree(trees[AMD64], tree)
    libraries = {path.name for path in (tree / "numpy.libs").iterdir()}
    shutil.rmtree(tree / "numpy.libs")
    missing = {one.needs for one in inspection(tree, AMD64).mistakes}
    assert missing
    assert missing <= libraries


def test_a_layer_serves_as_the_function_s_own_tree_does(trees: dict[Target, Path], tmp_path: Path) -> None:
    layer, task = tmp_path / "layer", tmp_path / "task"
    shutil.copytree(trees[AMD64], layer / "python")
    (task / "dashboard").mkdir(parents=True)
    (task / "dashboard" / "handler.py").write_text("import numpy\n")
    found = inspect_native([Root(task), Root(layer, "/opt")], AMD64)
    hold_native("dashboard", found)
    assert found.objects == inspection(trees[AMD64], AMD64).objects


def test_auditwheel_s_resolver_finds_the_same_bundled_libraries(trees: dict[Target, Path]) -> None:
    tree = trees[AMD64]
    case = Case(tree=read_tree([Root(tree, str(tree))]), target=AMD64, system=system_for(AMD64))
    ours = {load.entry: load.reached for load in loads_of(case)}
    theirs = {}
    for entry in ours:
        libraries = ldd(Path(entry), ldpaths={"conf": [], "env": [], "interp": []}).libraries.values()
        theirs[entry] = {str(one.realpath) for one in libraries if one.realpath and tree in one.realpath.parents}
    assert any(ours.values())
    assert ours == theirs
