"""The loader worked out from facts, held to the loader of this machine, on objects really built."""

import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Literal

import msgspec
import pytest
from fakes.forge import Forge
from hypothesis import given, settings
from hypothesis import strategies as st

from lockage.inspect.native import Root, Target
from lockage.inspect.native.facts import Elf, Tree
from lockage.inspect.native.loader import Load, Loader
from lockage.inspect.native.read import read_tree
from lockage.inspect.native.systems import System, system_for

FOLDERS = ("one", "two")
NAMES = ("a.so", "b.so", "c.so", "d.so")


class Part(msgspec.Struct, frozen=True):
    """One object of a made-up artifact."""

    folder: Literal["one", "two"]
    needs: frozenset[str]
    tag: Literal["", "rpath", "runpath"]
    leads_to: Literal["one", "two"]


PART = st.builds(
    Part,
    st.sampled_from(FOLDERS),
    st.frozensets(st.sampled_from(NAMES), max_size=3),
    st.sampled_from(["", "rpath", "runpath"]),
    st.sampled_from(FOLDERS),
)


def system(here: Target, *search: Path) -> System:
    return msgspec.structs.replace(system_for(here), search=tuple(map(str, search)))


@pytest.fixture(scope="module")
def stubs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """What objects are linked against that need these names; each is built anew for every example."""
    forge = Forge(tmp_path_factory.mktemp("stubs"))
    return {name: forge.stub(name) for name in NAMES}


def built(root: Path, parts: dict[str, Part], stubs: dict[str, Path]) -> None:
    forge = Forge(root)
    for name, part in parts.items():
        path = f"$ORIGIN/../{part.leads_to}"
        forge.library(
            root / part.folder / name,
            needs=[stubs[need] for need in sorted(part.needs)],
            rpath=path if part.tag == "rpath" else "",
            runpath=path if part.tag == "runpath" else "",
        )


