import io
import platform
from pathlib import Path

import pytest
from fakes.forge import Forge
from hypothesis import given
from hypothesis import strategies as st

from lockage.inspect.native import Target
from lockage.inspect.native.elf import read_elf
from lockage.inspect.native.facts import Elf


def read(path: Path) -> Elf:
    return read_elf(str(path), io.BytesIO(path.read_bytes()))


def test_an_object_s_headers_are_facts(forge: Forge, here: Target, tmp_path: Path) -> None:
    libm, libx = forge.stub("libm.so.6", "GLIBC_2.29"), forge.stub("libx.so.1")
    path = forge.library(tmp_path / "m.so", needs=[libm, libx], soname="libm-own.so.3", runpath="$ORIGIN/../l:/opt/lib")
    assert read(path) == Elf(
        path=str(path),
        machine=here.machine,
        isa=here.machine,
        form="library",
        soname="libm-own.so.3",
        needed=("libm.so.6", "libx.so.1"),
        runpath=("$ORIGIN/../l", "/opt/lib"),
        requires=(("libm.so.6", "GLIBC_2.29"),),
    )


def test_an_rpath_counts_where_no_runpath_stands_beside_it(forge: Forge, tmp_path: Path) -> None:
    assert read(forge.library(tmp_path / "m.so", rpath="$ORIGIN:/a")).rpath == ("$ORIGIN", "/a")


def test_a_runpath_makes_an_rpath_beside_it_void(forge: Forge, tmp_path: Path) -> None:
    path = forge.library(tmp_path / "m.so", runpath="$ORIGIN/run", flags=["-Wl,--audit,$ORIGIN/r"])
    audit, rpath = (tag.to_bytes(8, "little") for tag in (0x6FFFFEFC, 15))  # no linker writes both by itself any more
    content = path.read_bytes()
    assert content.count(audit) == 1
    elf = read_elf("m.so", io.BytesIO(content.replace(audit, rpath)))
    assert (elf.rpath, elf.runpath) == ((), ("$ORIGIN/run",))


def test_versions_of_its_own_are_read(forge: Forge) -> None:
    assert read(forge.stub("libacme.so.1", "ACME_1", "ACME_2")).defines >= {"ACME_1", "ACME_2"}


def test_what_is_needed_of_the_loader_itself_counts(forge: Forge, tmp_path: Path) -> None:
    loader = forge.stub("ld-linux-x86-64.so.2", "GLIBC_2.35")
    path = forge.library(tmp_path / "m.so", needs=[loader])
    assert read(path).requires == (("ld-linux-x86-64.so.2", "GLIBC_2.35"),)


def test_a_program_has_an_interpreter(forge: Forge, tmp_path: Path) -> None:
    program = read(forge.program(tmp_path / "p", interpreter="/lib/ld-musl-x86_64.so.1"))
    assert (program.form, program.interpreter) == ("program", "/lib/ld-musl-x86_64.so.1")


def test_an_object_file_is_never_loaded(forge: Forge, tmp_path: Path) -> None:
    assert read(forge.relocatable(tmp_path / "m.o")).form == "other"


@pytest.mark.skipif(platform.machine() != "x86_64", reason="levels of the instruction set are x86's")
def test_the_instruction_set_it_says_it_needs(forge: Forge, tmp_path: Path) -> None:
    path = forge.library(tmp_path / "m.so", flags=["-Wl,-z,x86-64-v4"])
    assert read(path).isa == "x86_64_v4"


@pytest.mark.skipif(platform.machine() != "x86_64", reason="only x86's compiler makes code for 32 bits on the side")
def test_another_machine_goes_by_its_header_s_name(forge: Forge, tmp_path: Path) -> None:
    assert read(forge.library(tmp_path / "m.so", flags=["-m32"])).machine == "EM_386 (32-bit)"


def test_stripped_section_headers_are_trouble_not_the_absence_of_needs(forge: Forge, tmp_path: Path) -> None:
    path = forge.library(tmp_path / "m.so", needs=[forge.stub("libc.so.6", "GLIBC_2.99")])
    content = bytearray(path.read_bytes())
    content[0x28:0x30] = bytes(8)  # e_shoff
    content[0x3C:0x40] = bytes(4)  # e_shnum, e_shstrndx
    elf = read_elf("m.so", io.BytesIO(bytes(content)))
    assert elf.needed == ("libc.so.6",)
    assert elf.trouble == "its section headers are stripped, so which symbol versions it needs cannot be read"


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    folder = tmp_path_factory.mktemp("whole")
    forge = Forge(folder / "forge")
    needs = [forge.stub("libc.so.6", "GLIBC_2.34"), forge.stub("libx.so.1")]
    return forge.library(folder / "m.so", needs=needs, runpath="$ORIGIN").read_bytes()


@given(data=st.data())
def test_a_damaged_object_is_read_or_in_trouble_and_never_worse(whole: bytes, data: st.DataObject) -> None:
    content = bytearray(whole[: data.draw(st.integers(8, len(whole)))])
    for _ in range(data.draw(st.integers(0, 6))):
        content[data.draw(st.integers(4, len(content) - 1))] = data.draw(st.integers(0, 255))
    elf = read_elf("m.so", io.BytesIO(bytes(content)))
    assert elf.path == "m.so"
    assert elf.trouble or elf.machine


def test_half_an_object_is_in_trouble(whole: bytes) -> None:
    for size in (4, 20, 63, 64, len(whole) // 4):
        assert read_elf("m.so", io.BytesIO(whole[:size])).trouble.startswith("it cannot be parsed as ELF (")
