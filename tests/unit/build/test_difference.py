import zipfile
from pathlib import Path

import pytest

from lockage.build.archive import Entry, entry, write
from lockage.build.difference import archive_difference

BOTH = (entry("a.py", b"x = 1\n"), entry("pkg/__pycache__/m.cpython-313.pyc", b"code"))


def compared(tmp_path: Path, ours: tuple[Entry, ...], theirs: tuple[Entry, ...]) -> str:
    write(tmp_path / "ours.zip", ours)
    write(tmp_path / "theirs.zip", theirs)
    return archive_difference(tmp_path / "ours.zip", tmp_path / "theirs.zip")


def test_equal_archives_have_none(tmp_path: Path) -> None:
    assert compared(tmp_path, BOTH, BOTH[::-1]) == ""


@pytest.mark.parametrize(
    ("other", "begins"),
    [
        (entry("a.py", b"x = 2\n"), "content: a.py: content sha256:"),
        (entry("a.py", b"x = 1\n", executable=True), "content: a.py: mode 0o100644 here, 0o100755 there"),
        (entry("pkg/__pycache__/m.cpython-313.pyc", b"else"), "bytecode (another runtime image compiled it): pkg/"),
    ],
)
def test_the_first_file_and_its_likely_class_are_named(tmp_path: Path, other: Entry, begins: str) -> None:
    theirs = tuple(other if one.path == other.path else one for one in BOTH)
    assert compared(tmp_path, BOTH, theirs).startswith(begins.replace("0o1", "1"))


def test_a_file_that_only_one_has_points_at_dependencies(tmp_path: Path) -> None:
    other = entry("other/__init__.py", b"")
    assert compared(tmp_path, (*BOTH, other), BOTH) == "dependency: other/__init__.py: only ours has it"
    assert compared(tmp_path, BOTH, (*BOTH, other)) == "dependency: other/__init__.py: only theirs has it"


def test_another_time_is_called_that(tmp_path: Path) -> None:
    write(tmp_path / "ours.zip", BOTH[:1])
    with zipfile.ZipFile(tmp_path / "theirs.zip", "w") as other:
        about = zipfile.ZipInfo("a.py", (2026, 1, 2, 3, 4, 6))
        about.external_attr = 0o100644 << 16
        other.writestr(about, b"x = 1\n")
    told = archive_difference(tmp_path / "ours.zip", tmp_path / "theirs.zip")
    assert told == "time: a.py: time 1980-01-01 00:00:00 here, 2026-01-02 03:04:06 there"


def test_another_order_and_another_writer_are_told_apart(tmp_path: Path) -> None:
    write(tmp_path / "ours.zip", (entry("a", b"1"), entry("b", b"2")))
    with zipfile.ZipFile(tmp_path / "theirs.zip", "w") as other:
        for name, content in (("b", b"2"), ("a", b"1")):
            about = zipfile.ZipInfo(name)
            about.external_attr = 0o100644 << 16
            other.writestr(about, content)
    assert archive_difference(tmp_path / "ours.zip", tmp_path / "theirs.zip").startswith("ordering: ")
