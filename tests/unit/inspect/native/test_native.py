"""The whole check, on objects really built, each wrong in one way."""

from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
from fakes.forge import Forge

from lockage.inspect.native import NativeInspection, Remark, Target
from lockage.inspect.native.systems import system_for

Inspect = Callable[..., NativeInspection]


def only(inspection: NativeInspection) -> Remark:
    (remark,) = inspection.remarks
    return remark


def said(inspection: NativeInspection) -> Mapping[str, str]:
    """What was said, by file name."""
    return {Path(one.path).name: f"{one.weight}: {one.sentence}" for one in inspection.remarks}


def test_no_native_code_is_said_so(task: Path, inspect: Inspect) -> None:
    (task / "handler.py").write_text("def handler(event, context): ...\n")
    inspection = inspect()
    assert inspection.pure
    assert (inspection.objects, inspection.glibc, inspection.remarks) == (0, "", ())
    assert inspection.summary() == "no native code among 1 file: pure Python"


def test_what_fits_is_counted_and_passes(task: Path, forge: Forge, inspect: Inspect, here: Target) -> None:
    libc = [forge.stub("libc.so.6", "GLIBC_2.17"), forge.stub("libm.so.6", "GLIBC_2.29")]
    forge.library(task / "pkg" / f"m.{here.extension}.so", needs=libc)
    forge.library(task / "pkg" / "n.abi3.so", needs=libc[:1])
    inspection = inspect()
    assert (inspection.objects, inspection.glibc, inspection.glibc_offered) == (2, "2.29", "2.34")
    assert inspection.remarks == ()
    assert not inspection.pure
    assert inspection.summary() == "2 native objects, need GLIBC 2.29; Amazon Linux 2023 has 2.34"


def test_code_for_another_machine(task: Path, forge: Forge, inspect: Inspect, here: Target, elsewhere: Target) -> None:
    forge.library(task / "m.so")
    remark = only(inspect(target=elsewhere))
    assert (remark.kind, remark.weight, remark.needs) == ("machine", "mistake", here.machine)
    assert remark.has == f"{elsewhere.platform} is {system_for(elsewhere).isa}"
    assert remark.remedy.startswith(f"fetch or build its package for {elsewhere.platform}")


def test_instructions_that_lambda_does_not_promise(task: Path, forge: Forge, inspect: Inspect, here: Target) -> None:
    if here.machine != "x86_64":
        pytest.skip("levels of the instruction set are x86's")
    forge.library(task / "m.so", flags=["-Wl,-z,x86-64-v4"])
    forge.library(task / "fine.so", flags=["-Wl,-z,x86-64-v3"])
    assert said(inspect()) == {"m.so": "mistake: needs the instructions of x86_64_v4; linux/amd64 is x86_64_v3"}


@pytest.mark.parametrize(
    ("library", "version", "needs", "has"),
    [
        ("libc.so.6", "GLIBC_2.35", "GLIBC_2.35 of libc.so.6", "GLIBC_2.34"),
        ("libm.so.6", "GLIBC_2.38", "GLIBC_2.38 of libm.so.6", "GLIBC_2.34"),
        ("libc.so.6", "GLIBC_ABI_DT_RELR", "GLIBC_ABI_DT_RELR of libc.so.6", "GLIBC_2.34"),
        ("libstdc++.so.6", "GLIBCXX_3.4.30", "GLIBCXX_3.4.30 of libstdc++.so.6", "GLIBCXX_3.4.29"),
        ("libstdc++.so.6", "CXXABI_1.3.14", "CXXABI_1.3.14 of libstdc++.so.6", "CXXABI_1.3.13"),
        ("libgcc_s.so.1", "GCC_14.0.0", "GCC_14.0.0 of libgcc_s.so.1", "GCC_"),
        ("libcrypto.so.3", "OPENSSL_3.4.0", "OPENSSL_3.4.0 of libcrypto.so.3", "OPENSSL_3.0.8"),
    ],
)
def test_a_symbol_that_is_too_new(
    task: Path, forge: Forge, inspect: Inspect, library: str, version: str, needs: str, has: str
) -> None:
    forge.library(task / "m.so", needs=[forge.stub(library, version)])
    remark = only(inspect())
    assert (remark.kind, remark.weight, remark.needs) == ("version", "mistake", needs)
    assert remark.has.startswith(f"Amazon Linux 2023 has {has}")
    assert "manylinux_2_34" in remark.remedy