def really_loaded(entry: Path, *search: Path) -> set[str] | None:
    """File names that this machine's loader has in memory after it opened the entry; none where it gave up."""
    program = "import ctypes, sys; ctypes.CDLL(sys.argv[1]); print(open('/proc/self/maps').read())"
    done = subprocess.run(  # noqa: S603 - the test's own words
        [sys.executable, "-c", program, entry],
        env={**os.environ, "LD_LIBRARY_PATH": ":".join(map(str, search))},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        assert "cannot open shared object file" in done.stderr
        return None
    root = str(entry.parents[1])
    return {line[line.index(root) :] for line in done.stdout.splitlines() if root in line}


def worked_out(load: Load) -> set[str] | None:
    return None if load.missing else {load.entry, *load.reached}


@settings(max_examples=15)
@given(
    parts=st.lists(PART, min_size=len(NAMES), max_size=len(NAMES)).map(
        lambda made: dict(zip(NAMES, made, strict=True))
    ),
    searched=st.lists(st.sampled_from(FOLDERS), max_size=1),
)
def test_it_binds_what_this_machine_s_loader_binds(
    here: Target, stubs: dict[str, Path], parts: dict[str, Part], searched: list[str]
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder).resolve()
        built(root, parts, stubs)
        search = [root / name for name in searched]
        tree = read_tree([Root(root, str(root))])
        loader = Loader(tree, system(here, *search), here.machine)
        entry = root / parts["a.so"].folder / "a.so"
        assert worked_out(loader.load(tree.objects[str(entry)])) == really_loaded(entry, *search)


@pytest.mark.parametrize(
    ("tag", "found"),
    [("rpath", True), ("runpath", False)],
)
def test_an_rpath_is_inherited_and_a_runpath_is_not(
    forge: Forge,
    here: Target,
    tmp_path: Path,
    tag: str,
    found: bool,  # noqa: FBT001 - a table
) -> None:
    far = forge.library(tmp_path / "root" / "libs" / "far.so")
    near = forge.library(tmp_path / "root" / "libs" / "near.so", needs=[far])
    entry = forge.library(tmp_path / "root" / "pkg" / "entry.so", needs=[near], **{tag: "$ORIGIN/../libs"})
    tree = read_tree([Root(tmp_path / "root", str(tmp_path / "root"))])
    load = Loader(tree, system(here), here.machine).load(tree.objects[str(entry)])
    assert load.missing == (() if found else ((str(near), "far.so"),))
    assert (really_loaded(entry) is not None) == found


def same(root: Path, entry: Path, here: Target) -> Load:
    """What was worked out, which is what this machine's loader did."""
    tree = read_tree([Root(root, str(root))])
    load = Loader(tree, system(here), here.machine).load(tree.objects[str(entry)])
    assert worked_out(load) == really_loaded(entry)
    return load


def test_an_object_with_a_runpath_inherits_no_rpath(forge: Forge, here: Target, tmp_path: Path) -> None:
    far = forge.library(tmp_path / "libs" / "far.so")
    near = forge.library(tmp_path / "libs" / "near.so", needs=[far], runpath="$ORIGIN/nowhere")
    entry = forge.library(tmp_path / "pkg" / "entry.so", needs=[near], rpath="$ORIGIN/../libs")
    assert same(tmp_path, entry, here).missing == ((str(near), "far.so"),)


def test_what_is_loaded_already_is_not_looked_for(forge: Forge, here: Target, tmp_path: Path) -> None:
    far = forge.library(tmp_path / "libs" / "far.so")
    near = forge.library(tmp_path / "libs" / "near.so", needs=[far])
    entry = forge.library(tmp_path / "pkg" / "entry.so", needs=[near, far], runpath="$ORIGIN/../libs")
    assert same(tmp_path, entry, here).missing == ()


def test_of_two_of_one_name_the_first_in_breadth_serves_all(forge: Forge, here: Target, tmp_path: Path) -> None:
    x = forge.stub("x.so")
    for folder in ("one", "two"):
        forge.library(tmp_path / folder / "x.so")
    b = forge.library(tmp_path / "b.so", needs=[x], runpath="$ORIGIN/one")
    c = forge.library(tmp_path / "c.so", needs=[x], runpath="$ORIGIN/two")
    entry = forge.library(tmp_path / "entry.so", needs=[b, c], runpath="$ORIGIN")
    assert same(tmp_path, entry, here).reached == {str(b), str(c), str(tmp_path / "one" / "x.so")}


def test_a_library_through_a_link_is_looked_for_from_where_the_link_lies(
    forge: Forge, here: Target, tmp_path: Path
) -> None:
    root = tmp_path / "root"
    far = forge.library(root / "links" / "far.so")
    forge.library(root / "real" / "near.so", needs=[far], runpath="$ORIGIN")
    (root / "links" / "near.so").symlink_to("../real/near.so")
    entry = forge.library(root / "pkg" / "entry.so", needs=[forge.stub("near.so")], runpath="${ORIGIN}/../links")
    tree = read_tree([Root(root, str(root))])
    load = Loader(tree, system(here), here.machine).load(tree.objects[str(entry)])
    assert worked_out(load) == really_loaded(entry) == {str(entry), str(far), str(root / "real" / "near.so")}


def bare(objects: dict[str, Elf], links: dict[str, str] | None = None) -> Tree:
    return Tree(
        mounts=("/var/task",),
        files=len(objects),
        objects=objects,
        links=links or {},
        wheels=(),
        misnamed=(),
        unread={},
    )


def elf(path: str, *needed: str, machine: str = "x86_64", **facts: tuple[str, ...]) -> Elf:
    return Elf(path=path, machine=machine, form="library", needed=needed, **facts)  # type: ignore[arg-type]  # any field by its name


AMD64 = Target(python="3.13", platform="linux/amd64")


def test_lambda_s_search_path_leads_to_the_artifact_and_its_layers() -> None:
    objects = {path: elf(path) for path in ("/var/task/libx.so", "/var/task/lib/liby.so", "/opt/lib/libz9.so")}
    entry = elf("/var/task/pkg/m.so", "libx.so", "liby.so", "libz9.so")
    load = Loader(bare({**objects, entry.path: entry}), system_for(AMD64), "x86_64").load(entry)
    assert (load.reached, load.missing) == (frozenset(objects), ())


def test_the_system_s_own_comes_before_a_newer_one_in_a_layer() -> None:
    newer, entry = elf("/opt/lib/libstdc++.so.6"), elf("/var/task/m.so", "libstdc++.so.6")
    load = Loader(bare({newer.path: newer, entry.path: entry}), system_for(AMD64), "x86_64").load(entry)
    assert isinstance(load.bonds[0].by, System)


def test_an_rpath_comes_before_the_system() -> None:
    newer = elf("/var/task/pkg.libs/libstdc++.so.6")
    entry = elf("/var/task/pkg/m.so", "libstdc++.so.6", rpath=("$ORIGIN/../pkg.libs",))
    load = Loader(bare({newer.path: newer, entry.path: entry}), system_for(AMD64), "x86_64").load(entry)
    assert load.bonds[0].by == newer


def test_a_file_of_another_machine_is_passed_over() -> None:
    wrong, right = elf("/var/task/liba.so", machine="aarch64"), elf("/opt/lib/liba.so")
    entry = elf("/var/task/m.so", "liba.so")
    load = Loader(bare({one.path: one for one in (wrong, right, entry)}), system_for(AMD64), "x86_64").load(entry)
    assert load.reached == {"/opt/lib/liba.so"}


def test_a_need_with_a_folder_is_a_path() -> None:
    beside, entry = elf("/var/task/pkg/b.so"), elf("/var/task/pkg/m.so", "$ORIGIN/b.so", "pkg/gone.so")
    load = Loader(bare({beside.path: beside, entry.path: entry}), system_for(AMD64), "x86_64").load(entry)
    assert (load.reached, load.missing) == (frozenset({"/var/task/pkg/b.so"}), (("/var/task/pkg/m.so", "pkg/gone.so"),))


def test_a_link_in_a_circle_is_no_library() -> None:
    entry = elf("/var/task/m.so", "liba.so")
    tree = bare({entry.path: entry}, {"/var/task/liba.so": "libb.so", "/var/task/libb.so": "liba.so"})
    assert Loader(tree, system_for(AMD64), "x86_64").load(entry).missing == (("/var/task/m.so", "liba.so"),)


def test_libraries_that_need_each_other_end() -> None:
    one, two = elf("/var/task/lib/liba.so", "libb.so"), elf("/var/task/lib/libb.so", "liba.so")
    load = Loader(bare({one.path: one, two.path: two}), system_for(AMD64), "x86_64").load(one)
    assert (load.reached, load.missing) == (frozenset({two.path}), ())
