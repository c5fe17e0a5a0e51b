"""Describing an artifact: all its documents or none, and never those of before."""

import hashlib
import json
from pathlib import Path

import pytest
from fakes.archives import Package, put_archive
from fakes.dist import put_image
from fakes.images import write_clean
from fakes.oci import write_layout
from fakes.scanner import FakeSyft, tool
from msgspec.structs import replace

from lockage.errors import ToolError, UsageError
from lockage.inspect.describe import Describer
from lockage.inspect.documents import SbomDoubtful
from lockage.inspect.truth import Untrue
from lockage.model.artifact import ImageArtifact, Input
from lockage.model.dist import DistDir
from lockage.model.sbom import Sbom
from lockage.oci import layout as oci
from lockage.tools.unpack import UnpackError

CONFIG = Path(__file__).parents[3] / "sbom" / "syft.yaml"
JINJA = Package(name="Jinja2", version="3.1.6")
SIX = Package(name="six", version="1.17.0")


@pytest.fixture
def dist(tmp_path: Path) -> DistDir:
    dist = DistDir(tmp_path / "dist")
    put_image(dist, "platform", write_clean)
    return dist


def describe(dist: DistDir, name: str, syft: FakeSyft) -> Sbom:
    return describer(dist, syft).describe(name)


def describer(dist: DistDir, syft: FakeSyft) -> Describer:
    return Describer(dist, dist.root.parent, syft)


def left(dist: DistDir, name: str = "platform") -> list[str]:
    return sorted(path.name for path in dist.folder(name).iterdir())


def test_all_documents_are_written_and_named_by_their_bytes(dist: DistDir) -> None:
    syft = FakeSyft()
    sbom = describe(dist, "platform", syft)
    assert (sbom.packages, sbom.os_packages, sbom.agreed, sbom.second_source) == (1, 1, 0, "")
    assert sbom.artifact == dist.read_artifact("platform").digest
    named = (sbom.cyclonedx, sbom.spdx, sbom.profile)
    for path, digest in zip(documents_of(dist, "platform"), named, strict=True):
        assert digest == f"sha256:{hashlib.sha256(path.read_bytes()).hexdigest()}"
    assert syft.described == [("platform", dist.layout("platform"))]
    assert left(dist) == ["artifact.json", "layout", "sbom.cdx.json", "sbom.packages.cdx.json", "sbom.spdx.json"]


def documents_of(dist: DistDir, name: str) -> tuple[Path, Path, Path]:
    return dist.cyclonedx(name), dist.spdx(name), dist.profile(name)


def test_the_same_image_gives_the_same_bytes(dist: DistDir) -> None:
    assert describe(dist, "platform", FakeSyft()) == describe(dist, "platform", FakeSyft())


def test_what_stands_is_of_this_image_program_and_configuration(dist: DistDir, tmp_path: Path) -> None:
    syft = FakeSyft()
    assert describer(dist, syft).standing("platform") is None
    made = describe(dist, "platform", syft)
    assert describer(dist, syft).standing("platform") == made
    raised = FakeSyft()
    raised.tool = tool("syft", "1.52.0", sha256="f" * 64)
    assert describer(dist, raised).standing("platform") is None
    other_config = tmp_path / "syft.yaml"
    other_config.write_text("scope: all-layers\n")
    assert describer(dist, FakeSyft(other_config)).standing("platform") is None


def test_what_stands_of_another_image_is_none_of_this_one(dist: DistDir) -> None:
    describe(dist, "platform", FakeSyft())
    kept = {path: path.read_bytes() for path in documents_of(dist, "platform")}
    put_image(dist, "platform", lambda path: write_layout(path, layers=[{"a": b"b"}]))
    assert {path: path.read_bytes() for path in kept} == kept
    assert describer(dist, FakeSyft()).standing("platform") is None


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"metadata":', '{"metadata": {"component": []}}'])
@pytest.mark.parametrize("which", [0, 1, 2])
def test_what_stands_and_cannot_be_read_is_made_again(dist: DistDir, text: str, which: int) -> None:
    describe(dist, "platform", FakeSyft())
    documents_of(dist, "platform")[which].write_text(text)
    assert describer(dist, FakeSyft()).standing("platform") is None


