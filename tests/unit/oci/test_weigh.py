import io
import tarfile
from collections.abc import Mapping
from pathlib import Path

import pytest
from fakes.oci import write_layout

from lockage.oci import layout
from lockage.oci.layout import LayoutError
from lockage.oci.weigh import brought, bytes_below, newest

BASE = {"var/task/a.py": b"1234", "var/task/pkg/b.py": b"12", "var/tasks/c": b"1", "usr/bin/opa": b"123456"}


def weight(tmp_path: Path, *layers: Mapping[str, bytes] | bytes) -> int:
    write_layout(tmp_path / "image", layers=layers)
    return bytes_below(layout.read(tmp_path / "image"), "/var/task")


def test_the_latest_time_of_a_layer_is_found(tmp_path: Path) -> None:
    tar = io.BytesIO()
    with tarfile.open(fileobj=tar, mode="w", format=tarfile.PAX_FORMAT) as archive:
        for name, time in (("a", 5), ("b", 8.5), ("c", 7)):
            member = tarfile.TarInfo(name)
            member.mtime = time
            archive.addfile(member)
    write_layout(tmp_path / "image", layers=[tar.getvalue(), {}])
    image = layout.read(tmp_path / "image")
    assert [newest(image, layer) for layer in image.manifest.layers] == [9, 0]


def test_a_layer_that_is_no_archive_has_no_latest_time(tmp_path: Path) -> None:
    write_layout(tmp_path / "image", layers=[b"no tar at all, but long enough to be read as a header of one" * 20])
    image = layout.read(tmp_path / "image")
    with pytest.raises(LayoutError, match="is not one intact image"):
        newest(image, image.manifest.layers[0])


def test_only_what_is_below_the_folder_counts(tmp_path: Path) -> None:
    assert weight(tmp_path, BASE) == 6


def test_a_later_layer_replaces_and_takes_away(tmp_path: Path) -> None:
    assert weight(tmp_path, BASE, {"var/task/a.py": b"1"}) == 3
    assert weight(tmp_path, BASE, {"var/task/.wh.a.py": b""}) == 2
    assert weight(tmp_path, BASE, {"var/task/.wh.pkg": b""}) == 4
    assert weight(tmp_path, BASE, {"var/.wh.task": b""}) == 0


def test_an_opaque_folder_hides_what_was_below_and_not_what_it_brings(tmp_path: Path) -> None:
    assert weight(tmp_path, BASE, {"var/task/.wh..wh..opq": b"", "var/task/new.py": b"123"}) == 3


def test_what_is_taken_away_can_come_again(tmp_path: Path) -> None:
    assert weight(tmp_path, BASE, {"var/task/.wh.a.py": b""}, {"var/task/a.py": b"12345"}) == 7


def test_folders_and_links_weigh_nothing(tmp_path: Path) -> None:
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w") as tar:
        for kind, name in ((tarfile.DIRTYPE, "./var/task/d"), (tarfile.SYMTYPE, "./var/task/a.py")):
            member = tarfile.TarInfo(name)
            member.type, member.linkname = kind, "pkg/b.py"
            tar.addfile(member)
    assert weight(tmp_path, BASE, stream.getvalue()) == 2


def test_what_layers_bring_is_told_file_by_file_whatever_later_ones_make_of_it(tmp_path: Path) -> None:
    write_layout(tmp_path, layers=[BASE, {"var/task/a.py": b"1"}, {"var/task/.wh.pkg": b"", "etc/x": b"12"}])
    image = layout.read(tmp_path)
    found = [(str(path), size) for path, size in brought(image, image.manifest.layers[1:])]
    assert found == [("var/task/a.py", 1), ("etc/x", 2), ("var/task/.wh.pkg", 0)]


def test_a_layer_that_is_no_archive_is_refused(tmp_path: Path) -> None:
    with pytest.raises(LayoutError, match="is not one intact image") as caught:
        weight(tmp_path, b"not a tar, though long enough to look at " * 20)
    assert "does not read as an archive" in caught.value.why
