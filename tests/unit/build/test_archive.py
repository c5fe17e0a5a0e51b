import io
import os
import threading
import zipfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lockage.build.archive import ArchiveError, Entry, entry, write
from lockage.oci.layout import hash_file

SEGMENTS = st.text(st.characters(exclude_characters="/\\\0", codec="utf-8"), min_size=1).filter(
    lambda text: text not in {".", ".."}
)
FILES = st.dictionaries(st.lists(SEGMENTS, min_size=1, max_size=3).map("/".join), st.binary(max_size=200), max_size=8)


def archive(path: Path, *entries: Entry) -> zipfile.ZipFile:
    write(path, entries)
    return zipfile.ZipFile(path)


def test_any_reader_finds_names_contents_and_modes(tmp_path: Path) -> None:
    with archive(tmp_path / "a.zip", entry("b/run", b"#!" * 500, executable=True), entry("a.py", b"x = 1\n")) as found:
        assert found.testzip() is None
        assert [(one.filename, oct(one.external_attr >> 16)) for one in found.infolist()] == [
            ("a.py", "0o100644"),
            ("b/run", "0o100755"),
        ]
        assert found.read("b/run") == b"#!" * 500


def test_time_system_and_size_say_nothing_of_who_wrote_it(tmp_path: Path) -> None:
    with archive(tmp_path / "a.zip", entry("a.py", b"x = 1\n")) as found:
        (only,) = found.infolist()
    assert only.date_time == (1980, 1, 1, 0, 0, 0)
    assert (only.create_system, only.create_version, only.extra, only.comment) == (3, 20, b"", b"")


@given(files=FILES)
def test_what_goes_in_comes_out_whatever_it_is_and_in_whatever_order(
    tmp_path_factory: pytest.TempPathFactory, files: dict[str, bytes]
) -> None:
    folder = tmp_path_factory.mktemp("archives")
    entries = [entry(name, content) for name, content in files.items()]
    assert write(folder / "one.zip", entries) == write(folder / "other.zip", reversed(entries))
    with zipfile.ZipFile(folder / "one.zip") as found:
        assert {one.filename: found.read(one) for one in found.infolist()} == files


def test_its_hash_and_size_are_the_file_s(tmp_path: Path) -> None:
    digest, size = write(tmp_path / "a.zip", [entry("a.py", b"x = 1\n")])
    assert (digest, size) == (hash_file(tmp_path / "a.zip"), (tmp_path / "a.zip").stat().st_size)


def test_the_hash_of_a_large_one_is_the_file_s_too(tmp_path: Path) -> None:
    entries = [entry(f"{number}.bin", os.urandom(700_000)) for number in range(5)]
    digest, size = write(tmp_path / "a.zip", entries)
    assert (digest, size) == (hash_file(tmp_path / "a.zip"), (tmp_path / "a.zip").stat().st_size)


def test_a_full_disk_leaves_nothing_running() -> None:
    before = threading.active_count()
    with pytest.raises(OSError, match="No space left"):
        write(Path("/dev/full"), [entry("a.bin", os.urandom(2_000_000))])
    assert threading.active_count() == before


def test_what_does_not_shrink_is_stored() -> None:
    assert entry("a", b"ab").method == zipfile.ZIP_STORED
    assert entry("a", b"a" * 100).method == zipfile.ZIP_DEFLATED


def test_a_file_that_two_packages_bring_alike_stands_once(tmp_path: Path) -> None:
    with archive(tmp_path / "a.zip", entry("ns/__init__.py", b""), entry("ns/__init__.py", b"")) as found:
        assert found.namelist() == ["ns/__init__.py"]


def test_two_files_of_one_name_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ArchiveError) as caught:
        write(tmp_path / "a.zip", [entry("tests/__init__.py", b"1"), entry("tests/__init__.py", b"2")])
    assert caught.value.what == "two files are called tests/__init__.py"
    assert not (tmp_path / "a.zip").exists()


@pytest.mark.parametrize("path", ["../a", "/a", "a//b", "a/./b", "a\\b", "a\0", ""])
def test_a_name_that_leads_elsewhere_is_refused(tmp_path: Path, path: str) -> None:
    with pytest.raises(ArchiveError) as caught:
        write(tmp_path / "a.zip", [entry(path, b"x")])
    assert caught.value.what == f"{path!r} cannot be a name in an archive"
    assert caught.value.why.startswith("it leads out of the folder that Lambda unpacks into")
    assert caught.value.remedy == "rename the file; if a package brings it, do not use that package"
    assert not (tmp_path / "a.zip").exists()


def test_a_name_that_is_not_utf_8_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ArchiveError) as caught:
        write(tmp_path / "a.zip", [entry(os.fsdecode(b"caf\xe9.py"), b"x")])
    assert caught.value.what == "'caf\\udce9.py' cannot be a name in an archive"
    assert caught.value.why.startswith("its bytes are not UTF-8")
    assert "rename the file" in caught.value.remedy
    assert not (tmp_path / "a.zip").exists()


def test_more_files_than_an_archive_can_list_are_refused(tmp_path: Path) -> None:
    one = entry("", b"")
    with pytest.raises(ArchiveError, match="65,536 files is too much"):
        write(tmp_path / "a.zip", (one._replace(path=str(number)) for number in range(65_536)))


def test_an_empty_archive_is_one(tmp_path: Path) -> None:
    write(tmp_path / "a.zip", [])
    assert zipfile.is_zipfile(io.BytesIO((tmp_path / "a.zip").read_bytes()))
