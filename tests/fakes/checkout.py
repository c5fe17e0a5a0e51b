"""This repository's own project in a git tree of its own, for builds by the real engine."""

import shutil
import subprocess
from pathlib import Path

from lockage.cli.main import main_inner
from lockage.model.artifact import ImageArtifact
from lockage.model.dist import DistDir
from lockage.oci import layout

ROOT = Path(__file__).parents[2]
FOLDERS = ("images", "functions", "layers")


class Checkout:
    """A copy of the project that tests may change."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.dist = DistDir(root / "dist")
        root.mkdir()
        shutil.copy(ROOT / "lockage.yaml", root)
        self.restore()
        subprocess.run(["git", "init", "--quiet", root], check=True)  # noqa: S603 - the test's own words

    def restore(self) -> None:
        """The sources as they are in this repository."""
        for folder in FOLDERS:
            shutil.rmtree(self.root / folder, ignore_errors=True)
            shutil.copytree(ROOT / folder, self.root / folder, ignore=shutil.ignore_patterns("__pycache__"))

    def lockage(self, verb: str, *arguments: str) -> None:
        """Run a verb on it."""
        main_inner([verb, "--project", str(self.root / "lockage.yaml"), *arguments])

    def image(self, name: str) -> ImageArtifact:
        """An image that was built."""
        artifact = self.dist.read_artifact(name)
        assert isinstance(artifact, ImageArtifact)
        return artifact

    def build(self) -> ImageArtifact:
        """Build all images; the platform's artifact."""
        self.lockage("build")
        return self.image("platform")

    def replace(self, path: str, old: str, new: str) -> None:
        """Edit the first place that reads so."""
        text = (self.root / path).read_text()
        assert old in text
        (self.root / path).write_text(text.replace(old, new, 1))

    def layout(self, name: str) -> layout.Layout:
        """What was built."""
        return layout.read(self.dist.layout(name))
