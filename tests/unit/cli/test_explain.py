"""The verb reads what stands and says the rest is not measured; it builds and changes nothing."""

import json
import zipfile
from pathlib import Path

import msgspec
import pytest
from fakes.dist import put_image as dist_image
from fakes.forge import Forge
from fakes.oci import write_layout
from fakes.packaged_project import PROJECT, put_image, put_zip, write_project
from msgspec.structs import replace

from lockage.cli.main import main_inner
from lockage.errors import UsageError
from lockage.model.artifact import ImageArtifact, Input
from lockage.model.dist import DistDir
from lockage.model.packaging import Measured, Measurements
from lockage.plan.packaging.measurements import keep


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    write_project(tmp_path)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def dist(root: Path) -> DistDir:
    return DistDir(root / "dist")


def build(dist: DistDir, name: str, *, layer: bool = False) -> None:
    """An archive of one pure file."""
    put_zip(dist, name, 1_000, 2_000, layer=layer)
    with zipfile.ZipFile(dist.archive(name), "w") as archive:
        archive.writestr(f"{'python/' * layer}{name}.py", "pass\n")


def describe(dist: DistDir, name: str, *purls: str) -> None:
    components = [{"purl": purl} for purl in purls] + [{"name": "a file"}]
    dist.cyclonedx(name).write_text(json.dumps({"components": components}))


def test_the_answer_comes_first_and_data_is_on_standard_output(
    dist: DistDir, capsys: pytest.CaptureFixture[str]
) -> None:
    build(dist, "dashboard")
    main_inner(["explain", "dashboard"])
    told = capsys.readouterr()
    assert told.out.startswith("dashboard: zip, as declared\n")
    assert "native objects 0" in told.out
    assert told.err == ""


@pytest.mark.usefixtures("root")
def test_what_is_not_built_is_named_with_the_way_to_build_it(capsys: pytest.CaptureFixture[str]) -> None:
    main_inner(["explain", "ingestion"])
    told = capsys.readouterr()
    assert told.out.startswith("ingestion: inconclusive: ")
    assert "  unpacked as a zip       decides\n" in told.out
    names = "ingestion dependencies common"
    assert f"not built here, so not measured: {names}; build with: ./noxw -s build -- {names}\n" in told.err


def test_a_layered_function_is_told_with_all_its_layers(dist: DistDir, capsys: pytest.CaptureFixture[str]) -> None:
    build(dist, "ingestion")
    build(dist, "dependencies", layer=True)
    build(dist, "common", layer=True)
    main_inner(["explain", "ingestion"])
    told = capsys.readouterr()
    assert told.out.startswith("ingestion: layers, as declared\n")
    assert "unpacked as a zip 6.0 kB" in told.out


def test_an_image_is_told_with_its_tools_and_packages(dist: DistDir, capsys: pytest.CaptureFixture[str]) -> None:
    put_image(dist, "platform", "opa 1.19.1")
    describe(dist, "platform", "pkg:pypi/boto3@1", "pkg:rpm/amzn/bash@5", "pkg:rpm/amzn/bash@5", "pkg:oci/platform@1")
    main_inner(["explain", "scorer"])
    told = capsys.readouterr().out
    assert told.startswith("scorer: image, as declared\n")
    assert "programs of the system 1 (opa 1.19.1);" in " ".join(told.split())
    assert "packages 2; packages of the system 1" in " ".join(told.split())


