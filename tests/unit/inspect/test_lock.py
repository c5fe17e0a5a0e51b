"""What a lock says of an artifact: of the very lock it was built of, for the target it was built for."""

import hashlib
from pathlib import Path

import pytest
from fakes.archives import Package, lock_text, put_archive
from fakes.dist import put_image
from fakes.oci import write_layout
from msgspec.structs import replace

from lockage.errors import UsageError
from lockage.inspect import lock
from lockage.model.artifact import ImageArtifact, Input
from lockage.model.dist import DistDir
from lockage.model.ids import Fingerprint

JINJA = Package(name="jinja2", version="3.1.6")
SIX = Package(name="six", version="1.17.0")


@pytest.fixture
def dist(tmp_path: Path) -> DistDir:
    return DistDir(tmp_path / "dist")


def put(dist: DistDir, name: str, *inputs: Input) -> ImageArtifact:
    made = put_image(dist, name, lambda path: write_layout(path, layers=[{name: b""}]))
    made = replace(made, inputs=inputs, fingerprint=Fingerprint(f"sha256:{name}"))
    dist.write_artifact(dist.folder(name), made)
    return made


def locked(root: Path, path: str, *packages: Package) -> tuple[Input, ...]:
    content = lock_text(packages).encode()
    (root / path).write_bytes(content)
    digest = f"sha256:{hashlib.sha256(content).hexdigest()}"
    return (
        Input(kind="requirements", name=path, digest=digest),
        Input(kind="option", name="python", digest="3.13"),
    )


def test_packages_are_named_with_their_line_and_the_files_they_may_be_of(dist: DistDir, tmp_path: Path) -> None:
    text = f"# by hand\njinja2==3.1.6 \\\n    --hash=sha256:{'b' * 64} \\\n    --hash=sha256:{'a' * 64}\n"
    found = lock.read(put_archive(dist, "shop", lock=text), tmp_path, dist)
    [package] = found.packages
    assert (package.name, package.version) == ("jinja2", "3.1.6")
    assert package.place == "functions/shop/requirements.lock, line 2"
    assert package.hashes == ("a" * 64, "b" * 64)
    assert [one.name for one in found.files] == ["functions/shop/requirements.lock"]


def test_what_was_built_from_an_sdist_is_told_apart(dist: DistDir, tmp_path: Path) -> None:
    artifact = put_archive(dist, "shop", [JINJA, SIX])
    source = Input(kind="option", name="from source", digest="Six other")
    found = lock.read(replace(artifact, inputs=(*artifact.inputs, source)), tmp_path, dist)
    assert [(one.name, one.built) for one in found.packages] == [("jinja2", False), ("six", True)]


def test_what_was_built_of_no_lock_has_none(dist: DistDir, tmp_path: Path) -> None:
    assert lock.read(put_archive(dist, "shop"), tmp_path, dist) == lock.Lock()


MARKERS = {
    "sys_platform == 'linux'": True,
    "sys_platform == 'win32'": False,
    "python_version >= '3.13'": True,
    "python_full_version < '3.13'": False,
    "platform_machine == 'x86_64'": True,
    "platform_machine == 'aarch64'": False,
    "implementation_name == 'pypy'": False,
    "python_full_version < '3.14' and platform_system == 'Linux'": True,
}


@pytest.mark.parametrize("marker", MARKERS)
def test_markers_are_asked_about_the_target_not_about_this_machine(dist: DistDir, tmp_path: Path, marker: str) -> None:
    text = f"six==1.17.0 ; {marker} \\\n    --hash=sha256:{'a' * 64}\n"
    found = lock.read(put_archive(dist, "shop", lock=text), tmp_path, dist)
    assert (len(found.packages), len(found.left_out)) == ((1, 0) if MARKERS[marker] else (0, 1))


def test_the_target_is_the_artifacts_own(dist: DistDir, tmp_path: Path) -> None:
    text = f"six==1.17.0 ; python_version == '3.12' and platform_machine == 'aarch64' --hash=sha256:{'a' * 64}\n"
    artifact = replace(put_archive(dist, "shop", lock=text), runtime="python3.12", platform="linux/arm64")
    assert len(lock.read(artifact, tmp_path, dist).packages) == 1


def test_an_image_has_the_locks_of_those_it_is_built_upon_too(dist: DistDir, tmp_path: Path) -> None:
    base = put(dist, "base", *locked(tmp_path, "base.lock", SIX))
    upon = Input(kind="base", name="base", digest=base.fingerprint)
    outside = Input(kind="base", name="python:3.13@sha256:0", digest="sha256:0")
    platform = put(dist, "platform", *locked(tmp_path, "platform.lock", JINJA), upon, outside)
    found = lock.read(platform, tmp_path, dist)
    assert [one.place for one in found.packages] == ["platform.lock, line 1", "base.lock, line 1"]


def test_another_lock_than_it_was_built_of_is_no_witness(dist: DistDir, tmp_path: Path) -> None:
    artifact = put_archive(dist, "shop", [SIX])
    path = tmp_path / "functions" / "shop" / "requirements.lock"
    path.write_text(lock_text([JINJA]))
    with pytest.raises(UsageError) as caught:
        lock.read(artifact, tmp_path, dist)
    assert caught.value.what == "shop is of another tree than this one"
    assert caught.value.why.startswith("it is built of functions/shop/requirements.lock of sha256:")
    assert caught.value.remedy == "build it again: ./noxw -s build -- shop"
    path.unlink()
    with pytest.raises(UsageError) as caught:
        lock.read(artifact, tmp_path, dist)
    assert "that cannot be read: No such file or directory" in caught.value.why


def test_another_base_than_it_was_built_upon_is_no_witness(dist: DistDir, tmp_path: Path) -> None:
    put(dist, "base")
    platform = put(dist, "platform", Input(kind="base", name="base", digest="sha256:older"))
    with pytest.raises(UsageError) as caught:
        lock.read(platform, tmp_path, dist)
    assert caught.value.why == "it is built upon base of sha256:older; in dist/ is sha256:base"
