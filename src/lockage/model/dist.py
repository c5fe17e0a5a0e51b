"""``dist/``: what a run made, one folder an artifact; written beside and renamed, so it is never half there."""

import os
import shutil
import tempfile
from pathlib import Path
from typing import TypeVar

import msgspec

from lockage.errors import UsageError
from lockage.model.artifact import Artifact
from lockage.model.check import ArtifactCheck
from lockage.model.verdict import Verdict

T = TypeVar("T")


_ARTIFACT: "msgspec.json.Decoder[Artifact]" = msgspec.json.Decoder(Artifact)
_VERDICT = msgspec.json.Decoder(Verdict)
_CHECK = msgspec.json.Decoder(ArtifactCheck)


class DistDir:
    """The folder that stages hand each other their results through.

    Args:
        root: the folder itself, usually ``dist`` beside ``lockage.yaml``; need not exist yet.
    """

    def __init__(self, root: Path) -> None:
        self.root = root

    def folder(self, name: str) -> Path:
        """Everything about one artifact."""
        return self.root / name

    def artifact(self, name: str) -> Path:
        """What was built, and of what."""
        return self.folder(name) / "artifact.json"

    def layout(self, name: str) -> Path:
        """The artifact's OCI image layout."""
        return self.folder(name) / "layout"

    def archive(self, name: str) -> Path:
        """The archive of a zip or layer."""
        return self.folder(name) / "archive.zip"

    def cyclonedx(self, name: str) -> Path:
        """The SBOM as CycloneDX 1.6."""
        return self.folder(name) / "sbom.cdx.json"

    def spdx(self, name: str) -> Path:
        """The SBOM as SPDX 2.3."""
        return self.folder(name) / "sbom.spdx.json"

    def profile(self, name: str) -> Path:
        """The package-level SBOM, as CycloneDX 1.6."""
        return self.folder(name) / "sbom.packages.cdx.json"

    def findings(self, name: str) -> Path:
        """The scanner's complete report."""
        return self.folder(name) / "findings.json"

    def verdict(self, name: str) -> Path:
        """What the gate decided."""
        return self.folder(name) / "verdict.json"

    def check(self, name: str) -> Path:
        """What came of running its functions."""
        return self.folder(name) / "check.json"

    def trees(self, name: str) -> Path:
        """Where an archive is unpacked for others to scan it."""
        return self.folder(name) / "tree"

    def timings(self) -> Path:
        """What took how long, by verb."""
        return self.root / "timings.json"

    def release(self) -> Path:
        """The release manifest."""
        return self.root / "release.json"

    def read_artifact(self, name: str) -> Artifact:
        """What was built.

        Raises:
            UsageError: it was not built, or its description cannot be read.
        """
        return self._read(name, "artifact.json", _ARTIFACT, f"./noxw -s build -- {name}")

    def find_artifact(self, name: str) -> Artifact | None:
        """What was built; None when there is nothing, or nothing that this version can read."""
        try:
            return self.read_artifact(name)
        except UsageError:
            return None

    def read_verdict(self, name: str) -> Verdict:
        """What the gate decided.

        Raises:
            UsageError: it was not scanned, or the verdict cannot be read.
        """
        return self._read(name, "verdict.json", _VERDICT, "./noxw -s scan")

    def read_check(self, name: str) -> ArtifactCheck:
        """What came of running its functions.

        Raises:
            UsageError: they were not run, or the result cannot be read.
        """
        return self._read(name, "check.json", _CHECK, f"./noxw -s check -- {name}")

    def find_check(self, name: str) -> ArtifactCheck | None:
        """What came of running its functions; None when there is nothing, or nothing that this version can read."""
        try:
            return self.read_check(name)
        except UsageError:
            return None

    def write_artifact(self, folder: Path, artifact: Artifact) -> None:
        """Describe an artifact in its folder, before the folder takes its place by :meth:`replace`."""
        write(folder / "artifact.json", encode(artifact))

    def write_verdict(self, name: str, verdict: Verdict) -> None:
        """Keep what the gate decided."""
        write(self.folder(name) / "verdict.json", encode(verdict))

    def write_check(self, check: ArtifactCheck) -> None:
        """Keep what came of running its functions."""
        write(self.check(check.name), encode(check))

    def beside(self, name: str) -> Path:
        """A new empty folder on the same file system, to be filled and then given to :meth:`replace`.

        Its name begins with ``.part-``: whoever is alone in ``dist/`` next removes what a killed process left so.
        """
        self.root.mkdir(parents=True, exist_ok=True)
        return Path(tempfile.mkdtemp(prefix=f".part-{name}-", dir=self.root))

    def replace(self, name: str, folder: Path) -> None:
        """Put a filled folder in the artifact's place; what stood there, evidence included, is gone."""
        place = self.folder(name)
        folder.chmod(0o755)
        if not place.exists():
            folder.rename(place)
            return
        old = self.beside(name)
        place.rename(old / "old")
        folder.rename(place)
        shutil.rmtree(old)

    def _read(self, name: str, file: str, decoder: msgspec.json.Decoder[T], made_by: str) -> T:
        path = self.folder(name) / file
        try:
            return decoder.decode(path.read_bytes())
        except FileNotFoundError:
            why = f"{path} does not exist"
        except msgspec.DecodeError as error:
            why = f"{path} does not read as expected: {error}"
        raise UsageError(f"{name} has no readable {file}", why=why, remedy=f"make it with: {made_by}")


def encode(value: object) -> bytes:
    """A value as a file: deterministic JSON, indented for people, with a last newline."""
    return msgspec.json.format(msgspec.json.encode(value, order="deterministic"), indent=2) + b"\n"


def write(path: Path, content: bytes) -> None:
    """Write a file so that no reader, and no crash, sees half of it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(prefix=f".{path.name}-", dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(content)
        Path(name).chmod(0o644)
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
