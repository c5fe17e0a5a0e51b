"""An image's files, merged from its layers as an engine would."""

import hashlib
import io
import random
import tarfile
import tracemalloc
from collections.abc import Mapping
from pathlib import Path

import pytest
from fakes.oci import write_layout

from lockage.oci import layout as oci
from lockage.oci.contents import added, contents, hashes
from lockage.oci.layout import LayoutError


def found(tmp_path: Path, *layers: Mapping[str, bytes] | bytes, wanted: str = "") -> dict[str, str]:
    """Each file below var/task, with the first letters of the hash of what is expected of it."""
    write_layout(tmp_path / "layout", layers=list(layers))
    layout = oci.read(tmp_path / "layout")
    return contents(layout, "var/task", lambda path, _: bool(wanted) and wanted in path, tmp_path / "root")


def hashed(**files: bytes) -> dict[str, str]:
    return {f"var/task/{name}": hashlib.sha256(content).hexdigest() for name, content in files.items()}


def tar_of(*members: tarfile.TarInfo, content: bytes = b"") -> bytes:
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w") as tar:
        for member in members:
            member.size = len(content) if member.isreg() else 0
            tar.addfile(member, io.BytesIO(content) if member.isreg() else None)
    return stream.getvalue()


def member(name: str, kind: bytes = tarfile.REGTYPE, target: str = "") -> tarfile.TarInfo:
    made = tarfile.TarInfo(name)
    made.type, made.linkname = kind, target
    return made


def test_files_elsewhere_are_passed_over(tmp_path: Path) -> None:
    assert found(tmp_path, {"var/task/a": b"1", "var/tasks/b": b"2", "etc/c": b"3"}) == hashed(a=b"1")


def test_upper_layers_replace(tmp_path: Path) -> None:
    assert found(tmp_path, {"var/task/a": b"1", "var/task/b": b"1"}, {"var/task/a": b"2"}) == hashed(a=b"2", b=b"1")


@pytest.mark.parametrize(
    "whiteout", ["var/task/.wh.a", "var/.wh.task", ".wh.var", "var/task/.wh..wh..opq", "./var/task/.wh.a"]
)
def test_whiteouts_take_away_what_is_below_and_only_that(tmp_path: Path, whiteout: str) -> None:
    assert found(tmp_path, {"var/task/a/b": b"1"}, {whiteout: b"", "var/task/c": b"2"}) == hashed(c=b"2")


def test_a_whiteout_does_not_take_away_what_its_own_layer_brings(tmp_path: Path) -> None:
    assert found(tmp_path, {"var/task/a": b"1"}, {"var/task/.wh.a": b"", "var/task/a": b"2"}) == hashed(a=b"2")


def test_a_file_in_the_place_of_a_folder_takes_its_files_away(tmp_path: Path) -> None:
    assert found(tmp_path, {"var/task/a/b": b"1"}, {"var/task/a": b"2"}) == hashed(a=b"2")
    assert found(tmp_path, {"var/task/a/b": b"1"}, tar_of(member("var/task", tarfile.SYMTYPE, "/opt"))) == {}


def test_a_folder_in_the_place_of_a_file_takes_it_away(tmp_path: Path) -> None:
    assert found(tmp_path, {"var/task/a": b"1"}, tar_of(member("var/task/a", tarfile.DIRTYPE))) == {}


def test_a_hard_link_is_the_file_it_names_and_a_symbolic_one_is_no_file(tmp_path: Path) -> None:
    linked = tar_of(member("var/task/a"), member("var/task/b", tarfile.LNKTYPE, "var/task/a"), content=b"1")
    assert found(tmp_path, linked) == hashed(a=b"1", b=b"1")
    symbolic = tar_of(member("var/task/a", tarfile.SYMTYPE, "b"))
    assert found(tmp_path, {"var/task/a": b"1"}, symbolic) == {}


def test_only_what_is_wanted_is_written_out(tmp_path: Path) -> None:
    found(tmp_path, {"var/task/x.dist-info/METADATA": b"Name: x\n", "var/task/x.py": b""}, wanted=".dist-info/")
    written = [path for path in (tmp_path / "root").rglob("*") if path.is_file()]
    assert [path.relative_to(tmp_path / "root").as_posix() for path in written] == ["var/task/x.dist-info/METADATA"]


NATIVE = b"\x7fELF"


def news(tmp_path: Path, below: int, *layers: Mapping[str, bytes] | bytes) -> tuple[dict[str, str], list[str]]:
    """What an image adds to its lowest layers, and what of it was written out."""
    write_layout(tmp_path / "layout", layers=list(layers))
    layout, root = oci.read(tmp_path / "layout"), tmp_path / "root"
    native = added(layout, below, lambda _, content: content.startswith(NATIVE), root, lambda: hashes(layout, below))
    there = [path for path in root.rglob("*") if path.is_symlink() or path.is_file()]
    return native, sorted(path.relative_to(root).as_posix() for path in there)


