from pathlib import Path

import pytest
from fakes.dist import put_image
from fakes.oci import write_layout
from msgspec.structs import replace

from lockage.cli import wares
from lockage.config.schema import Image
from lockage.errors import UsageError
from lockage.model.artifact import ImageArtifact, Input
from lockage.model.dist import DistDir
from lockage.plan.recipe import Tree
from lockage.tools.git import Git
from lockage.tools.process import run

IMAGE = Image(dockerfile="images/platform/Dockerfile", sources=("functions/scorer/",), repository="platform")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    root = tmp_path / "project"
    (root / "functions" / "scorer").mkdir(parents=True)
    (root / "functions" / "scorer" / "handler.py").write_text("1\n")
    (root / ".gitignore").write_text("dist/\n")
    run(["git", "init", "--quiet", root])
    run(["git", "add", "."], cwd=root)
    identity = ["-c", "user.name=t", "-c", "user.email=t@example.com"]
    run(["git", *identity, "commit", "--quiet", "--message", "first"], cwd=root)
    return root


def built(root: Path) -> ImageArtifact:
    made = put_image(DistDir(root / "dist"), "platform", lambda folder: write_layout(folder, layers=[{"a": b"1"}]))
    tree = Tree(path="functions/scorer", files=Git(root).files("functions/scorer"))
    given = Input(kind="source", name="functions/scorer", digest=tree.digest)
    return replace(made, inputs=(given,))


def test_a_release_comes_from_a_commit(root: Path) -> None:
    source = wares.source(root)
    assert source.commit == run(["git", "rev-parse", "HEAD"], cwd=root).stdout.strip()
    assert not source.dirty
    (root / "dist").mkdir()
    (root / "dist" / "artifact").write_text("ignored")
    assert not wares.source(root).dirty
    (root / "new.py").write_text("")
    assert wares.source(root).dirty


def test_a_folder_without_a_commit_is_told(tmp_path: Path) -> None:
    run(["git", "init", "--quiet", tmp_path])
    with pytest.raises(UsageError, match="has no commit"):
        wares.source(tmp_path)


def test_an_image_of_this_tree_is_taken(root: Path) -> None:
    wares.hold_built_from(built(root), IMAGE, root)


def test_an_image_of_other_sources_would_have_a_tag_that_lies(root: Path) -> None:
    artifact = built(root)
    (root / "functions" / "scorer" / "handler.py").write_text("2\n")
    with pytest.raises(UsageError) as caught:
        wares.hold_built_from(artifact, IMAGE, root)
    assert caught.value.what == "the image platform in dist/ was not built from this tree"
    assert caught.value.why == "functions/scorer has changed since"
    assert "./noxw -s build scan -- platform" in caught.value.remedy
