import io
import tarfile
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from fakes.dist import put_image
from fakes.oci import write_layout
from msgspec.structs import replace

from lockage.build.archive import Entry, entry, write
from lockage.build.difference import archive_difference, classify, found_difference
from lockage.model.artifact import Artifact, Input, LayerArtifact, ZipArtifact
from lockage.model.dist import DistDir
from lockage.model.ids import Digest, Fingerprint
from lockage.model.parting import Parting

INPUTS = (
    Input(kind="source", name="functions/shop", digest="sha256:" + "1" * 64),
    Input(kind="source", name="functions/common", digest="sha256:" + "2" * 64),
    Input(kind="requirements", name="requirements.lock", digest="sha256:" + "3" * 64),
)
NOTHING = "sha256:" + "0" * 64
ROOTS = {"image": "var/task/", "zip": "", "layer": "python/"}
Files = Sequence[tuple[str, bytes]]


def put(dist: DistDir, kind: str, files: Files, *, year: int = 1980, **config: Any) -> Artifact:  # noqa: ANN401 - of an image
    """An artifact of these files in this order, as a writer of no scruples would write it."""
    if kind == "image":
        write_base = {"usr/lib64/libssl.so.3": b"base"}
        image = put_image(dist, "it", lambda to: write_layout(to, layers=[write_base, tar(files, year)], config=config))
        return replace(image, inputs=INPUTS)
    dist.folder("it").mkdir(parents=True)
    with zipfile.ZipFile(dist.archive("it"), "w") as archive:
        for path, content in files:
            about = zipfile.ZipInfo(path, (year, 1, 1, 0, 0, 0))
            about.external_attr = 0o100644 << 16
            archive.writestr(about, content)
    return (ZipArtifact if kind == "zip" else LayerArtifact)(
        name="it",
        digest=Digest(NOTHING),
        fingerprint=Fingerprint(NOTHING),
        platform="linux/amd64",
        runtime="python3.13",
        size=0,
        unpacked=0,
        inputs=INPUTS,
    )


def tar(files: Files, year: int) -> bytes:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as archive:
        for path, content in files:
            header = tarfile.TarInfo(path)
            header.size, header.mtime = len(content), (year - 1970) * 31_536_000
            archive.addfile(header, io.BytesIO(content))
    return packed.getvalue()


FILES = {
    "fast/__init__.py": b"# fast 1.0",
    "fast/__pycache__/__init__.cpython-313.pyc": b"code of fast 1.0",
    "fast/_core.so": b"machine code",
    "fast-1.0.dist-info/METADATA": b"Name: fast",
    "shop/handler.py": b"# handler",
    "shop/__pycache__/handler.cpython-313.pyc": b"code of handler",
}


def edited(*changes: str, without: str = "") -> dict[str, bytes]:
    """The same files, but for these."""
    found = {**FILES, **{path: FILES.get(path, b"") + b", edited" for path in changes}}
    return {path: content for path, content in found.items() if path != without}


PYC, CORE, METADATA = "fast/__pycache__/__init__.cpython-313.pyc", "fast/_core.so", "fast-1.0.dist-info/METADATA"
MODULE, HANDLER, OWN_PYC = "fast/__init__.py", "shop/handler.py", "shop/__pycache__/handler.cpython-313.pyc"
SINGLE = {"__pycache__/six.cpython-313.pyc": b"code of six", "six.py": b"# six"}


