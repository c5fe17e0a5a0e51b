"""Whose native code is held to Lambda's runtime, and where its parts are mounted; what is held is tested elsewhere."""

import io
import tarfile
from collections.abc import Mapping
from pathlib import Path

import pytest
from fakes.dist import put_image
from fakes.forge import Forge
from fakes.oci import write_layout
from msgspec.structs import replace

from lockage.build.archive import Entry, entry, write
from lockage.cli.natives import inspection, look
from lockage.errors import UsageError
from lockage.model.artifact import Artifact, ImageArtifact, Input, LayerArtifact, ZipArtifact
from lockage.model.check import NativeCheck
from lockage.model.dist import DistDir
from lockage.model.ids import Fingerprint

NONE = Fingerprint("sha256:" + "0" * 64)


def archived(
    dist: DistDir, artifact: type[ZipArtifact | LayerArtifact], name: str, *entries: Entry, **more: object
) -> Artifact:
    folder = dist.beside(name)
    digest, size = write(folder / "archive.zip", entries)
    about = {"name": name, "digest": digest, "fingerprint": NONE, "platform": "linux/amd64", "runtime": "python3.13"}
    made = artifact(**about, size=size, unpacked=1, inputs=(), **more)  # type: ignore[arg-type]  # any field by its name
    dist.write_artifact(folder, made)
    dist.replace(name, folder)
    return made


LAMBDA = "public.ecr.aws/lambda/python:3.13@sha256:" + "5" * 64
ON_LAMBDA = {"usr/bin/su": b"\x7fELF of the system, which is not judged", "etc/motd": b"1"}


def image(
    dist: DistDir, name: str, *layers: Mapping[str, bytes] | bytes, base: str = LAMBDA, below: int = 1
) -> ImageArtifact:
    """An image whose lowest layers are those of its base."""
    made = put_image(dist, name, lambda place: write_layout(place, layers=layers))
    upon = dist.read_artifact(base).fingerprint if "@" not in base else Fingerprint("sha256:" + "5" * 64)
    made = replace(
        made,
        fingerprint=Fingerprint(f"sha256:{name}"),
        inputs=(Input(kind="base", name=base, digest=upon),),
        base=base,
        base_layers=below,
    )
    dist.write_artifact(dist.folder(name), made)
    return made


@pytest.fixture
def dist(tmp_path: Path) -> DistDir:
    return DistDir(tmp_path / "dist")


def test_pure_python_is_called_that(dist: DistDir) -> None:
    made = archived(dist, ZipArtifact, "dashboard", entry("dashboard/handler.py", b"X = 1\n"))
    assert look(made, dist) == NativeCheck(summary="no native code among 1 file: pure Python")


def test_layers_are_looked_at_with_the_zip_that_runs_on_them(dist: DistDir, tmp_path: Path) -> None:
    forge = Forge(tmp_path / "scratch")
    newer = forge.library(tmp_path / "native.so", needs=[forge.stub("libc.so.6", "GLIBC_2.99")])
    archived(dist, LayerArtifact, "deps", entry("python/native.so", newer.read_bytes()))
    made = archived(dist, ZipArtifact, "ingestion", entry("ingestion/handler.py", b""), layers=("deps",))
    found = look(made, dist)
    assert found.summary.startswith("1 native object, need GLIBC 2.99")
    assert found.failure is not None
    assert (found.failure.kind, found.failure.outcome) == ("native", "fail")
    assert found.failure.what.startswith("native code in ingestion will not run in python3.13 on linux/amd64")
    assert "/opt/python/native.so" in found.failure.why
    assert found.failure.remedy


def test_a_later_layer_s_file_takes_the_place_of_native_code(dist: DistDir) -> None:
    archived(dist, LayerArtifact, "one", entry("bin/tool", b"\x7fELF, and broken"))
    archived(dist, LayerArtifact, "two", entry("bin/tool", b"#!/bin/sh\n"))
    made = archived(dist, ZipArtifact, "ingestion", entry("a.py", b""), layers=("one",))
    assert look(made, dist).failure is not None
    made = archived(dist, ZipArtifact, "ingestion", entry("a.py", b""), layers=("one", "two"))
    assert look(made, dist) == NativeCheck(summary="no native code among 2 files: pure Python")


def test_what_cannot_be_told_of_native_code_is_a_doubt(dist: DistDir) -> None:
    made = archived(dist, ZipArtifact, "dashboard", entry("dashboard/x.so", b"no object"))
    found = look(made, dist).failure
    assert found is not None
    assert (found.kind, found.outcome) == ("doubt", "inconclusive")


@pytest.mark.parametrize("place", ["usr/local/bin/tool", "opt/lib/native.so", "var/task/a/native.so", "lib64/x.so"])
def test_native_code_is_found_wherever_an_image_adds_it(dist: DistDir, tmp_path: Path, place: str) -> None:
    forge = Forge(tmp_path / "scratch")
    newer = forge.library(tmp_path / "native.so", needs=[forge.stub("libc.so.6", "GLIBC_2.99")])
    found = look(image(dist, "app", ON_LAMBDA, {place: newer.read_bytes()}), dist)
    assert found.summary.startswith("1 native object, need GLIBC 2.99")
    assert found.failure is not None
    assert (found.failure.kind, f"/{place}: needs GLIBC_2.99" in found.failure.why) == ("native", True)


