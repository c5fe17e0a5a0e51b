from pathlib import Path

import pytest
from fakes.builder import FakeDocker
from fakes.dist import put_image
from fakes.oci import write_layout
from msgspec.structs import replace

from lockage.cli import wares
from lockage.config.load import load_project
from lockage.config.schema import Local, Project
from lockage.errors import UsageError
from lockage.model.artifact import ImageArtifact
from lockage.model.dist import DistDir
from lockage.model.ids import Fingerprint
from lockage.plan.gather import Gatherer
from lockage.plan.origin import Pinned
from lockage.plan.recipe import fingerprint, inputs
from lockage.tools.process import run

DOCKERFILE = "FROM scratch AS sources\nFROM scratch\nCOPY --from=sources / /\n"
LOCKAGE_YAML = """\
version: 1
project: demo
images: {platform: {dockerfile: images/platform/Dockerfile, sources: [functions/scorer], repository: platform}}
functions: {scorer: {image: platform, handler: scorer.handler.handle, probe: functions/scorer/probe.json}}
registry: {account: "222222222222", region: eu-central-1, store: demo-releases}
environments: {prod: {account: "222222222222", region: eu-central-1}}
"""


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A committed project with an image in ``dist/`` whose record says that it was built of it."""
    root = tmp_path / "project"
    files = {
        ".gitignore": "dist/\n",
        "lockage.yaml": LOCKAGE_YAML,
        "images/platform/Dockerfile": DOCKERFILE,
        "functions/scorer/handler.py": "1\n",
        "functions/scorer/probe.json": "{}\n",
    }
    for name, content in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(content)
    run(["git", "init", "--quiet", root])
    run(["git", "add", "."], cwd=root)
    identity = ["-c", "user.name=t", "-c", "user.email=t@example.com"]
    run(["git", *identity, "commit", "--quiet", "--message", "first"], cwd=root)
    record_built(root)
    return root


def project(root: Path) -> Project:
    return load_project(root / "lockage.yaml", files=False)


def record_built(root: Path) -> ImageArtifact:
    """What a build of this tree would record."""
    dist = DistDir(root / "dist")
    made = put_image(dist, "platform", lambda folder: write_layout(folder, layers=[{"a": b"1"}]))
    (recipe,) = Gatherer(root, project(root), Local(), docker=FakeDocker(), tools=Pinned()).recipes()
    given = inputs(recipe, "BuildKit 1", {})
    made = replace(made, inputs=given, fingerprint=fingerprint(given))
    dist.write_artifact(dist.folder("platform"), made)
    return made


def test_a_release_comes_from_a_commit(root: Path) -> None:
    source = wares.source(root)
    assert source.commit == run(["git", "rev-parse", "HEAD"], cwd=root).stdout.strip()
    assert not source.dirty
    (root / "dist" / "artifact").write_text("ignored")
    assert not wares.source(root).dirty
    (root / "new.py").write_text("")
    assert wares.source(root).dirty


def test_a_folder_without_a_commit_is_told(tmp_path: Path) -> None:
    run(["git", "init", "--quiet", tmp_path])
    with pytest.raises(UsageError, match="has no commit"):
        wares.source(tmp_path)


def test_an_image_of_this_tree_is_taken(root: Path) -> None:
    wares.hold_built_from(["platform"], project(root), root)


CHANGES = {
    "functions/scorer/handler.py": ("2\n", "platform: source functions/scorer changed"),
    "images/platform/Dockerfile": (f"{DOCKERFILE}USER 1\n", "platform: dockerfile images/platform/Dockerfile changed"),
    "images/platform/strip.py": ("pass\n", "platform: source images/platform changed"),
}


@pytest.mark.parametrize("path", CHANGES)
def test_an_image_of_another_tree_would_have_a_tag_that_lies(root: Path, path: str) -> None:
    content, said = CHANGES[path]
    (root / path).write_text(content)
    with pytest.raises(UsageError) as caught:
        wares.hold_built_from(["platform"], project(root), root)
    assert caught.value.what == "what is in dist/ was not built from this tree: platform"
    assert caught.value.why == said
    assert "./noxw -s build sbom scan" in caught.value.remedy


def test_a_record_whose_inputs_were_exchanged_is_not_believed(root: Path) -> None:
    made = record_built(root)
    dist = DistDir(root / "dist")
    dist.write_artifact(dist.folder("platform"), replace(made, fingerprint=Fingerprint("sha256:" + "0" * 64)))
    with pytest.raises(UsageError, match="was not built from this tree") as caught:
        wares.hold_built_from(["platform"], project(root), root)
    assert "is not that of the inputs it names" in caught.value.why