@pytest.mark.parametrize("kind", ROOTS)
@pytest.mark.parametrize(
    ("class_", "path", "theirs", "changed"),
    [
        ("bytecode", PYC, edited(PYC), ()),
        ("bytecode", PYC, edited(PYC), ("requirements",)),
        ("bytecode", PYC, edited(without=PYC), ()),
        ("bytecode", OWN_PYC, edited(OWN_PYC), ()),
        ("base", PYC, edited(PYC), ("base",)),
        ("base", PYC, edited(PYC), ("base", "requirements")),
        ("base", OWN_PYC, edited(OWN_PYC), ("base",)),
        ("base", CORE, edited(CORE), ("base",)),  # built from its sdist, there
        ("dependency", MODULE, edited(MODULE, PYC), ()),
        ("dependency", CORE, edited(CORE), ()),
        ("dependency", CORE, edited(CORE), ("base", "requirements")),
        ("dependency", METADATA, edited(METADATA), ()),
        ("dependency", METADATA, edited(without=METADATA), ("requirements",)),
        ("dependency", "other/__init__.py", edited("other/__init__.py"), ()),
        ("content", HANDLER, edited(HANDLER), ()),
        ("content", HANDLER, edited(HANDLER), ("base", "requirements")),
        ("content", HANDLER, edited(without=HANDLER), ("requirements",)),
        ("content", "common/more.py", edited("common/more.py"), ()),
        ("content", OWN_PYC, edited(OWN_PYC, HANDLER), ("base",)),
    ],
)
def test_what_a_difference_comes_of_is_told_of_images_and_archives_alike(
    tmp_path: Path, kind: str, class_: str, path: str, theirs: dict[str, bytes], changed: tuple[str, ...]
) -> None:
    root, one, other = ROOTS[kind], DistDir(tmp_path / "one"), DistDir(tmp_path / "other")
    artifact = put(one, kind, [(root + name, content) for name, content in FILES.items()])
    put(other, kind, [(root + name, content) for name, content in theirs.items()])
    place = "layer 2 (layer 1): " if kind == "image" else ""
    assert found_difference(artifact, one, other, changed).startswith(f"{class_}: {place}{root}{path}: ")


@pytest.mark.parametrize("kind", ROOTS)
def test_times_and_orders_are_told_whatever_inputs_differ(tmp_path: Path, kind: str) -> None:
    dists = {name: DistDir(tmp_path / name) for name in ("ours", "later", "turned")}
    files = [(ROOTS[kind] + name, content) for name, content in FILES.items()]
    artifact = put(dists["ours"], kind, files)
    put(dists["later"], kind, files, year=2026)
    put(dists["turned"], kind, files[::-1])
    place = "layer 2 (layer 1): " if kind == "image" else ""
    for changed in ((), ("base", "requirements")):
        later = found_difference(artifact, dists["ours"], dists["later"], changed)
        assert later.startswith(f"time: {place}{ROOTS[kind]}fast-1.0.dist-info/METADATA: time ")
        turned = found_difference(artifact, dists["ours"], dists["turned"], changed)
        assert turned == f"ordering: {place}the same files in another order"
    assert found_difference(artifact, dists["ours"], dists["ours"]) == ""


@pytest.mark.parametrize("kind", ROOTS)
def test_bytecode_that_comes_first_does_not_hide_that_its_source_differs(tmp_path: Path, kind: str) -> None:
    one, other = DistDir(tmp_path / "one"), DistDir(tmp_path / "other")
    artifact = put(one, kind, [(ROOTS[kind] + name, content) for name, content in SINGLE.items()])
    put(other, kind, [(ROOTS[kind] + name, content + b" 2") for name, content in SINGLE.items()])
    assert found_difference(artifact, one, other).startswith("dependency: ")


SYSTEM = "usr/lib64/libssl.so.3"


@pytest.mark.parametrize(
    ("class_", "path", "field", "changed"),
    [
        ("base", SYSTEM, "content", ()),
        ("base", SYSTEM, "content", ("base", "dockerfile", "tool")),
        ("base", SYSTEM, "time", ("base",)),
        ("time", SYSTEM, "time", ()),
        ("content", SYSTEM, "content", ("dockerfile",)),
        ("dependency", "usr/local/bin/opa", "content", ("tool",)),
        ("time", "", "time", ()),
        ("base", "", "time", ("base",)),
        ("content", "", "configuration", ()),
        ("base", "", "configuration", ("base",)),
        ("content", "", "layers", ()),
        ("base", "", "layers", ("base",)),
        ("writer", "", "written", ("base",)),
    ],
)
def test_what_lies_below_the_task_of_an_image_is_its_base_s_unless_something_else_changed(
    tmp_path: Path, class_: str, path: str, field: str, changed: tuple[str, ...]
) -> None:
    image = put(DistDir(tmp_path), "image", list(FILES.items()))
    assert classify(Parting(path=path, field=field, what=""), image, changed) == class_


