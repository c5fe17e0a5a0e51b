"""Unpacking as Lambda does: in the real place, every byte held to the archive's hash, nothing led outside."""

import hashlib
import os
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Literal

import pytest
from fakes.archives import SOURCES, Package, put_archive
from msgspec.structs import replace

from lockage.build.archive import entry, write
from lockage.model.dist import DistDir
from lockage.oci.layout import hash_file
from lockage.tools.unpack import Archived, UnpackError, home, unpack

SIX = Package(name="six", version="1.17.0")


@pytest.fixture
def dist(tmp_path: Path) -> DistDir:
    return DistDir(tmp_path / "project" / "dist")


def test_a_zip_lies_in_the_task_root_and_a_layer_under_opt(dist: DistDir, tmp_path: Path) -> None:
    kinds: tuple[tuple[Literal["zip", "layer"], str], ...] = (("zip", "var/task"), ("layer", "opt/python"))
    for kind, place in kinds:
        artifact = put_archive(dist, kind, [SIX], kind=kind)
        hashes = unpack(artifact, dist.archive(kind), tmp_path / kind)
        assert home(artifact) == place
        wanted = {f"{place}/{path}": content for path, content in {**SOURCES, **SIX.installed()}.items()}
        found = {path: (tmp_path / kind / path).read_bytes() for path in hashes}
        assert found == wanted
        assert hashes == {path: hashlib.sha256(content).hexdigest() for path, content in wanted.items()}


def test_what_nobody_wants_is_hashed_and_not_written(dist: DistDir, tmp_path: Path) -> None:
    members = [entry("a.so", b"\x7fELF"), entry("b.py", b"B = 1\n")]
    artifact = changed(put_archive(dist, "zip"), dist, lambda path: write(path, members))
    hashes = unpack(artifact, dist.archive("zip"), tmp_path / "root", lambda _, content: content.startswith(b"\x7f"))
    assert set(hashes) == {"var/task/a.so", "var/task/b.py"}
    assert [path.name for path in (tmp_path / "root").rglob("*") if path.is_file()] == ["a.so"]


def test_what_is_executable_stays_so(dist: DistDir, tmp_path: Path) -> None:
    artifact = changed(put_archive(dist, "zip"), dist, lambda path: write(path, [entry("tool", b"1", executable=True)]))
    unpack(artifact, dist.archive("zip"), tmp_path / "root")
    assert os.access(tmp_path / "root" / "var" / "task" / "tool", os.X_OK)


def test_an_empty_archive_is_an_empty_folder(dist: DistDir, tmp_path: Path) -> None:
    artifact = changed(put_archive(dist, "zip"), dist, lambda path: write(path, []))
    assert unpack(artifact, dist.archive("zip"), tmp_path / "root") == {}
    assert (tmp_path / "root").is_dir()


def changed(artifact: Archived, dist: DistDir, rewrite: Callable[[Path], object]) -> Archived:
    """An artifact of another archive, as if that had been built."""
    rewrite(dist.archive(artifact.name))
    return replace(artifact, digest=hash_file(dist.archive(artifact.name)))


def test_an_archive_with_other_bytes_is_refused(dist: DistDir, tmp_path: Path) -> None:
    artifact = put_archive(dist, "shop", [SIX])
    put_archive(dist, "shop")
    with pytest.raises(UnpackError) as caught:
        unpack(artifact, dist.archive("shop"), tmp_path / "root")
    assert caught.value.what == "the archive of shop cannot be looked into"
    assert caught.value.why.endswith(f"but built was {artifact.digest}")
    assert caught.value.remedy == "build it again: ./noxw -s build -- shop"
    assert not (tmp_path / "root").exists()


def test_an_archive_that_is_not_there_is_refused(dist: DistDir, tmp_path: Path) -> None:
    artifact = put_archive(dist, "shop")
    dist.archive("shop").unlink()
    with pytest.raises(UnpackError) as caught:
        unpack(artifact, dist.archive("shop"), tmp_path / "root")
    assert "No such file or directory" in caught.value.why


def _no_archive(path: Path) -> None:
    path.write_bytes(b"no zip at all")


def _outside(path: Path) -> None:
    with zipfile.ZipFile(path, "w") as made:
        made.writestr("../evil.py", "")


def _absolute(path: Path) -> None:
    with zipfile.ZipFile(path, "w") as made:
        made.writestr("/etc/evil.py", "")


def _link(path: Path) -> None:
    with zipfile.ZipFile(path, "w") as made:
        member = zipfile.ZipInfo("link")
        member.external_attr = 0o120777 << 16
        made.writestr(member, "/etc/passwd")


def _folder(path: Path) -> None:
    with zipfile.ZipFile(path, "w") as made:
        made.mkdir("folder")


def _damaged(path: Path) -> None:
    write(path, [entry("a.py", b"x = 1\n" * 100)])
    content = bytearray(path.read_bytes())
    content[40] ^= 0xFF
    path.write_bytes(content)


REFUSED = {
    "no archive": (_no_archive, "not a zip file"),
    "outside": (_outside, "../evil.py is no plain file with a plain name"),
    "absolute": (_absolute, "/etc/evil.py is no plain file with a plain name"),
    "link": (_link, "link is no plain file with a plain name"),
    "folder": (_folder, "folder/ is no plain file with a plain name"),
    "damaged": (_damaged, ""),
}


@pytest.mark.parametrize("how", REFUSED)
def test_what_could_land_elsewhere_or_is_damaged_is_refused(how: str, dist: DistDir, tmp_path: Path) -> None:
    rewrite, why = REFUSED[how]
    artifact = changed(put_archive(dist, "shop"), dist, rewrite)
    with pytest.raises(UnpackError) as caught:
        unpack(artifact, dist.archive("shop"), tmp_path / "root")
    assert why in caught.value.why
    assert not (tmp_path / "evil.py").exists()


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_two_files_of_one_name_are_refused(dist: DistDir, tmp_path: Path) -> None:
    def twice(path: Path) -> None:
        with zipfile.ZipFile(path, "w") as made:
            made.writestr("a.py", "1")
            made.writestr("a.py", "2")

    artifact = changed(put_archive(dist, "shop"), dist, twice)
    with pytest.raises(UnpackError) as caught:
        unpack(artifact, dist.archive("shop"), tmp_path / "root")
    assert caught.value.why == "a.py is in it twice"
