"""SBOMs by the real Syft, judged by others' parsers."""

import json
from pathlib import Path

import pytest
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from fakes.archives import Files, Package, put_archive
from fakes.dist import put_image
from fakes.gate_project import GateProject, Make
from fakes.images import python_packages, write_amazon, write_clean
from fakes.oci import write_layout
from spdx_tools.spdx.parser.parse_anything import parse_file
from spdx_tools.spdx.validation.document_validator import validate_full_spdx_document

from lockage.cli.main import main_inner
from lockage.inspect.describe import Describer
from lockage.inspect.documents import SbomDoubtful
from lockage.inspect.truth import Untrue
from lockage.model.dist import DistDir
from lockage.tools.locked import Locked
from lockage.tools.syft import Syft

pytestmark = pytest.mark.tools

CONFIG = Path(__file__).parents[3] / "sbom" / "syft.yaml"
IMAGES = {"clean": write_clean, "amazon": write_amazon}


@pytest.fixture
def project(make_project: Make) -> GateProject:
    project = make_project(IMAGES)
    main_inner(["sbom", "--project", str(project.file), *IMAGES])
    return project


def describer(dist: DistDir) -> Describer:
    return Describer(dist, dist.root.parent, Syft(Locked().path("syft"), CONFIG))


@pytest.mark.parametrize("name", IMAGES)
def test_both_documents_are_valid_to_others(project: GateProject, name: str) -> None:
    cyclonedx = project.dist.cyclonedx(name).read_text()
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(cyclonedx) is None
    document = parse_file(str(project.dist.spdx(name)))
    assert document.creation_info.spdx_version == "SPDX-2.3"
    assert validate_full_spdx_document(document) == []


@pytest.mark.parametrize("name", IMAGES)
def test_they_are_about_the_exact_digest_and_name_every_package(project: GateProject, name: str) -> None:
    document = json.loads(project.dist.cyclonedx(name).read_bytes())
    assert document["metadata"]["component"]["version"] == project.dist.read_artifact(name).digest
    purls = {one["purl"].partition("?")[0] for one in document["components"] if "purl" in one}
    expected = {
        "clean": {"pkg:deb/debian/glibc@2.41-12%2Bdeb13u4", "pkg:deb/debian/openssl@3.5.7-1~deb13u2"},
        "amazon": {
            "pkg:rpm/amzn/glibc@2.34-231.amzn2023.0.2",
            "pkg:rpm/amzn/libtasn1@4.19.0-1.amzn2023.0.6",
            "pkg:rpm/amzn/openssl-libs@3.2.2-1.amzn2023.0.3",
        },
    }[name]
    assert purls == {*expected, "pkg:pypi/jinja2@3.1.6"}


def test_they_are_of_packages_not_of_files(project: GateProject) -> None:
    kinds = {one["type"] for one in json.loads(project.dist.cyclonedx("clean").read_bytes())["components"]}
    assert kinds == {"library", "operating-system"}
    assert "files" not in json.loads(project.dist.spdx("clean").read_bytes())


def test_the_same_image_elsewhere_has_the_same_documents(project: GateProject, tmp_path: Path) -> None:
    elsewhere = DistDir(tmp_path / "else" / "where")
    put_image(elsewhere, "clean", write_clean)
    describer(elsewhere).describe("clean")
    assert elsewhere.cyclonedx("clean").read_bytes() == project.dist.cyclonedx("clean").read_bytes()
    assert elsewhere.spdx("clean").read_bytes() == project.dist.spdx("clean").read_bytes()


def test_what_stands_is_not_made_again(project: GateProject, capsys: pytest.CaptureFixture[str]) -> None:
    capsys.readouterr()
    main_inner(["sbom", "--project", str(project.file), "clean"])
    assert "reused" in capsys.readouterr().err


def test_an_image_without_an_operating_system_gets_none(tmp_path: Path) -> None:
    dist = DistDir(tmp_path / "dist")
    put_image(dist, "bare", lambda path: write_layout(path, layers=[python_packages({"jinja2": "3.1.6"})]))
    with pytest.raises(SbomDoubtful) as caught:
        describer(dist).describe("bare")
    assert caught.value.why == "no package of an operating system among 1 packages"
    assert not dist.cyclonedx("bare").exists()


JINJA = Package(name="jinja2", version="3.1.6")
SIX = Package(name="six", version="1.17.0")


def test_a_locked_package_whose_metadata_is_gone_is_missed_by_name(tmp_path: Path) -> None:
    def without_metadata(files: Files) -> None:
        for path in [path for path in files if path.startswith(JINJA.info)]:
            del files[path]

    dist = DistDir(tmp_path / "dist")
    put_archive(dist, "shop", [JINJA, SIX])
    assert describer(dist).describe("shop").agreed == 2
    put_archive(dist, "shop", [JINJA, SIX], spoil=without_metadata)
    with pytest.raises(Untrue) as caught:
        describer(dist).describe("shop")
    assert caught.value.what == "lock, SBOM and metadata of shop do not agree; no SBOM was written"
    assert caught.value.why.splitlines() == [
        (
            "missing: jinja2: the lock says 3.1.6 (functions/shop/requirements.lock, line 1); "
            "the SBOM does not name it; metadata does not name it"
        ),
        "extra: /var/task/jinja2/__init__.py: no RECORD names it, and it is of no source of the project",
    ]
    assert caught.value.remedy.startswith("build it again from its lock: ./noxw -s build -- shop")
    assert not dist.cyclonedx("shop").exists()
