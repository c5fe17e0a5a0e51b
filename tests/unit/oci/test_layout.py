import gzip
import json
from pathlib import Path

import pytest
from fakes.oci import digest_of, write_layout

from lockage.errors import LockageError
from lockage.model.ids import Digest
from lockage.oci import layout


@pytest.fixture
def path(tmp_path: Path) -> Path:
    write_layout(tmp_path / "layout", layers=[{"a": b"1"}, {"b": b"22"}])
    return tmp_path / "layout"


def blob_of_layer(path: Path, number: int) -> Path:
    image = layout.read(path)
    return image.blob(image.manifest.layers[number].digest)


def test_reads_manifest_configuration_and_what_made_each_layer(path: Path) -> None:
    image = layout.read(path)
    assert image.digest == json.loads((path / "index.json").read_text())["manifests"][0]["digest"]
    assert (image.config.architecture, image.config.os) == ("amd64", "linux")
    assert image.made_by == ("layer 0", "layer 1")
    assert len(image.digests) == len(set(image.digests)) == 4


def test_layers_that_the_history_does_not_tell_of_come_from_below(tmp_path: Path) -> None:
    history = [{"created_by": "ENV x", "empty_layer": True}, {"created_by": "COPY b"}]
    write_layout(tmp_path, layers=[{"a": b"1"}, {"b": b"2"}], config={"history": history})
    assert layout.read(tmp_path).made_by == ("", "COPY b")


def test_a_layer_s_unpacked_size_is_its_tar_s(path: Path) -> None:
    blob = blob_of_layer(path, 0)
    assert layout.unpacked_size(blob) == len(gzip.decompress(blob.read_bytes()))


def remove(blob: Path) -> None:
    blob.unlink()


def cut(blob: Path) -> None:
    blob.write_bytes(blob.read_bytes()[:-1])


@pytest.mark.parametrize(("harm", "why"), [(remove, "is missing"), (cut, "bytes, not")])
def test_a_missing_or_short_layer_is_named(path: Path, harm: object, why: str) -> None:
    digest = layout.read(path).digest
    blob = blob_of_layer(path, 1)
    assert callable(harm)
    harm(blob)
    with pytest.raises(LockageError) as caught:
        layout.read(path)
    assert why in caught.value.why
    assert blob.name in caught.value.why
    assert caught.value.remedy == "remove it and build again: ./noxw -s build"
    assert not layout.intact(path, digest)


def test_other_bytes_of_the_same_length_are_found_by_hashing(path: Path) -> None:
    blob = blob_of_layer(path, 1)
    blob.write_bytes(bytes(len(blob.read_bytes())))
    image = layout.read(path)
    with pytest.raises(LockageError, match="not one intact image") as caught:
        layout.verify(image)
    assert digest_of(blob.read_bytes()) in caught.value.why


@pytest.mark.parametrize("which", ["manifest", "configuration"])
def test_manifest_and_configuration_are_hashed_before_they_are_read(path: Path, which: str) -> None:
    image = layout.read(path)
    blob = image.blob(image.digest if which == "manifest" else image.manifest.config.digest)
    blob.write_bytes(blob.read_bytes().replace(b"amd64", b"arm64").replace(b'"schemaVersion":2', b'"schemaVersion":3'))
    with pytest.raises(LockageError) as caught:
        layout.read(path)
    assert "has the bytes of" in caught.value.why


def test_an_image_index_is_refused(path: Path) -> None:
    index = json.loads((path / "index.json").read_text())
    (path / "index.json").write_text(json.dumps({"manifests": index["manifests"] * 2}))
    with pytest.raises(LockageError) as caught:
        layout.read(path)
    assert caught.value.why == "index.json names 2 manifests; Lambda takes exactly one"


def test_what_is_no_layout_is_refused(tmp_path: Path) -> None:
    with pytest.raises(LockageError) as caught:
        layout.read(tmp_path)
    assert caught.value.why == "index.json is missing"
    (tmp_path / "index.json").write_text("{")
    with pytest.raises(LockageError) as caught:
        layout.read(tmp_path)
    assert "does not read as the image specification says" in caught.value.why


def test_a_layer_must_be_one_whole_gzip_stream(tmp_path: Path) -> None:
    blob = tmp_path / "blob"
    blob.write_bytes(b"not gzip")
    with pytest.raises(LockageError) as caught:
        layout.unpacked_size(blob)
    assert "no gzip stream" in caught.value.why
    blob.write_bytes(gzip.compress(b"x" * 1000)[:-9])
    with pytest.raises(LockageError) as caught:
        layout.unpacked_size(blob)
    assert "ends too early" in caught.value.why


def test_intact_means_this_image(path: Path) -> None:
    assert layout.intact(path, layout.read(path).digest)
    assert not layout.intact(path, Digest("sha256:" + "0" * 64))
    assert not layout.intact(path / "nowhere", layout.read(path).digest)
