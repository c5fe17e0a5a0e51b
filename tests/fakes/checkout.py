"""This repository's own project in a git tree of its own, for builds by the real engine."""

import shutil
import subprocess
from collections.abc import Iterator
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

    def build(self) -> ImageArtifact:
        """Build everything; the platform's artifact."""
        self.lockage("build")
        return self.image("platform")

    def image(self, name: str) -> ImageArtifact:
        """What was built of an image."""
        artifact = self.dist.read_artifact(name)
        assert isinstance(artifact, ImageArtifact)
        return artifact

    def sources(self) -> Iterator[Path]:
        """Every file that something is built of."""
        yield self.root / "lockage.yaml"
        for folder in FOLDERS:
            yield from (path for path in (self.root / folder).rglob("*") if path.is_file())

    def commit(self) -> None:
        """Commit all of it but ``dist/``, for the first time."""
        git, who = ["git", "-C", str(self.root)], ["-c", "user.name=test", "-c", "user.email=test@example.com"]
        subprocess.run([*git, "add", "--all", ":!dist"], check=True)  # noqa: S603 - the test's own words
        subprocess.run([*git, *who, "commit", "--quiet", "--message=as it is"], check=True)  # noqa: S603 - as above

    def replace(self, path: str, old: str, new: str) -> None:
        """Edit the first place that reads so."""
        text = (self.root / path).read_text()
        assert old in text
        (self.root / path).write_text(text.replace(old, new, 1))

    def layout(self, name: str) -> layout.Layout:
        """What was built."""
        return layout.read(self.dist.layout(name))