def test_an_image_is_told_with_its_native_code_wherever_it_lies(
    dist: DistDir, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    forge = Forge(tmp_path / "scratch")
    module = forge.library(tmp_path / "native.so", needs=[forge.stub("libc.so.6", "GLIBC_2.28")]).read_bytes()
    layers = [{"usr/bin/su": b"\x7fELF"}, {"var/task/native.so": module, "opt/lib/native.so": module}]
    made = dist_image(dist, "platform", lambda place: write_layout(place, layers=layers))
    lambdas = "public.ecr.aws/lambda/python:3.13@sha256:" + "5" * 64
    dist.write_artifact(dist.folder("platform"), replace(made, base=lambdas, base_layers=1))
    main_inner(["explain", "scorer"])
    told = " ".join(capsys.readouterr().out.split())
    assert "native objects 2" in told
    assert "C library needed GLIBC 2.28" in told


def test_of_an_image_on_another_base_native_code_is_not_guessed(
    dist: DistDir, capsys: pytest.CaptureFixture[str]
) -> None:
    put_image(dist, "platform", "opa 1.19.1")
    main_inner(["explain", "scorer"])
    told = " ".join(capsys.readouterr().out.split())
    assert "C library needed would" in told
    assert "native objects" not in told


@pytest.mark.parametrize("base", ["public.ecr.aws/lambda/python:3.6@sha256:" + "5" * 64, "base"])
def test_where_an_image_s_runtime_is_not_known_or_its_base_not_here_native_code_is_not_measured(
    dist: DistDir, capsys: pytest.CaptureFixture[str], base: str
) -> None:
    put_image(dist, "platform", "opa 1.19.1")
    made = dist.read_artifact("platform")
    assert isinstance(made, ImageArtifact)
    upon = Input(kind="base", name=base, digest="sha256:" + "5" * 64)
    dist.write_artifact(dist.folder("platform"), replace(made, base=base, base_layers=1, inputs=(*made.inputs, upon)))
    main_inner(["explain", "scorer"])
    told = " ".join(capsys.readouterr().out.split())
    assert "C library needed would" in told
    assert "native objects" not in told


def test_a_declaration_that_the_rules_contradict_is_a_warning(
    root: Path, dist: DistDir, capsys: pytest.CaptureFixture[str]
) -> None:
    dashboard = {**PROJECT["zips"]["dashboard"], "sources": ["functions/dashboard", "functions/common"]}
    functions = {**PROJECT["functions"], "dashboard": {**PROJECT["functions"]["dashboard"], "cold_start_ms": 3000}}
    changed = {**PROJECT, "zips": {**PROJECT["zips"], "dashboard": dashboard}, "functions": functions}
    (root / "lockage.yaml").write_bytes(msgspec.json.encode(changed))
    build(dist, "dashboard")
    keep(dist, Measurements(function="dashboard", measured=(Measured(packaging="zip", cold_starts_ms=(500,)),)))
    main_inner(["explain", "dashboard"])
    told = capsys.readouterr()
    assert told.out.startswith("dashboard: layers, though zip is declared\n")
    assert "warning: dashboard is declared as a zip, and the rules say layers: functions with its code 4" in told.err
    assert "That changes in place" in told.err


def test_packagings_are_put_side_by_side_as_far_as_they_were_measured(
    dist: DistDir, capsys: pytest.CaptureFixture[str]
) -> None:
    build(dist, "dashboard")
    describe(dist, "dashboard", "pkg:pypi/fastapi@1")
    image = Measured(packaging="image", size=100_000_000, cold_starts_ms=(2000, 2500), build_s=30)
    keep(dist, Measurements(function="dashboard", measured=(image,), setting="the embedded AWS"))
    main_inner(["explain", "dashboard", "--compare"])
    lines = capsys.readouterr().out.splitlines()
    table = {line[2:26].strip(): line[26:].split("  ") for line in lines[lines.index("dashboard, side by side") :]}
    assert [cell.strip() for cell in table["stored"] if cell] == ["100 MB", "1.0 kB", "not measured"]
    assert [cell.strip() for cell in table["packages"] if cell] == ["not measured", "1", "not measured"]
    assert [cell.strip() for cell in table["cold start P90"] if cell] == ["2,500 ms", "not measured", "not measured"]


def test_the_step_summary_says_the_same(dist: DistDir, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    build(dist, "dashboard")
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(tmp_path / "summary.md"))
    main_inner(["explain", "dashboard", "--compare"])
    summary = (tmp_path / "summary.md").read_text()
    assert summary.startswith("### dashboard: zip, as declared\n")
    assert "### dashboard, side by side\n" in summary


@pytest.mark.usefixtures("root")
def test_a_function_that_is_not_there_has_a_nearest_name() -> None:
    with pytest.raises(UsageError, match="no function is called 'dashbord'") as caught:
        main_inner(["explain", "dashbord"])
    assert caught.value.remedy == "did you mean 'dashboard'?"


def test_an_archive_that_is_none_is_named(dist: DistDir) -> None:
    build(dist, "dashboard")
    dist.archive("dashboard").write_bytes(b"cut off")
    with pytest.raises(UsageError, match=r"dashboard/archive\.zip cannot be unpacked") as caught:
        main_inner(["explain", "dashboard"])
    assert caught.value.remedy == "build it again: ./noxw -s build -- dashboard"


def test_nothing_is_built_or_changed(root: Path, dist: DistDir) -> None:
    build(dist, "dashboard")
    before = {path: path.read_bytes() for path in root.rglob("*") if path.is_file() and ".git" not in path.parts}
    main_inner(["explain", "dashboard", "--compare"])
    after = {path: path.read_bytes() for path in root.rglob("*") if path.is_file() and ".git" not in path.parts}
    assert after == before
