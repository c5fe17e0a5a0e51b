"""A scanner and a cataloguer with memory, for gate and inspect; they write what a test gives them."""

import json
from email.parser import HeaderParser
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
        "ArtifactName": "image",
        "ArtifactType": "container_image",
        "Metadata": {
            "OS": {"Family": "amazon", "Name": "2023"},
            "ImageID": image.manifest.config.digest,
            "DiffIDs": list(image.config.rootfs.diff_ids),
            **metadata,
        },
        "Results": [{"Class": "os-pkgs", "Packages": [{"Name": "glibc"}]}],
    }


def tree_report(tree: Path, *vulnerabilities: dict[str, Any]) -> dict[str, Any]:
    """A Trivy report of a folder: its Python packages, and what was found in them."""
    packages = [{"Name": name, "Identifier": {"PURL": purl}} for name, purl, _ in python_in(tree)]
    python = {
        "Class": "lang-pkgs",
        "Type": "python-pkg",
        "Packages": packages,
        "Vulnerabilities": list(vulnerabilities),
    }
    return {
        "SchemaVersion": 2,
        "Trivy": {"Version": "0.74.0"},
        "CreatedAt": "2026-11-21T12:00:00Z",
        "ArtifactName": tree.name,
        "ArtifactType": "filesystem",
        "Results": [python] if packages else [],
    }


def python_in(root: Path) -> list[tuple[str, str, str]]:
    """Name, package URL and place of the metadata of what is installed anywhere below a folder."""
    found = []
    for path in sorted(root.rglob("*.dist-info/METADATA")):
        stated = HeaderParser().parsestr(path.read_text())
        if stated["Name"]:
            purl = f"pkg:pypi/{stated['Name'].lower()}@{stated['Version']}"
            found.append((stated["Name"], purl, f"/{path.relative_to(root).as_posix()}"))
    return found


class FakeTrivy:
    """Reports on a layout or a folder, fails, or writes whatever it is told to."""

    def __init__(self) -> None:
        self.tool = tool()
        self.scanned: list[tuple[str, Path]] = []
        self.fails: ToolError | None = None
        self.writes: bytes | None = None
        self.silent = False

    def scan(self, layout: Path, name: str, cache: Path, output: Path) -> None:
        self._scan(name, cache, output, report(layout))

    def scan_tree(self, tree: Path, cache: Path, output: Path) -> None:
        self._scan(tree.name, cache, output, tree_report(tree))

    def _scan(self, name: str, cache: Path, output: Path, found: dict[str, Any]) -> None:
        self.scanned.append((name, cache))
        if self.fails is not None:
            raise self.fails
        if not self.silent:
            output.write_bytes(json.dumps(found).encode() if self.writes is None else self.writes)


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
    """Describes whatever lies in a layout as one Debian package, and a folder as the Python packages in it."""

    def __init__(self, config: Path = SYFT_CONFIG) -> None:
        self.tool = tool("syft", "1.51.0")
        self.config = config
        self.fails: ToolError | None = None
        self.cut = False
        self.overlooks: tuple[str, ...] = ()
        """Package URLs that it does not see."""
        self.recognises: tuple[tuple[str, str], ...] = ()
        """Package URLs, and the places of their metadata, that it sees in images besides."""
        self.described: list[tuple[str, Path]] = []

    def describe(self, layout: Path, name: str, cyclonedx: Path, spdx: Path) -> None:
        self._began(name, layout)
        digest = oci.read(layout).digest
        component = {"bom-ref": "root", "type": "container", "name": name, "version": digest}
        root = {
            "SPDXID": "SPDXRef-Root",
            "checksums": [{"algorithm": "SHA256", "checksumValue": digest.removeprefix("sha256:")}],
        }
        self._write([(DEB, "/var/lib/dpkg/status"), *self.recognises], (component, root), cyclonedx, spdx)

    def describe_tree(self, root: Path, name: str, cyclonedx: Path, spdx: Path) -> None:
        self._began(name, root)
        component = {"bom-ref": str(root), "type": "file", "name": name}
        found = [(purl, place) for _, purl, place in python_in(root) if purl not in self.overlooks]
        self._write(found, (component, {"SPDXID": "SPDXRef-Root"}), cyclonedx, spdx)

    def _began(self, name: str, what: Path) -> None:
        self.described.append((name, what))
        if self.fails is not None:
            raise self.fails

    def _write(
        self, found: list[tuple[str, str]], about: tuple[dict[str, Any], dict[str, Any]], cyclonedx: Path, spdx: Path
    ) -> None:
        component, root = about
        cdx: dict[str, Any] = {
            "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
            "bomFormat": "CycloneDX",
            "specVersion": "1.6",
            "metadata": {"component": component},
            "components": [_component(purl, place) for purl, place in found],
        }
        cyclonedx.write_text(json.dumps(cdx))
        packages = [
            {"SPDXID": f"SPDXRef-{purl}", "externalRefs": [{"referenceType": "purl", "referenceLocator": purl}]}
            for purl, _ in found
        ]
        describes = {
            "spdxElementId": "SPDXRef-DOCUMENT",
            "relatedSpdxElement": "SPDXRef-Root",
            "relationshipType": "DESCRIBES",
        }
        text = json.dumps({"creationInfo": {}, "packages": [root, *packages], "relationships": [describes]})
        spdx.write_text(text[:-5] if self.cut else text)


def _component(purl: str, place: str) -> dict[str, Any]:
    name, _, version = purl.rpartition("/")[2].partition("@")
    location = {"name": "syft:location:0:path", "value": place}
    return {
        "bom-ref": f"{purl}?of={place}",
        "type": "library",
        "name": name,
        "version": version,
        "purl": purl,
        "properties": [location],
    }