def test_what_an_image_adds_is_read_wherever_it_lies(tmp_path: Path) -> None:
    layers = ({"usr/bin/python": NATIVE}, {"usr/local/bin/opa": NATIVE + b"1", "opt/lib/a.so": NATIVE + b"2"})
    found, written = news(tmp_path, 1, *layers, {"var/task/a.py": b"3"})
    assert set(found) == {"usr/local/bin/opa", "opt/lib/a.so", "var/task/a.py"}
    assert written == ["opt/lib/a.so", "usr/local/bin/opa"]


def test_the_largest_files_take_no_more_memory_than_small_ones(tmp_path: Path) -> None:
    large = NATIVE + random.Random(0).randbytes(6 << 20)  # noqa: S311 - zeros would be unpacked many at once
    write_layout(tmp_path / "layout", layers=[{"opt/a.so": large, "opt/b.so": large, "opt/model": large[1:]}])
    layout, root = oci.read(tmp_path / "layout"), tmp_path / "root"
    tracemalloc.start()
    try:
        found = added(layout, 0, lambda _, begins: begins.startswith(NATIVE), root, dict)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < len(large) // 3
    assert found["opt/model"] == hashlib.sha256(large[1:]).hexdigest()
    assert {path.name: path.read_bytes() == large for path in root.rglob("*.*")} == {"a.so": True, "b.so": True}


def test_what_is_brought_as_the_base_has_it_is_not_added(tmp_path: Path) -> None:
    base = tar_of(member("usr/bin/su"), member("usr/bin/sg", tarfile.LNKTYPE, "usr/bin/su"), content=NATIVE)
    found, written = news(tmp_path, 1, base, {"usr/bin/su": NATIVE, "usr/bin/sg": NATIVE, "usr/bin/new": NATIVE})
    assert (set(found), written) == ({"usr/bin/new"}, ["usr/bin/new"])


def test_what_takes_a_base_s_file_s_place_is_added(tmp_path: Path) -> None:
    assert news(tmp_path, 1, {"usr/bin/su": NATIVE}, {"usr/bin/su": NATIVE + b"2"})[1] == ["usr/bin/su"]


def test_a_base_that_nothing_is_compared_with_is_not_read(tmp_path: Path) -> None:
    write_layout(tmp_path / "layout", layers=[b"no tar" * 1000, {"var/task/a.so": NATIVE, "etc/motd": b"1"}])
    layout = oci.read(tmp_path / "layout")
    found = added(
        layout, 1, lambda _, content: content.startswith(NATIVE), tmp_path / "root", lambda: hashes(layout, 1)
    )
    assert set(found) == {"var/task/a.so", "etc/motd"}


def test_links_are_written_as_they_are_and_nothing_through_them(tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    links = tar_of(
        member("var/task/lib", tarfile.SYMTYPE, str(outside)),
        member("var/task/lib/deep", tarfile.SYMTYPE, "/etc"),
        member("var/task/a.so", tarfile.SYMTYPE, "a.so.1"),
    )
    found, written = news(tmp_path, 0, links, {"var/task/lib/x.so": NATIVE, "var/task/a.so.1": NATIVE})
    assert set(found) == {"var/task/lib/x.so", "var/task/a.so.1"}
    assert written == ["var/task/a.so", "var/task/a.so.1", "var/task/lib/deep", "var/task/lib/x.so"]
    assert (tmp_path / "root/var/task/a.so").readlink() == Path("a.so.1")
    assert list(outside.iterdir()) == []


def test_no_name_leads_out_of_the_root(tmp_path: Path) -> None:
    assert news(tmp_path, 0, {"../../x.so": NATIVE, "var/../../y.so": NATIVE})[1] == ["x.so", "y.so"]


def test_a_layer_that_is_no_tar_is_named(tmp_path: Path) -> None:
    with pytest.raises(LayoutError, match=r"the layer sha256:[0-9a-f]{64} cannot be read") as caught:
        found(tmp_path, b"no tar" * 1000)
    assert caught.value.why.startswith("ReadError: ")


def test_what_is_wanted_is_told_by_its_content_too(tmp_path: Path) -> None:
    write_layout(tmp_path / "layout", layers=[{"var/task/a": b"\x7fELF1", "var/task/b": b"2"}])
    root = tmp_path / "root"
    everything = contents(oci.read(tmp_path / "layout"), "var/task", lambda _, content: content[:1] == b"\x7f", root)
    assert set(everything) == {"var/task/a", "var/task/b"}
    assert [str(path.relative_to(root)) for path in root.rglob("*") if path.is_file()] == ["var/task/a"]