def test_another_configuration_of_an_image_is_told(tmp_path: Path) -> None:
    one, other = DistDir(tmp_path / "one"), DistDir(tmp_path / "other")
    image = put(one, "image", list(FILES.items()))
    put(other, "image", list(FILES.items()), created="2026-01-01T00:00:00Z")
    assert found_difference(image, one, other) == "time: the configuration: created differs"


BOTH = (entry("a.py", b"x = 1\n"), entry("pkg/__pycache__/m.cpython-313.pyc", b"code"))


def compared(tmp_path: Path, ours: tuple[Entry, ...], theirs: tuple[Entry, ...]) -> Parting | None:
    write(tmp_path / "ours.zip", ours)
    write(tmp_path / "theirs.zip", theirs)
    return archive_difference(tmp_path / "ours.zip", tmp_path / "theirs.zip")


def test_equal_archives_have_none(tmp_path: Path) -> None:
    assert compared(tmp_path, BOTH, BOTH[::-1]) is None


@pytest.mark.parametrize(
    ("other", "begins"),
    [
        (entry("a.py", b"x = 2\n"), "a.py: content sha256:"),
        (entry("a.py", b"x = 1\n", executable=True), "a.py: mode 100644 here, 100755 there"),
        (entry("pkg/__pycache__/m.cpython-313.pyc", b"else"), "pkg/__pycache__/m.cpython-313.pyc: content sha256:"),
    ],
)
def test_the_first_file_and_what_of_it_is_named(tmp_path: Path, other: Entry, begins: str) -> None:
    theirs = tuple(other if one.path == other.path else one for one in BOTH)
    found = compared(tmp_path, BOTH, theirs)
    assert found is not None
    assert found.render().startswith(begins)


def test_a_file_that_only_one_has_is_named_with_its_side(tmp_path: Path) -> None:
    other = entry("other/__init__.py", b"")
    for ours, theirs, side in (((*BOTH, other), BOTH, "ours"), (BOTH, (*BOTH, other), "theirs")):
        found = compared(tmp_path, ours, theirs)
        assert found is not None
        assert found.render() == f"other/__init__.py: only {side} has it"


def by_hand(path: Path, files: Files, method: int = zipfile.ZIP_STORED, system: int = 3) -> Path:
    """An archive of these, by another writer than ours."""
    with zipfile.ZipFile(path, "w", method) as archive:
        for name, content in files:
            about = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
            about.compress_type, about.create_system, about.external_attr = method, system, 0o100644 << 16
            archive.writestr(about, content)
    return path


ONE, TWO = ("a", b"1" * 100), ("b", b"2" * 100)


def test_another_order_and_another_writer_are_told_apart(tmp_path: Path) -> None:
    artifact = put(DistDir(tmp_path / "dist"), "zip", [ONE])
    ours = by_hand(tmp_path / "ours.zip", [ONE, TWO])
    turned = archive_difference(ours, by_hand(tmp_path / "turned.zip", [TWO, ONE]))
    assert turned is not None
    assert (classify(turned, artifact), turned.render()) == ("ordering", "the same files in another order")
    packed = archive_difference(ours, by_hand(tmp_path / "packed.zip", [ONE, TWO], zipfile.ZIP_DEFLATED))
    assert packed is not None
    assert classify(packed, artifact) == "writer"
    assert packed.render().startswith("a: compressed bytes 100 here, ")
    elsewhere = archive_difference(ours, by_hand(tmp_path / "elsewhere.zip", [ONE, TWO], system=0))
    assert elsewhere is not None
    assert (classify(elsewhere, artifact), elsewhere.render()) == ("writer", "a: system 3 here, 0 there")
    (tmp_path / "commented.zip").write_bytes(ours.read_bytes())
    with zipfile.ZipFile(tmp_path / "commented.zip", "a") as archive:
        archive.comment = b"made by somebody"
    commented = archive_difference(ours, tmp_path / "commented.zip")
    assert commented is not None
    assert (classify(commented, artifact), commented.render()) == ("writer", "the same files, written to other bytes")