def test_a_cataloguer_that_fails_leaves_nothing_not_even_older_documents(dist: DistDir) -> None:
    syft = FakeSyft()
    describe(dist, "platform", syft)
    syft.fails = ToolError("syft failed with exit code 1", why="", remedy="")
    with pytest.raises(ToolError):
        describe(dist, "platform", syft)
    assert left(dist) == ["artifact.json", "layout"]


def test_a_document_that_is_cut_off_is_refused_and_neither_is_left(dist: DistDir) -> None:
    syft = FakeSyft()
    syft.cut = True
    with pytest.raises(SbomDoubtful) as caught:
        describe(dist, "platform", syft)
    assert "spdx.json does not read as JSON" in caught.value.why
    assert left(dist) == ["artifact.json", "layout"]


def test_a_layout_with_another_image_is_refused(dist: DistDir) -> None:
    new = write_layout(dist.layout("platform"), layers=[{"a": b"b"}])
    with pytest.raises(SbomDoubtful) as caught:
        describe(dist, "platform", FakeSyft())
    assert f"the CycloneDX document is about {new}" in caught.value.why


def test_a_layer_with_other_bytes_is_refused(dist: DistDir) -> None:
    artifact = dist.read_artifact("platform")
    assert isinstance(artifact, ImageArtifact)
    layer = artifact.layers[0]
    blob = dist.layout("platform") / "blobs" / "sha256" / layer.digest.removeprefix("sha256:")
    blob.write_bytes(bytes(layer.size))
    with pytest.raises(oci.LayoutError):
        describe(dist, "platform", FakeSyft())


def test_what_was_not_built_is_a_usage_error(dist: DistDir) -> None:
    with pytest.raises(UsageError, match=r"base has no readable artifact\.json"):
        describe(dist, "base", FakeSyft())


def test_a_zip_is_described_unpacked_and_held_to_its_lock(dist: DistDir) -> None:
    artifact, syft = put_archive(dist, "shop", [JINJA, SIX]), FakeSyft()
    sbom = describe(dist, "shop", syft)
    assert (sbom.artifact, sbom.packages, sbom.os_packages, sbom.agreed) == (artifact.digest, 2, 0, 2)
    [(name, root)] = syft.described
    assert name == "shop"
    assert not root.exists(), "unpacked for a time only"
    assert describer(dist, FakeSyft()).standing("shop") == sbom


def test_documents_of_an_archive_are_about_its_bytes_and_of_a_fixed_time(dist: DistDir) -> None:
    artifact = put_archive(dist, "shop", [SIX], kind="layer")
    describe(dist, "shop", FakeSyft())
    for path in (dist.cyclonedx("shop"), dist.profile("shop")):
        about = json.loads(path.read_bytes())["metadata"]
        assert about["component"]["version"] == artifact.digest
        assert about["component"]["hashes"] == [{"alg": "SHA-256", "content": artifact.digest.removeprefix("sha256:")}]
        assert about["timestamp"] == "1980-01-01T00:00:00Z"
    [root] = [one for one in json.loads(dist.spdx("shop").read_bytes())["packages"] if "checksums" in one]
    assert (root["versionInfo"], root["primaryPackagePurpose"]) == (artifact.digest, "ARCHIVE")


def test_the_same_archive_elsewhere_gives_the_same_bytes(tmp_path: Path) -> None:
    made = []
    for place in ("here", "there"):
        dist = DistDir(tmp_path / place / "dist")
        put_archive(dist, "shop", [SIX])
        describe(dist, "shop", FakeSyft())
        made.append([path.read_bytes() for path in documents_of(dist, "shop")])
    assert made[0] == made[1]


def test_an_archive_may_have_no_packages_where_there_is_no_lock(dist: DistDir) -> None:
    put_archive(dist, "common", kind="layer")
    sbom = describe(dist, "common", FakeSyft())
    assert (sbom.packages, sbom.agreed) == (0, 0)