def test_of_several_symbols_the_newest_is_named(task: Path, forge: Forge, inspect: Inspect) -> None:
    forge.library(task / "m.so", needs=[forge.stub("libc.so.6", "GLIBC_2.17", "GLIBC_2.35", "GLIBC_2.40")])
    inspection = inspect()
    assert inspection.glibc == "2.40"
    assert only(inspection).needs == "GLIBC_2.40 of libc.so.6"


@pytest.mark.parametrize(("version", "fits"), [("3.4.24", True), ("3.4.25", False)])
def test_the_older_system_has_older_symbols(
    task: Path,
    forge: Forge,
    inspect: Inspect,
    here: Target,
    version: str,
    fits: bool,  # noqa: FBT001 - a table
) -> None:
    forge.library(task / "m.so", needs=[forge.stub("libstdc++.so.6", f"GLIBCXX_{version}")])
    older = Target(python="3.11", platform=here.platform)
    assert bool(inspect(target=older).mistakes) is not fits
    assert not inspect(target=here).remarks


def test_a_symbol_of_the_loader_itself_that_is_too_new(
    task: Path, forge: Forge, inspect: Inspect, here: Target
) -> None:
    loader = Path(system_for(here).interpreter).name
    forge.library(task / "m.so", needs=[forge.stub(loader, "GLIBC_2.35")])
    assert said(inspect()) == {"m.so": f"mistake: needs GLIBC_2.35 of {loader}; Amazon Linux 2023 has GLIBC_2.34"}


def test_symbols_nobody_wrote_down_are_a_doubt(task: Path, forge: Forge, inspect: Inspect) -> None:
    forge.library(task / "m.so", needs=[forge.stub("libtinfo.so.6", "NCURSES6_TINFO_5.0.19991023")])
    remark = only(inspect())
    assert (remark.kind, remark.weight) == ("version", "doubt")


def test_a_library_that_is_nowhere(task: Path, forge: Forge, inspect: Inspect) -> None:
    forge.library(task / "m.so", needs=[forge.stub("libexpat.so.1")])
    remark = only(inspect())
    assert (remark.kind, remark.weight, remark.needs) == ("library", "mistake", "libexpat.so.1")
    assert remark.has == "neither the artifact nor Amazon Linux 2023 has it"
    assert "take a wheel that bundles what it needs" in remark.remedy


def test_a_library_that_only_the_image_is_known_to_have(task: Path, forge: Forge, inspect: Inspect) -> None:
    forge.library(task / "m.so", needs=[forge.stub("libsqlite3.so.0")])
    remark = only(inspect())
    assert (remark.kind, remark.weight, remark.needs) == ("library", "doubt", "libsqlite3.so.0")
    assert remark.has == "the image of Amazon Linux 2023 has it, Lambda's managed runtime may not"


def test_another_python_s_own_library(task: Path, forge: Forge, inspect: Inspect) -> None:
    forge.library(task / "old.so", needs=[forge.stub("libpython3.12.so.1.0")])
    forge.library(task / "own.so", needs=[forge.stub("libpython3.13.so.1.0")])
    assert list(said(inspect())) == ["old.so"]


def test_a_library_in_a_layer_is_found(task: Path, forge: Forge, inspect: Inspect, tmp_path: Path) -> None:
    library = forge.library(tmp_path / "layer" / "lib" / "libx.so.1")
    forge.library(task / "m.so", needs=[library])
    assert not inspect(tmp_path / "layer").remarks
    assert inspect().mistakes


