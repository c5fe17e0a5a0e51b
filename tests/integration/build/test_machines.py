"""One lock as a zip for each machine: native code of the one that it is for, bytecode of the runtime's Python."""

import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from fakes.zip_project import ZipProject

pytestmark = pytest.mark.docker

NATIVE = Path(__file__).parents[1] / "inspect" / "native.txt"
PLATFORMS = {"x86": "linux/amd64", "arm": "linux/arm64"}
MACHINES = {"x86": 62, "arm": 183}
"""``e_machine`` of an ELF header (https://www.sco.com/developers/gabi/latest/ch4.eheader.html)."""

UNCHECKED_HASH = 1
MAGIC_3_13 = (3571).to_bytes(2, "little") + b"\r\n"


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ZipProject]:
    """Both zips, built with nothing prepared."""
    folder = tmp_path_factory.mktemp("machines")
    text = NATIVE.read_text()
    made = ZipProject(folder / "project", text[text.index("pydantic-core==") :], PLATFORMS)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LOCKAGE_CACHE", str(folder / "cache"))
        made.lockage("build")
        yield made


def files(project: ZipProject, name: str, ending: str) -> dict[str, bytes]:
    with zipfile.ZipFile(project.dist.archive(name)) as archive:
        return {one: archive.read(one) for one in archive.namelist() if one.endswith(ending)}


@pytest.mark.parametrize("name", PLATFORMS)
def test_native_code_is_for_the_machine(project: ZipProject, name: str) -> None:
    assert project.dist.read_artifact(name).platform == PLATFORMS[name]
    objects = files(project, name, ".so")
    assert len(objects) == 1
    for content in objects.values():
        assert content.startswith(b"\x7fELF")
        assert int.from_bytes(content[18:20], "little") == MACHINES[name]


@pytest.mark.parametrize("name", PLATFORMS)
def test_bytecode_is_of_the_runtime_s_python_and_never_checked(project: ZipProject, name: str) -> None:
    bytecode = files(project, name, ".pyc")
    modules = [path for path in files(project, name, ".py") if not path.startswith("api/")]
    assert len(bytecode) == len(modules) > 0
    for path, content in bytecode.items():
        assert content[:4] == MAGIC_3_13, path
        assert int.from_bytes(content[4:8], "little") == UNCHECKED_HASH, path


def test_pure_python_is_the_same_for_both(project: ZipProject) -> None:
    assert files(project, "x86", ".py") == files(project, "arm", ".py")
    assert files(project, "x86", ".pyc") == files(project, "arm", ".pyc")