def test_of_an_archive_that_lies_no_document_is_left(dist: DistDir) -> None:
    put_archive(dist, "shop", [SIX])
    describe(dist, "shop", FakeSyft())
    put_archive(dist, "shop", [SIX], spoil=lambda files: files.update({"six/__init__.py": b"import os\n"}))
    with pytest.raises(Untrue, match="lock, SBOM and metadata of shop do not agree"):
        describe(dist, "shop", FakeSyft())
    assert left(dist, "shop") == ["archive.zip", "artifact.json"]


def test_an_archive_with_other_bytes_does_not_stand_and_is_refused(dist: DistDir) -> None:
    put_archive(dist, "shop", [SIX])
    describe(dist, "shop", FakeSyft())
    dist.archive("shop").write_bytes(b"another")
    assert describer(dist, FakeSyft()).standing("shop") is None
    with pytest.raises(UnpackError):
        describe(dist, "shop", FakeSyft())


def test_another_lock_than_it_was_built_of_is_said_even_where_documents_stand(dist: DistDir) -> None:
    put_archive(dist, "shop", [SIX])
    describe(dist, "shop", FakeSyft())
    lock = dist.root.parent / "functions" / "shop" / "requirements.lock"
    lock.write_text(lock.read_text() + "# more\n")
    with pytest.raises(UsageError, match="shop is of another tree than this one"):
        describer(dist, FakeSyft()).standing("shop")


def put_locked_image(dist: DistDir, installed: dict[str, bytes]) -> None:
    """An image with these packages in its task root, built of a lock that names six."""
    archive = put_archive(dist, "shop", [SIX])
    [lock] = [one for one in archive.inputs if one.kind == "requirements"]
    layer = {f"var/task/{path}": content for path, content in installed.items()}
    made = put_image(dist, "platform", lambda path: write_layout(path, layers=[{"etc/motd": b"1"}, layer]))
    python = Input(kind="option", name="python", digest="3.13")
    dist.write_artifact(dist.folder("platform"), replace(made, inputs=(lock, python), packages=archive.packages))


def test_the_packages_of_an_image_are_read_from_its_layers(dist: DistDir) -> None:
    put_locked_image(dist, {**SIX.installed(), "model.bin": b"anything"})
    syft = FakeSyft()
    syft.recognises = (("pkg:pypi/six@1.17.0", f"/var/task/{SIX.info}/METADATA"), ("pkg:pypi/pip@25", "/var/lang/pip"))
    sbom = describe(dist, "platform", syft)
    assert (sbom.packages, sbom.os_packages, sbom.agreed) == (3, 1, 1)


def test_an_image_whose_package_was_made_over_is_refused(dist: DistDir) -> None:
    put_locked_image(dist, Package(name="six", version="1.17.0", modules={"six/_more.py": b"import os\n"}).installed())
    syft = FakeSyft()
    syft.recognises = (("pkg:pypi/six@1.17.0", f"/var/task/{SIX.info}/METADATA"),)
    with pytest.raises(Untrue) as caught:
        describe(dist, "platform", syft)
    [line] = caught.value.why.splitlines()
    assert line.startswith(f"changed: /var/task/{SIX.info}/RECORD: artifact.json says sha256:")


def test_an_image_that_lies_about_its_packages_is_refused(dist: DistDir) -> None:
    put_locked_image(dist, {**SIX.installed(), "six/__init__.py": b"import os\n"})
    with pytest.raises(Untrue) as caught:
        describe(dist, "platform", FakeSyft())
    missing, changed = caught.value.why.splitlines()
    assert missing.startswith("missing: six: the lock says 1.17.0")
    assert "the SBOM does not name it; metadata says 1.17.0 (/var/task/six-1.17.0.dist-info)" in missing
    assert changed.startswith("changed: /var/task/six/__init__.py: /var/task/six-1.17.0.dist-info/RECORD says sha256:")