def test_a_bundled_library_is_found_from_origin(task: Path, forge: Forge, inspect: Inspect) -> None:
    fortran = forge.library(task / "pkg.libs" / "libfortran-1a2b.so.5")
    blas = forge.library(task / "pkg.libs" / "libblas-3c4d.so", needs=[fortran], runpath="$ORIGIN")
    forge.library(task / "pkg" / "core" / "m.so", needs=[blas], runpath="$ORIGIN/../../pkg.libs")
    inspection = inspect()
    assert (inspection.objects, inspection.remarks) == (3, ())


def test_a_bundled_library_where_the_loader_does_not_look(task: Path, forge: Forge, inspect: Inspect) -> None:
    blas = forge.library(task / "pkg.libs" / "libblas-3c4d.so")
    forge.library(task / "pkg" / "core" / "m.so", needs=[blas], runpath="$ORIGIN/../pkg.libs")
    remark = only(inspect())
    assert (remark.path, remark.kind, remark.weight) == ("/var/task/pkg/core/m.so", "library", "mistake")
    assert remark.has == "it lies at /var/task/pkg.libs/libblas-3c4d.so, where the loader does not look"
    assert remark.remedy == "give what needs it a RUNPATH that leads from $ORIGIN to its folder"


def test_a_runpath_does_not_serve_what_it_brings_in(task: Path, forge: Forge, inspect: Inspect) -> None:
    fortran = forge.library(task / "pkg.libs" / "libfortran.so.5")
    blas = forge.library(task / "pkg.libs" / "libblas.so", needs=[fortran])
    module = forge.library(task / "pkg" / "m.so", needs=[blas], runpath="$ORIGIN/../pkg.libs")
    assert list(said(inspect())) == ["libblas.so"]
    forge.library(module, needs=[blas], rpath="$ORIGIN/../pkg.libs")
    assert not inspect().remarks


def test_an_extension_is_held_by_itself_though_another_brings_it_in(task: Path, forge: Forge, inspect: Inspect) -> None:
    library = forge.library(task / "libs" / "libx.so")
    inner = forge.library(task / "pkg" / "inner.abi3.so", needs=[library])
    forge.library(task / "pkg" / "outer.abi3.so", needs=[inner], rpath="$ORIGIN:$ORIGIN/../libs")
    assert list(said(inspect())) == ["inner.abi3.so"]


def test_what_another_module_brings_in_first_is_a_note(task: Path, forge: Forge, inspect: Inspect) -> None:
    library = forge.library(task / "torch" / "lib" / "libtorch.so")
    forge.library(task / "torch" / "_C.abi3.so", needs=[library], runpath="$ORIGIN/lib")
    forge.library(task / "vision" / "_C.abi3.so", needs=[library])
    remark = only(inspect())
    assert (remark.path, remark.kind, remark.weight) == ("/var/task/vision/_C.abi3.so", "order", "note")
    assert "only if another module that brings it in was imported first" in remark.has


def test_the_system_s_library_shadows_a_newer_one_in_a_layer(
    task: Path, forge: Forge, inspect: Inspect, tmp_path: Path
) -> None:
    newer = forge.stub("libstdc++.so.6", "GLIBCXX_3.4.32")
    (tmp_path / "layer" / "lib").mkdir(parents=True)
    (tmp_path / "layer" / "lib" / newer.name).write_bytes(newer.read_bytes())
    module = forge.library(task / "m.so", needs=[newer])
    expected = "mistake: needs GLIBCXX_3.4.32 of libstdc++.so.6; Amazon Linux 2023 has GLIBCXX_3.4.29"
    assert said(inspect(tmp_path / "layer")) == {"m.so": expected}
    forge.library(module, needs=[newer], runpath="/opt/lib")  # comes after LD_LIBRARY_PATH all the same
    assert said(inspect(tmp_path / "layer")) == {"m.so": expected}
    forge.library(module, needs=[newer], rpath="/opt/lib")
    assert not inspect(tmp_path / "layer").remarks


