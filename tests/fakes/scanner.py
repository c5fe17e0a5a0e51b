"""A scanner and a cataloguer with memory, for gate and inspect; they write what a test gives them."""

import json
from pathlib import Path
from typing import Any

from lockage.errors import ToolError
from lockage.oci import layout as oci
from lockage.tools.locked import Tool

SYFT_CONFIG = Path(__file__).parents[2] / "sbom" / "syft.yaml"
DEB = "pkg:deb/debian/glibc@2.41-12"


def tool(name: str = "trivy", version: str = "0.74.0", sha256: str = "e" * 64) -> Tool:
    return Tool(name=name, path=Path("/nowhere", name), version=version, source="release", sha256=sha256)


def report(layout: Path, **metadata: object) -> dict[str, Any]:
    """A Trivy report of a layout: Amazon Linux 2023, one package, nothing found."""
    image = oci.read(layout)
    return {
        "SchemaVersion": 2,
        "Trivy": {"Version": "0.74.0"},
        "CreatedAt": "2026-11-21T12:00:00Z",
        "Metadata": {
            "OS": {"Family": "amazon", "Name": "2023"},
            "ImageID": image.manifest.config.digest,
            "DiffIDs": list(image.config.rootfs.diff_ids),
            **metadata,
        },
        "Results": [{"Class": "os-pkgs", "Packages": [{"Name": "glibc"}]}],
    }


class FakeTrivy:
    """Reports on a layout, fails, or writes whatever it is told to."""

    def __init__(self) -> None:
        self.tool = tool()
        self.scanned: list[tuple[str, Path]] = []
        self.fails: ToolError | None = None
        self.writes: bytes | None = None
        self.silent = False

    def scan(self, layout: Path, name: str, cache: Path, output: Path) -> None:
        self.scanned.append((name, cache))
        if self.fails is not None:
            raise self.fails
        if not self.silent:
            output.write_bytes(json.dumps(report(layout)).encode() if self.writes is None else self.writes)


class FakeDownloads:
    """Publishes a database, or nothing."""

    def __init__(self) -> None:
        self.database: tuple[bytes, str] | None = None
        """Content, and the ISO time it was updated at; None when nobody can be reached."""
        self.metadata: str | None = None
        """Replaces the metadata that would be written."""
        self.now = ""
        self.downloads = 0

    def download_database(self, cache: Path) -> None:
        self.downloads += 1
        if self.database is None:
            why = 'FATAL\trun error: 1 error occurred:\n\t* Get "https://registry/v2/": no such host\n'
            raise ToolError("trivy failed with exit code 1", why=why, remedy="")
        content, updated = self.database
        folder = cache / "db"
        folder.mkdir()
        (folder / "trivy.db").write_bytes(content)
        written = json.dumps({"Version": 2, "UpdatedAt": updated, "DownloadedAt": self.now, "NextUpdate": updated})
        (folder / "metadata.json").write_text(written if self.metadata is None else self.metadata)


class FakeSyft:
    """Describes whatever lies in the layout as one Debian package."""

    def __init__(self, config: Path = SYFT_CONFIG) -> None:
        self.tool = tool("syft", "1.51.0")
        self.config = config
        self.fails: ToolError | None = None
        self.cut = False
        self.described: list[tuple[str, Path]] = []

    def describe(self, layout: Path, name: str, cyclonedx: Path, spdx: Path) -> None:
        self.described.append((name, layout))
        if self.fails is not None:
            raise self.fails
        digest = oci.read(layout).digest
        component = {"bom-ref": "root", "name": name, "version": digest}
        cdx: dict[str, Any] = {"metadata": {"component": component}, "components": [{"bom-ref": "a", "purl": DEB}]}
        cyclonedx.write_text(json.dumps(cdx))
        root = {
            "SPDXID": "SPDXRef-Root",
            "checksums": [{"algorithm": "SHA256", "checksumValue": digest.removeprefix("sha256:")}],
        }
        deb = {"SPDXID": "SPDXRef-a", "externalRefs": [{"referenceType": "purl", "referenceLocator": DEB}]}
        describes = {
            "spdxElementId": "SPDXRef-DOCUMENT",
            "relatedSpdxElement": "SPDXRef-Root",
            "relationshipType": "DESCRIBES",
        }
        document = {"creationInfo": {}, "packages": [root, deb], "relationships": [describes]}
        text = json.dumps(document)
        spdx.write_text(text[:-5] if self.cut else text)
