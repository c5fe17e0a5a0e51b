import os
import socket
from pathlib import Path

import pytest

from lockage.inspect.native import Root
from lockage.inspect.native.read import matters, read_tree


def write(path: Path, content: str = "") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content)
    return path


def test_files_are_seen_where_the_function_sees_them(tmp_path: Path) -> None:
    write(tmp_path / "zip" / "handler.py")
    write(tmp_path / "layer" / "python" / "x.py")
    write(tmp_path / "layer" / "lib" / "libx.so.1", "not ELF")
    tree = read_tree([Root(tmp_path / "zip"), Root(tmp_path / "layer", "/opt")])
    assert (tree.mounts, tree.files, tree.objects) == (("/var/task", "/opt"), 3, {})
    assert tree.misnamed == ("/opt/lib/libx.so.1",)


@pytest.mark.parametrize(
    ("path", "content", "does"),
    [
        ("var/task/x.so", b"not ELF", True),
        ("var/task/libx.so.1.2", b"", True),
        ("var/task/bin/opa", b"\x7fELF\x02", True),
        ("var/task/x-1.dist-info/WHEEL", b"Tag: any\n", True),
        ("var/task/x-1.dist-info/METADATA", b"", False),
        ("var/task/x.py", b"ELF", False),
        ("var/task/x.solution", b"", False),
    ],
)
def test_what_can_say_anything_about_native_code(path: str, content: bytes, *, does: bool) -> None:
    assert matters(path, content) is does


def test_a_later_layer_takes_the_place_of_an_earlier_one(tmp_path: Path) -> None:
    write(tmp_path / "1" / "lib" / "liba.so", "not ELF")
    write(tmp_path / "1" / "lib" / "libb.so", "not ELF")
    (tmp_path / "2" / "lib").mkdir(parents=True)
    (tmp_path / "2" / "lib" / "liba.so").symlink_to("libb.so")
    layers = [Root(tmp_path / "1", "/opt"), Root(tmp_path / "2", "/opt")]
    assert read_tree(layers).links == {"/opt/lib/liba.so": "libb.so"}
    assert read_tree(layers).misnamed == ("/opt/lib/libb.so",)
    assert read_tree(layers[::-1]).links == {}


def test_links_are_noted_and_not_walked(tmp_path: Path) -> None:
    write(tmp_path / "a" / "x.py")
    (tmp_path / "a" / "again").symlink_to("..")
    tree = read_tree([Root(tmp_path)])
    assert (tree.files, tree.links) == (1, {"/var/task/a/again": ".."})


def test_tags_of_wheels_are_spelled_out(tmp_path: Path) -> None:
    write(
        tmp_path / "a-1.dist-info" / "WHEEL",
        "Wheel-Version: 1.0\nTag: py2.py3-none-any\nTag: cp313-abi3-linux_x86_64\n",
    )
    write(tmp_path / "b-1.dist-info" / "METADATA", "Tag: py3-none-any\n")
    (wheel,) = read_tree([Root(tmp_path)]).wheels
    assert wheel.path == "/var/task/a-1.dist-info/WHEEL"
    assert wheel.tags == ("py2-none-any", "py3-none-any", "cp313-abi3-linux_x86_64")


def test_a_tag_that_is_none_counts_as_none(tmp_path: Path) -> None:
    write(tmp_path / "a-1.dist-info" / "WHEEL", "Tag: what is this\n")
    assert read_tree([Root(tmp_path)]).wheels[0].tags == ()


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_what_may_not_be_read_is_a_fact(tmp_path: Path) -> None:
    write(tmp_path / "locked" / "x.so").parent.chmod(0)
    write(tmp_path / "y.so").chmod(0)
    try:
        assert read_tree([Root(tmp_path)]).unread == dict.fromkeys(
            ("/var/task/locked", "/var/task/y.so"), "Permission denied"
        )
    finally:
        (tmp_path / "locked").chmod(0o700)


def test_a_tree_that_is_not_there_is_a_fact(tmp_path: Path) -> None:
    assert read_tree([Root(tmp_path / "gone")]).unread == {"/var/task": "No such file or directory"}


def test_a_file_that_vanishes_is_a_fact(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path / "x.so")
    whole = Path.open
    monkeypatch.setattr(Path, "open", lambda self, *how, **more: whole(self / "gone", *how, **more))
    assert read_tree([Root(tmp_path)]).unread == {"/var/task/x.so": "Not a directory"}


def test_names_that_are_not_utf_8_and_files_that_are_none_do_no_harm(tmp_path: Path) -> None:
    (tmp_path / os.fsdecode(b"caf\xe9.so")).write_bytes(b"not ELF")
    os.mkfifo(tmp_path / "pipe.so")
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(tmp_path / "s.so"))
        tree = read_tree([Root(tmp_path)])
    assert (tree.files, tree.misnamed) == (1, ("/var/task/caf\\xe9.so",))