def test_what_the_base_has_is_not_judged_even_where_a_layer_touches_it(dist: DistDir) -> None:
    made = image(dist, "base", ON_LAMBDA, {"usr/bin/su": ON_LAMBDA["usr/bin/su"], "etc/passwd": b"1"})
    assert look(made, dist) == NativeCheck(summary="no native code among 1 file: pure Python")


def test_an_image_is_looked_at_down_to_lambda_s_own(dist: DistDir) -> None:
    hardened = {"usr/lib64/libbroken.so": b"\x7fELF, and broken"}
    image(dist, "base", ON_LAMBDA, hardened)
    found = look(image(dist, "app", ON_LAMBDA, hardened, {"var/task/a.py": b""}, base="base", below=2), dist)
    assert found.failure is not None
    assert "/usr/lib64/libbroken.so: it cannot be parsed" in found.failure.why


def test_another_base_than_it_was_built_upon_tells_nothing_of_it(dist: DistDir) -> None:
    image(dist, "base", ON_LAMBDA)
    made = image(dist, "app", ON_LAMBDA, {"var/task/a.py": b""}, base="base")
    dist.write_artifact(dist.folder("base"), replace(dist.read_artifact("base"), fingerprint=NONE))
    with pytest.raises(UsageError, match="app is of another tree than this one"):
        look(made, dist)


def linked(name: str, target: str) -> bytes:
    """A layer with one symbolic link."""
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w") as tar:
        made = tarfile.TarInfo(name)
        made.type, made.linkname = tarfile.SYMTYPE, target
        tar.addfile(made)
    return stream.getvalue()


def test_links_of_an_image_are_followed_and_a_circle_is_a_mistake(dist: DistDir, tmp_path: Path) -> None:
    forge = Forge(tmp_path / "scratch")
    bundled = forge.library(tmp_path / "libmine.so.1", soname="libmine.so.1")
    user = forge.library(tmp_path / "user.so", needs=[bundled])
    layer = {"opt/lib/libmine.so.1.2": bundled.read_bytes(), "var/task/user.so": user.read_bytes()}
    assert look(image(dist, "app", ON_LAMBDA, layer), dist).failure is not None
    there = linked("opt/lib/libmine.so.1", "libmine.so.1.2")
    assert look(image(dist, "app", ON_LAMBDA, layer, there), dist).failure is None
    elsewhere = linked("var/task/motd", "/etc/motd")
    assert look(image(dist, "app", ON_LAMBDA, elsewhere), dist).failure is None, "all of an image is its own"
    found = look(image(dist, "app", ON_LAMBDA, linked("var/task/a", "a")), dist).failure
    assert found is not None
    assert "/var/task/a: the link leads round in a circle" in found.why


def test_a_layer_by_itself_is_looked_at_where_it_will_lie(dist: DistDir) -> None:
    made = archived(dist, LayerArtifact, "deps", entry("python/x.so", b"no object"))
    found = look(made, dist).failure
    assert found is not None
    assert "/opt/python/x.so: " in found.why


@pytest.mark.parametrize(
    ("tag", "locked", "minor"),
    [
        ("3.13.2025.11.10.09-x86_64", "", "3.13"),
        ("3.12-x86_64", "3.13", "3.12"),
        ("latest", "3.13", "3.13"),
    ],
)
def test_python_is_the_base_s_however_its_tag_is_written(dist: DistDir, tag: str, locked: str, minor: str) -> None:
    base = f"public.ecr.aws/lambda/python:{tag}@sha256:" + "5" * 64
    made = image(dist, "app", ON_LAMBDA, {"var/task/a.so": b"no object"}, base=base)
    option = (Input(kind="option", name="python", digest=locked),) if locked else ()
    found = look(replace(made, inputs=(*made.inputs, *option)), dist).failure
    assert found is not None
    assert f"python{minor} on linux/amd64" in found.what


@pytest.mark.parametrize("base", ["docker.io/library/debian:13@sha256:1", "scratch"])
def test_of_an_image_on_a_base_that_is_not_lambda_s_it_cannot_be_told(dist: DistDir, base: str) -> None:
    made = replace(image(dist, "app", {"var/task/a.py": b""}), base=base)
    found = look(made, dist)
    assert found.summary == "not looked at: its base is not one of Lambda's"
    assert found.failure is not None
    assert (found.failure.kind, found.failure.outcome) == ("doubt", "inconclusive")
    assert found.failure.what == "whether native code in app runs on Lambda cannot be told"
    assert "build it upon public.ecr.aws/lambda/python:" in found.failure.remedy
    assert inspection(made, dist) is None


def test_a_builder_s_base_says_nothing_of_the_image(dist: DistDir) -> None:
    made = replace(image(dist, "app", {"var/task/a.py": b""}), base="docker.io/library/debian:13@sha256:1")
    assert [one.name for one in made.inputs] == [LAMBDA], "its last FROM names another"
    assert look(made, dist).failure is not None