def test_a_bundled_library_must_define_what_is_asked_of_it(task: Path, forge: Forge, inspect: Inspect) -> None:
    asked = forge.stub("libacme.so.1", "ACME_2")
    older = forge.stub("libacme.so.1", "ACME_1")
    module = forge.library(task / "m.so", needs=[asked], runpath="$ORIGIN")
    bundled = task / "libacme.so.1"
    bundled.write_bytes(older.read_bytes())
    assert said(inspect()) == {
        module.name: "mistake: needs ACME_2 of libacme.so.1; /var/task/libacme.so.1 does not define it"
    }
    bundled.write_bytes(asked.read_bytes())
    assert not inspect().remarks
    bundled.write_bytes(forge.stub("libacme.so.1").read_bytes())  # without versions it suits everybody
    assert not inspect().remarks


def test_an_extension_for_another_python(task: Path, forge: Forge, inspect: Inspect, here: Target) -> None:
    other = here.extension.replace("313", "312")
    forge.library(task / "pydantic_core" / f"_pydantic_core.{other}.so")
    (task / "pydantic_core" / "_pydantic_core.pyi").write_text("")
    remark = only(inspect())
    assert (remark.kind, remark.weight) == ("python", "mistake")
    assert remark.needs == f"the Python that imports {other}"
    assert remark.has == f"python3.13 on {here.platform} imports {here.extension}, abi3 and unmarked ones"
    assert remark.remedy == "fetch the wheels for Python 3.13, not for the Python that packs them"


@pytest.mark.parametrize(
    "mark",
    [
        "cpython-313-riscv64-linux-gnu",
        "cpython-313t-x86_64-linux-gnu",
        "cpython-313-x86_64-linux-musl",
        "cpython-313-darwin",
        "pypy311-pp73-x86_64-linux-gnu",
    ],
)
def test_an_extension_of_which_only_the_name_is_wrong(task: Path, forge: Forge, inspect: Inspect, mark: str) -> None:
    forge.library(task / f"m.{mark}.so")
    assert only(inspect()).kind == "python"


@pytest.mark.parametrize("mark", [".{own}", ".abi3", ""])
def test_an_extension_for_another_python_beside_the_right_one_is_a_note(
    task: Path, forge: Forge, inspect: Inspect, here: Target, mark: str
) -> None:
    fitting = f"m{mark.format(own=here.extension)}.so"
    forge.library(task / fitting)
    forge.library(task / f"m.{here.extension.replace('313', '312')}.so")
    remark = only(inspect())
    assert remark.weight == "note"
    assert remark.has.endswith(f"; {fitting} beside it is")


@pytest.mark.parametrize("name", ["m.abi3.so", "m.so", "libm-1.2.so.3"])
def test_a_name_that_every_python_takes(task: Path, forge: Forge, inspect: Inspect, name: str) -> None:
    forge.library(task / name)
    assert not inspect().remarks


def test_a_wheel_for_something_else(task: Path, inspect: Inspect, here: Target) -> None:
    for name, tag in (("fits", "py3-none-any"), ("not", "cp312-cp312-manylinux_2_17_riscv64"), ("says-nothing", "")):
        (task / f"{name}-1.dist-info").mkdir()
        (task / f"{name}-1.dist-info" / "WHEEL").write_text(f"Wheel-Version: 1.0\n{tag and f'Tag: {tag}'}\n")
    wrong, silent = inspect().remarks
    assert (wrong.path, wrong.weight) == ("/var/task/not-1.dist-info/WHEEL", "mistake")
    assert wrong.has == f"it says cp312-cp312-manylinux_2_17_riscv64, which python3.13 on {here.platform} is not"
    assert (silent.path, silent.weight) == ("/var/task/says-nothing-1.dist-info/WHEEL", "doubt")


@pytest.mark.parametrize(
    ("written", "wrong"),
    [
        ("/etc/passwd", "the link leads to /etc/passwd, out of the artifact"),
        ("../../../etc", "the link leads to /etc, out of the artifact"),
        ("../x/again", "the link leads round in a circle"),
        ("../handler.py", ""),
        ("/var/task/handler.py", ""),
        ("/opt/python", "the link leads to /opt/python, out of the artifact"),
    ],
)
def test_links_that_lead_astray_are_named(task: Path, inspect: Inspect, written: str, wrong: str) -> None:
    (task / "handler.py").write_text("")
    (task / "x").mkdir()
    (task / "x" / "again").symlink_to(written)
    assert said(inspect()) == ({"again": f"mistake: {wrong}"} if wrong else {})


