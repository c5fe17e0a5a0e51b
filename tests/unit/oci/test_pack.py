import os
import tarfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lockage.oci import layout
from lockage.oci.pack import pack

FILES = {"bin/tool": "#!/bin/sh\n", "a.py": "one", "deep/er/b.txt": ""}


def write(tree: Path, files: dict[str, str]) -> Path:
    for name, content in files.items():
        (tree / name).parent.mkdir(parents=True, exist_ok=True)
        (tree / name).write_text(content)
    return tree


def test_a_packed_folder_is_one_intact_image_of_one_layer(tmp_path: Path) -> None:
    digest = pack(write(tmp_path / "tree", FILES), tmp_path / "layout", "linux/arm64")
    image = layout.read(tmp_path / "layout")
    layout.verify(image)
    assert image.digest == digest
    assert (image.config.os, image.config.architecture) == ("linux", "arm64")
    [layer] = image.manifest.layers
    assert image.config.rootfs.diff_ids == (layer.digest,), "it is not compressed"
    with tarfile.open(image.blob(layer.digest)) as tar:
        members = list(tar)
        read = {member.name: stream.read().decode() for member in members if (stream := tar.extractfile(member))}
    assert read == FILES
    assert [member.name for member in members] == ["a.py", "bin", "bin/tool", "deep", "deep/er", "deep/er/b.txt"]
    assert {(member.uid, member.gid, member.uname, member.mtime) for member in members} == {(0, 0, "", 315_532_800)}


def test_who_wrote_it_where_and_when_does_not_show(tmp_path: Path) -> None:
    one, other = write(tmp_path / "one", FILES), write(tmp_path / "elsewhere/other", dict(reversed(FILES.items())))
    os.utime(one / "a.py", (0, 0))
    assert pack(one, tmp_path / "first", "linux/amd64") == pack(other, tmp_path / "second", "linux/amd64")


@pytest.mark.parametrize("change", [{"a.py": "two"}, {"b.py": "one"}, {"a.py/x": "one"}, {"a.py": "one", "x": ""}])
def test_every_change_is_another_digest(tmp_path: Path, change: dict[str, str]) -> None:
    before = pack(write(tmp_path / "old", {"a.py": "one"}), tmp_path / "first", "linux/amd64")
    assert pack(write(tmp_path / "new", change), tmp_path / "second", "linux/amd64") != before


def test_what_may_run_is_another_digest(tmp_path: Path) -> None:
    tree = write(tmp_path / "tree", FILES)
    before = pack(tree, tmp_path / "first", "linux/amd64")
    (tree / "bin/tool").chmod(0o755)
    assert pack(tree, tmp_path / "second", "linux/amd64") != before


@given(name=st.text("abcd/é", min_size=1, max_size=300).filter(lambda name: "//" not in name.strip("/")))
def test_long_and_odd_names_are_kept(tmp_path_factory: pytest.TempPathFactory, name: str) -> None:
    place = tmp_path_factory.mktemp("packed")
    path = "/".join(part[:60] for part in name.strip("/").split("/")) or "x"
    pack(write(place / "tree", {path: "content"}), place / "layout", "linux/amd64")
    image = layout.read(place / "layout")
    with tarfile.open(image.blob(image.manifest.layers[0].digest)) as tar:
        assert path in tar.getnames()
