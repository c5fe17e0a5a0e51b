"""One function, packaged three ways: the same components, the same files, the same answer."""

import shutil
import subprocess
from pathlib import Path

import msgspec
import pytest
from fakes.shop import ROOT, dockerfile_of_runtime, pinned_runtime

from lockage.cli.main import main_inner
from lockage.inspect.listing import listing
from lockage.inspect.parity import File, components, parity
from lockage.model.artifact import ZipArtifact
from lockage.model.dist import DistDir
from lockage.plan.requirements import parse

pytestmark = pytest.mark.docker

LOCK = "functions/dashboard/requirements.lock"
OWN = ["functions/dashboard", "functions/common"]
WAYS = ("image", "zip", "layered")


def declared() -> dict[str, object]:
    function = {
        "handler": "dashboard.handler.handle",
        "memory_mb": 512,
        "environment": {"ITEMS_TABLE": "${table.items}", "TOKEN_SECRET": "${secret.token}"},
        "probe": "functions/dashboard/probe.json",
    }
    return {
        "version": 1,
        "project": "parity",
        "runtimes": {"python3.13": pinned_runtime()},
        "images": {
            "image": {"dockerfile": "image/Dockerfile", "requirements": LOCK, "sources": OWN, "repository": "image"}
        },
        "zips": {
            "zip": {"requirements": LOCK, "sources": OWN},
            "layered": {"sources": OWN[:1], "layers": ["packages", "common"]},
        },
        "layers": {"packages": {"requirements": LOCK}, "common": {"sources": OWN[1:]}},
        "functions": {
            "in-image": {"image": "image", **function},
            "in-zip": {"zip": "zip", **function},
            "in-layers": {"zip": "layered", **function},
        },
        "resources": {"tables": {"items": {"key": "id"}}, "secrets": {"token": {}}},
        "registry": {"account": "222222222222", "region": "eu-central-1", "store": "parity-releases"},
        "environments": {"prod": {"account": "222222222222", "region": "eu-central-1"}},
    }


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The dashboard as an image, as one zip, and as a zip on two layers; all of them built."""
    root = tmp_path_factory.mktemp("parity") / "project"
    for folder in OWN:
        shutil.copytree(ROOT / folder, root / folder, ignore=shutil.ignore_patterns("__pycache__"))
    (root / "image").mkdir()
    (root / "image/Dockerfile").write_text(dockerfile_of_runtime())
    (root / "lockage.yaml").write_bytes(msgspec.json.encode(declared()))
    subprocess.run(["git", "init", "--quiet", root], check=True)  # noqa: S603 - the test's own words
    main_inner(["build", "--project", str(root / "lockage.yaml")])
    return root


@pytest.fixture(scope="module")
def files(project: Path) -> dict[str, dict[str, File]]:
    dist = DistDir(project / "dist")
    found = {}
    for name in WAYS:
        artifact = dist.read_artifact(name)
        layers = artifact.layers if isinstance(artifact, ZipArtifact) else ()
        found[name] = listing(artifact, [dist.read_artifact(layer) for layer in layers], dist)
    return found


@pytest.mark.parametrize("way", WAYS)
def test_the_components_are_those_of_the_lock(files: dict[str, dict[str, File]], way: str) -> None:
    locked = {pin.name: pin.version for pin in parse(LOCK, (ROOT / LOCK).read_text())}
    assert components(files[way]) == locked


@pytest.mark.parametrize("way", WAYS[1:])
def test_every_file_is_the_same_bytecode_of_packages_included(files: dict[str, dict[str, File]], way: str) -> None:
    assert [one.render("image", way) for one in parity(files["image"], files[way])] == []
    assert len([path for path in files[way] if path.endswith(".pyc")]) > 400


def test_only_the_image_has_bytecode_of_own_sources(files: dict[str, dict[str, File]]) -> None:
    found = {way: [path for path, file in files[way].items() if file.kind == "bytecode"] for way in WAYS}
    sources = [path for path, file in files["zip"].items() if file.kind == "source" and path.endswith(".py")]
    assert len(found["image"]) == len(sources) > 10
    assert (found["zip"], found["layered"]) == ([], [])


def test_all_of_them_answer_where_they_will_live(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main_inner(["check", "--project", str(project / "lockage.yaml")])
    lines = [line.split()[:2] for line in capsys.readouterr().out.splitlines() if not line.endswith("sha256")]
    assert [line for line in lines if line[0] == "pass"] == [
        ["pass", f"in-{way}"] for way in ("image", "zip", "layers")
    ]