def test_a_link_from_the_function_into_its_layers_stays_inside(task: Path, inspect: Inspect, tmp_path: Path) -> None:
    (tmp_path / "layer").mkdir()
    (task / "shared").symlink_to("/opt/python")
    assert not inspect(tmp_path / "layer").remarks


def test_a_damaged_object_is_a_doubt(task: Path, forge: Forge, inspect: Inspect) -> None:
    whole = forge.library(task / "libx.so")
    forge.library(task / "m.so", needs=[whole])
    whole.write_bytes(whole.read_bytes()[:40])
    inspection = inspect()
    assert inspection.objects == 2
    remark = only(inspection)
    assert (remark.path, remark.kind, remark.weight) == ("/var/task/libx.so", "file", "doubt")
    assert remark.has.startswith("it cannot be parsed as ELF (")


def test_of_a_damaged_object_is_said_what_is_known(
    task: Path, forge: Forge, inspect: Inspect, elsewhere: Target
) -> None:
    path = forge.library(task / "m.so", needs=[forge.stub("libc.so.6", "GLIBC_2.17")])
    content = bytearray(path.read_bytes())
    content[0x28:0x30], content[0x3C:0x40] = bytes(8), bytes(4)  # no section headers
    path.write_bytes(content)
    assert [one.kind for one in inspect().remarks] == ["file"]
    assert [one.kind for one in inspect(target=elsewhere).remarks] == ["file", "machine"]


def test_a_text_named_as_a_shared_object_is_a_doubt(task: Path, inspect: Inspect) -> None:
    (task / "libx.so.1").write_text("version https://git-lfs.github.com/spec/v1\n")
    assert said(inspect()) == {"libx.so.1": "doubt: it is named as a shared object and is not ELF"}


def test_a_program_that_asks_for_another_loader(task: Path, forge: Forge, inspect: Inspect, here: Target) -> None:
    forge.program(task / "bin" / "alpine", interpreter="/lib/ld-musl-x86_64.so.1")
    forge.program(task / "bin" / "own", interpreter=system_for(here).interpreter)
    remark = only(inspect())
    assert (remark.path, remark.kind, remark.needs) == (
        "/var/task/bin/alpine",
        "interpreter",
        "/lib/ld-musl-x86_64.so.1",
    )


def test_a_program_may_bring_its_own_loader(task: Path, forge: Forge, inspect: Inspect, tmp_path: Path) -> None:
    forge.program(task / "bin" / "own", interpreter="/opt/lib/ld.so.1")
    assert inspect().mistakes
    forge.library(tmp_path / "layer" / "lib" / "ld.so.1")
    assert not inspect(tmp_path / "layer").remarks


def test_an_object_file_for_any_machine_harms_nobody(
    task: Path, forge: Forge, inspect: Inspect, elsewhere: Target
) -> None:
    forge.relocatable(task / "include" / "stub.o")
    inspection = inspect(target=elsewhere)
    assert (inspection.objects, inspection.remarks) == (1, ())


def test_libraries_that_only_bring_in_each_other_are_held_too(task: Path, forge: Forge, inspect: Inspect) -> None:
    forge.library(task / "liba.so", needs=[forge.stub("libb.so"), forge.stub("libgone.so")])
    forge.library(task / "libb.so", needs=[forge.stub("liba.so")])
    assert list(said(inspect())) == ["liba.so"]


def test_everything_is_said_at_once(task: Path, forge: Forge, inspect: Inspect, here: Target) -> None:
    forge.library(task / "a.so", needs=[forge.stub("libc.so.6", "GLIBC_2.39"), forge.stub("libgone.so.1")])
    forge.library(task / f"b.{here.extension.replace('313', '39')}.so")
    (task / "c").symlink_to("c")
    assert [(Path(one.path).name.partition(".")[0], one.kind) for one in inspect().mistakes] == [
        ("a", "library"),
        ("a", "version"),
        ("b", "python"),
        ("c", "link"),
    ]
