"""Whose native code is held to Lambda's runtime, and where its parts are mounted; what is held is tested elsewhere."""

from pathlib import Path

import pytest
from fakes.forge import Forge

from lockage.build.archive import Entry, entry, write
from lockage.cli.natives import look
from lockage.model.artifact import Artifact, ImageArtifact, Input, LayerArtifact, ZipArtifact
from lockage.model.check import NativeCheck
from lockage.model.dist import DistDir
from lockage.model.ids import Digest, Fingerprint

NONE = Fingerprint("sha256:" + "0" * 64)


def archived(
    dist: DistDir, artifact: type[ZipArtifact | LayerArtifact], name: str, *entries: Entry, **more: object
) -> Artifact:
    folder = dist.beside(name)
    digest, size = write(folder / "archive.zip", entries)
    about = {"name": name, "digest": digest, "fingerprint": NONE, "platform": "linux/amd64", "runtime": "python3.13"}
    made = artifact(**about, size=size, unpacked=1, inputs=(), **more)  # type: ignore[arg-type]
    dist.write_artifact(folder, made)
    dist.replace(name, folder)
    return made


def image(name: str, base: str) -> ImageArtifact:
    return ImageArtifact(
        name=name,
        digest=Digest("sha256:" + "1" * 64),
        fingerprint=NONE,
        platform="linux/amd64",
        size=1,
        unpacked=1,
        layers=(),
        inputs=(Input(kind="base", name=base, digest="sha256:1"),),
    )


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


def test_an_image_on_a_base_that_is_not_lambda_s_is_left_to_its_run(dist: DistDir) -> None:
    found = look(image("app", "docker.io/library/debian:13@sha256:1"), dist)
    assert (found.summary[:30], found.failure) == ("not looked at: its base is not", None)
