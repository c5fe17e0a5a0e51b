import json
import tarfile
from pathlib import Path

import pytest
from fakes import recipes
from fakes.builder import FakeBuildx, FakeDocker
from fakes.oci import write_layout
from msgspec.structs import replace

from lockage.build.bases import NO_BASE_EPOCH, Bases, Ground, seconds, write_archive
from lockage.errors import LockageError
from lockage.model.artifact import ImageArtifact
from lockage.model.ids import Digest, Fingerprint
from lockage.oci import layout
from lockage.plan.recipe import Base
from lockage.tools.buildx import Builder
from lockage.tools.docker import Image


@pytest.mark.parametrize(
    ("created", "epoch"),
    [
        ("2026-06-11T00:00:00Z", 1781136000),
        ("2026-06-11T00:00:00.000000001Z", 1781136000),
        ("2026-06-11T00:00:00.1Z", 1781136001),
        ("2026-06-11T02:00:00.123456789+02:00", 1781136001),
    ],
)
def test_a_time_is_rounded_up_so_that_no_file_of_the_base_is_newer(created: str, epoch: int) -> None:
    assert seconds(created) == epoch


def test_an_image_from_scratch_carries_a_fixed_time() -> None:
    recipe = recipes.recipe(text="FROM scratch\nCOPY a b\n")
    assert Bases(FakeDocker(), FakeBuildx(), "p").ground(recipe, {}) == Ground(epoch=NO_BASE_EPOCH, layers=0)


def test_a_base_s_time_and_layers_are_found_in_the_registry_the_store_or_a_layout(tmp_path: Path) -> None:
    write_layout(tmp_path, layers=[{"a": b"1"}], config={"created": "2020-01-01T00:00:00Z"})
    docker, found = FakeDocker("standin@sha256:1"), []
    docker.images["standin@sha256:1"] = replace(docker.images["standin@sha256:1"], layers=7)
    bases = Bases(docker, FakeBuildx(), "p")
    for context in ("", "docker-image://standin@sha256:1", f"oci-layout://{tmp_path}@sha256:1"):
        base = Base(reference=recipes.PINNED, context=context, digest="sha256:1")
        found.append(bases.ground(recipes.recipe(bases=(base,)), {}))
    assert [(one.epoch, one.layers) for one in found] == [(1781136001, 0), (1781136001, 7), (1577836800, 1)]


def test_an_image_of_the_project_hands_its_time_on_with_all_its_layers(tmp_path: Path) -> None:
    write_layout(tmp_path, layers=[{"a": b"1"}, {"b": b"1"}], config={"created": "2020-01-01T00:00:00Z"})
    found = Bases(FakeDocker(), FakeBuildx(), "p").ground(recipes.platform(), {"base": tmp_path})
    assert found == Ground(epoch=1577836800, layers=2)


def read_archive(path: Path) -> dict[str, bytes]:
    with tarfile.open(path) as tar:
        return {member.name: stream.read() if (stream := tar.extractfile(member)) else b"" for member in tar}


@pytest.mark.parametrize("separator", ["@", ":"])
def test_an_archive_holds_the_image_under_its_reference_for_either_store(tmp_path: Path, separator: str) -> None:
    digest = write_layout(tmp_path / "layout", layers=[{"a": b"1"}, {"b": b"2"}])
    image = layout.read(tmp_path / "layout")
    reference = f"lockage/p-base{separator}{digest}"
    write_archive(image, reference, tmp_path / "image.tar")
    found = read_archive(tmp_path / "image.tar")
    blobs = [f"blobs/sha256/{blob.partition(':')[2]}" for blob in image.digests]
    assert set(found) == {"oci-layout", "index.json", "manifest.json", *blobs}
    [manifest] = json.loads(found["index.json"])["manifests"]
    assert manifest["digest"] == digest
    assert manifest["annotations"] == {"io.containerd.image.name": f"docker.io/{reference}"}
    [legacy] = json.loads(found["manifest.json"])
    assert (legacy["Config"], legacy["Layers"]) == (blobs[1], blobs[2:])
    assert legacy["RepoTags"] == ([] if separator == "@" else [reference])


def test_an_image_is_loaded_once_and_named_as_its_store_can(tmp_path: Path) -> None:
    digest = Digest(write_layout(tmp_path, layers=[{"a": b"1"}]))
    artifact = ImageArtifact(
        name="base", digest=digest, fingerprint=Fingerprint("f"), platform="p", size=1, unpacked=1, layers=(), inputs=()
    )
    docker = FakeDocker()
    assert Bases(docker, FakeBuildx(), "p").load(artifact, tmp_path) == f"lockage/p-base@{digest}"
    docker.images[f"lockage/p-base@{digest}"] = Image(digest=digest, created="", layers=1)
    assert Bases(docker, FakeBuildx(), "p").load(artifact, tmp_path) == f"lockage/p-base@{digest}"
    assert len(docker.loaded) == 1
    apart = FakeBuildx(Builder(name="lockage", identity="moby/buildkit", container=True))
    assert Bases(docker, apart, "p").load(artifact, tmp_path) == f"lockage/p-base:{digest.replace(':', '-')}"


@pytest.mark.parametrize(("digest", "found"), [("sha256:" + "d" * 64, "sha256:" + "c" * 64), ("x", "nothing")])
def test_a_tag_that_came_to_mean_something_else_since_the_plan_is_refused(digest: str, found: str) -> None:
    base = Base(reference=recipes.PINNED, context="docker-image://standin:1", digest=digest)
    docker = FakeDocker() if found == "nothing" else FakeDocker("standin:1")
    with pytest.raises(LockageError) as caught:
        Bases(docker, FakeBuildx(), "p").place_of(base)
    assert caught.value.what == "docker-image://standin:1 is not what was planned"
    assert caught.value.why == f"planned {digest}, found {found}"


STANDIN = Base(reference=recipes.PINNED, context="docker-image://standin:1", digest="sha256:" + "c" * 64)


def test_what_takes_an_image_s_place_runs_by_the_name_it_has_here() -> None:
    bases = Bases(FakeDocker("standin:1"), FakeBuildx(), "p")
    assert bases.runnable(STANDIN, "linux/amd64") == "standin:1"
    with pytest.raises(LockageError, match="is not what was planned"):
        Bases(FakeDocker(), FakeBuildx(), "p").runnable(STANDIN, "linux/amd64")


@pytest.mark.parametrize("context", ["", "docker-image://mirror.example/python@sha256:1"])
def test_an_image_of_a_registry_is_fetched_once_for_its_platform(context: str) -> None:
    base = Base(reference=recipes.PINNED, context=context, digest="sha256:1")
    name = context.removeprefix("docker-image://") or recipes.PINNED
    docker = FakeDocker()
    assert Bases(docker, FakeBuildx(), "p").runnable(base, "linux/arm64") == name
    assert docker.pulled == [(name, "linux/arm64")]
    there = FakeDocker(name)
    assert Bases(there, FakeBuildx(), "p").runnable(base, "linux/arm64") == name
    assert there.pulled == []


def test_a_layout_that_takes_an_image_s_place_is_loaded(tmp_path: Path) -> None:
    digest = write_layout(tmp_path, layers=[{"a": b"1"}])
    docker = FakeDocker()
    base = Base(reference=recipes.PINNED, context=f"oci-layout://{tmp_path}@{digest}", digest=digest)
    assert Bases(docker, FakeBuildx(), "p").runnable(base, "linux/amd64") == f"lockage/runtime@{digest}"
    assert len(docker.loaded) == 1
