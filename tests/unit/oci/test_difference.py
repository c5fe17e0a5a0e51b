import io
import tarfile
from pathlib import Path
from typing import Any

import pytest
from fakes.oci import write_layout
from hypothesis import given
from hypothesis import strategies as st

from lockage.oci import layout
from lockage.oci.difference import Difference, difference
from lockage.oci.layout import LayoutError

FILES = {"app/handler.py": b"one", "app/other.py": b"two"}


def tar(*members: tuple[str, bytes], **changes: Any) -> bytes:  # noqa: ANN401 - any header field
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as archive:
        for name, content in members:
            header = tarfile.TarInfo(name)
            header.size = len(content)
            for field, value in changes.items():
                setattr(header, field, value)
            archive.addfile(header, io.BytesIO(content))
    return packed.getvalue()


def image(path: Path, *layers: Any, **config: Any) -> layout.Layout:  # noqa: ANN401 - mappings or tars
    write_layout(path, layers=layers, config=config)
    return layout.read(path)


def between(tmp_path: Path, ours: list[Any], theirs: list[Any], **config: Any) -> Difference | None:  # noqa: ANN401 - as above
    return difference(image(tmp_path / "ours", *ours), image(tmp_path / "theirs", *theirs, **config))


def test_the_same_image_has_none(tmp_path: Path) -> None:
    assert between(tmp_path, [FILES], [FILES]) is None


def test_the_first_layer_and_the_first_file_in_it_are_named(tmp_path: Path) -> None:
    base, edited = {"base": b""}, {**FILES, "app/handler.py": b"uno", "app/other.py": b"due"}
    found = between(tmp_path, [base, FILES, {"x": b"1"}], [base, edited, {"x": b"2"}])
    assert found is not None
    assert (found.layer, found.made_by, found.path) == (2, "layer 1", "app/handler.py")
    assert found.what.startswith("content sha256:")
    assert found.render().startswith("layer 2 (layer 1): app/handler.py: content sha256:")


ONE, TWO = ("a", b"1"), ("b", b"2")


@pytest.mark.parametrize(
    ("theirs", "path", "what"),
    [
        (tar(ONE, TWO, mtime=7), "a", "time 0 here, 7 there"),
        (tar(ONE, TWO, mode=0o600), "a", "mode 0644 here, 0600 there"),
        (tar(ONE, TWO, uid=10001), "a", "owner 0:0 here, 10001:0 there"),
        (tar(ONE, TWO, mtime=7, mode=0o600), "a", "mode 0644 here, 0600 there; time 0 here, 7 there"),
        (tar(ONE), "b", "only ours has it"),
        (tar(ONE, TWO, ("c", b"")), "c", "only theirs has it"),
        (tar(TWO, ONE), "", "the same files in another order"),
        (tar(ONE, TWO) + bytes(512), "", "the same files, compressed to other bytes"),
    ],
)
def test_what_differs_is_said(tmp_path: Path, theirs: bytes, path: str, what: str) -> None:
    found = between(tmp_path, [tar(ONE, TWO)], [theirs])
    assert found is not None
    assert (found.layer, found.path, found.what) == (1, path, what)


def test_a_layer_more_is_said(tmp_path: Path) -> None:
    found = between(tmp_path, [FILES], [FILES, {"x": b""}])
    assert found is not None
    assert found.render() == "layer 2 (layer 1): only theirs has such a layer"


@pytest.mark.parametrize("keep", [0.0, 0.5], ids=["no tar", "cut short"])
def test_a_layer_that_cannot_be_read_is_named(tmp_path: Path, keep: float) -> None:
    ours, theirs = image(tmp_path / "ours", FILES), image(tmp_path / "theirs", {**FILES, "x": b"3"})
    blob = theirs.blob(theirs.manifest.layers[0].digest)
    packed = blob.read_bytes()
    blob.write_bytes(packed[: int(len(packed) * keep)] or b"no tar" * 100)
    with pytest.raises(LayoutError, match="theirs is not one intact image") as caught:
        difference(ours, theirs)
    assert caught.value.why.startswith(f"the layer {theirs.manifest.layers[0].digest} does not read as an archive: ")


def test_a_configuration_that_differs_is_said(tmp_path: Path) -> None:
    found = between(tmp_path, [FILES], [FILES], created="2020-01-01T00:00:00Z", config={"User": "0"})
    assert found is not None
    assert found.render() == "the configuration: created, config differs"


NAMES = st.text("abc", min_size=1, max_size=3)
TREES = st.dictionaries(NAMES, st.binary(max_size=4), min_size=1, max_size=5)


@given(ours=TREES, theirs=TREES)
def test_there_is_one_exactly_when_the_trees_differ_and_it_is_the_first(
    tmp_path_factory: pytest.TempPathFactory, ours: dict[str, bytes], theirs: dict[str, bytes]
) -> None:
    found = between(tmp_path_factory.mktemp("pair"), [ours], [theirs])
    differing = sorted(name for name in ours.keys() | theirs.keys() if ours.get(name) != theirs.get(name))
    assert (found.path if found else None) == (differing[0] if differing else None)
