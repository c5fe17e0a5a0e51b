"""Describing an image: both documents or none, and never those of before."""

import hashlib
from pathlib import Path

import pytest
from fakes.dist import put_image
from fakes.images import write_clean
from fakes.oci import write_layout
from fakes.scanner import FakeSyft, tool

from lockage.errors import ToolError, UsageError
from lockage.inspect.describe import Describer
from lockage.inspect.documents import SbomDoubtful
from lockage.model.dist import DistDir
from lockage.model.sbom import Sbom
from lockage.oci import layout as oci

CONFIG = Path(__file__).parents[3] / "sbom" / "syft.yaml"


@pytest.fixture
def dist(tmp_path: Path) -> DistDir:
    dist = DistDir(tmp_path / "dist")
    put_image(dist, "platform", write_clean)
    return dist


def describe(dist: DistDir, name: str, syft: FakeSyft) -> Sbom:
    return Describer(dist, syft).describe(name)


def left(dist: DistDir) -> list[str]:
    return sorted(path.name for path in dist.folder("platform").iterdir())


def test_both_documents_are_written_and_named_by_their_bytes(dist: DistDir) -> None:
    syft = FakeSyft()
    sbom = describe(dist, "platform", syft)
    assert (sbom.packages, sbom.os_packages, sbom.second_source) == (1, 1, "")
    assert sbom.artifact == dist.read_artifact("platform").digest
    for path, digest in ((dist.cyclonedx("platform"), sbom.cyclonedx), (dist.spdx("platform"), sbom.spdx)):
        assert digest == f"sha256:{hashlib.sha256(path.read_bytes()).hexdigest()}"
    assert syft.described == [("platform", dist.layout("platform"))]
    assert left(dist) == ["artifact.json", "layout", "sbom.cdx.json", "sbom.spdx.json"]


def test_the_same_image_gives_the_same_bytes(dist: DistDir) -> None:
    assert describe(dist, "platform", FakeSyft()) == describe(dist, "platform", FakeSyft())


def test_what_stands_is_of_this_image_program_and_configuration(dist: DistDir, tmp_path: Path) -> None:
    syft = FakeSyft()
    assert Describer(dist, syft).standing("platform") is None
    made = describe(dist, "platform", syft)
    assert Describer(dist, syft).standing("platform") == made
    raised = FakeSyft()
    raised.tool = tool("syft", "1.52.0", sha256="f" * 64)
    assert Describer(dist, raised).standing("platform") is None
    other_config = tmp_path / "syft.yaml"
    other_config.write_text("scope: all-layers\n")
    assert Describer(dist, FakeSyft(other_config)).standing("platform") is None


def test_what_stands_of_another_image_is_none_of_this_one(dist: DistDir) -> None:
    describe(dist, "platform", FakeSyft())
    kept = {path: path.read_bytes() for path in (dist.cyclonedx("platform"), dist.spdx("platform"))}
    put_image(dist, "platform", lambda path: write_layout(path, layers=[{"a": b"b"}]))
    assert {path: path.read_bytes() for path in kept} == kept
    assert Describer(dist, FakeSyft()).standing("platform") is None


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"metadata":', '{"metadata": {"component": []}}'])
def test_what_stands_and_cannot_be_read_is_made_again(dist: DistDir, text: str) -> None:
    describe(dist, "platform", FakeSyft())
    dist.cyclonedx("platform").write_text(text)
    assert Describer(dist, FakeSyft()).standing("platform") is None


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
    layer = dist.read_artifact("platform").layers[0]
    blob = dist.layout("platform") / "blobs" / "sha256" / layer.digest.removeprefix("sha256:")
    blob.write_bytes(bytes(layer.size))
    with pytest.raises(oci.LayoutError):
        describe(dist, "platform", FakeSyft())


def test_an_image_that_was_not_built_is_a_usage_error(dist: DistDir) -> None:
    with pytest.raises(UsageError, match=r"base has no readable artifact\.json"):
        describe(dist, "base", FakeSyft())
