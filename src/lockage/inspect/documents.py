"""SBOM documents as Syft writes them, made deterministic and held to what they claim.

Syft stamps each document with a random id and the time of day. Both are replaced by what follows from the artifact
alone, so that equal artifacts have equal documents; lists are sorted for the same reason. What made the documents is
written into them, second source and all. An archive reaches Syft as a folder; that it is the archive, we write in.
"""

import json
import uuid
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec

from lockage.errors import Inconclusive
from lockage.model.artifact import Artifact, ImageArtifact
from lockage.model.ids import Digest
from lockage.model.sbom import REHEARSAL_ONLY
from lockage.model.tool import UsedTool

Document = dict[str, Any]

RECORD = "lockage:record"
"""A package's property in a profile: its ``RECORD`` by hash, which fixes its files, in any artifact the same."""

PROGRAM = "lockage:syft:program"
"""The property of a CycloneDX document that names its maker."""

_NAMESPACE = uuid.UUID("0b0e2e0f-5d4c-5d43-9d6a-6f2f9a3c7f11")
_EPOCH = "1970-01-01T00:00:00Z"
_FIRST_IN_ZIPS = "1980-01-01T00:00:00Z"
_OS_TYPES = {"apk", "deb", "rpm"}


class SbomDoubtful(Inconclusive):
    """The documents do not describe the artifact they were made of; what is in it is not known."""

    def __init__(self, name: str, why: str) -> None:
        super().__init__(
            f"the SBOMs of {name} cannot be relied on",
            why=why,
            remedy="of an image, keep the package database (/var/lib/rpm or /var/lib/dpkg) in it; else run "
            "`lockage sbom` again with LOCKAGE_DEBUG=1 and look at what Syft says",
        )


class Subject(msgspec.Struct, frozen=True, kw_only=True):
    """The artifact a document is about."""

    name: str
    digest: Digest
    """Of an image's manifest, of an archive's bytes."""
    created: str
    """When it says that it was made, which follows from its inputs; empty when it says nothing."""
    archive: bool = False

    @property
    def time(self) -> str:
        """What stands in a document where its own time would stand: UTC, whole seconds."""
        try:
            created = datetime.fromisoformat(self.created)
        except ValueError:
            return _EPOCH
        utc = created.astimezone(UTC) if created.tzinfo else created
        return utc.strftime("%Y-%m-%dT%H:%M:%SZ")

    @property
    def sha256(self) -> str:
        """64 hex digits."""
        return self.digest.removeprefix("sha256:")

    def identifier(self, form: str) -> str:
        """A document's own id, ``urn:uuid:…``: the same for the same artifact and form."""
        return uuid.uuid5(_NAMESPACE, f"{form} {self.digest}").urn


def archived(name: str, digest: Digest) -> Subject:
    """A zip or layer, whose files are all of the first day that a zip can name."""
    return Subject(name=name, digest=digest, created=_FIRST_IN_ZIPS, archive=True)


class Maker(msgspec.Struct, frozen=True, kw_only=True):
    """What made the documents; stands in both, so that they show where they may serve."""

    tool: UsedTool
    """Syft."""
    config: Digest
    """Of ``sbom/syft.yaml``."""
    second_source: str = ""
    """Why they may serve a rehearsal only: the program's second source."""

    @property
    def program(self) -> Digest:
        """Of Syft's binary."""
        return Digest(f"sha256:{self.tool.sha256}")

    @property
    def properties(self) -> list[dict[str, str]]:
        """As CycloneDX has it."""
        listed = {
            PROGRAM: self.program,
            "lockage:syft:version": self.tool.version,
            "lockage:syft:source": self.tool.source,
            "lockage:syft:config": self.config,
            REHEARSAL_ONLY: self.second_source,
        }
        return [{"name": name, "value": value} for name, value in listed.items() if value]

    @property
    def comment(self) -> str:
        """As SPDX has it."""
        return "; ".join(f"{one['name']} {one['value']}" for one in self.properties)


def read(name: str, path: Path) -> Document:
    """One of an artifact's documents.

    Raises:
        SbomDoubtful: it is not there, or not JSON.
    """
    try:
        document: Document = json.loads(path.read_bytes())
    except (OSError, ValueError) as error:
        raise SbomDoubtful(name, f"{path.name} does not read as JSON: {error}") from error
    return document


def program(cdx: Document) -> str:
    """``sha256:…`` of the program that a document names as its maker; empty when it names none."""
    properties = cdx.get("metadata", {}).get("properties", [])
    return next((one.get("value", "") for one in properties if one.get("name") == PROGRAM), "")


def made_by(maker: Maker, cdx: Document, spdx_: Document) -> bool:
    """Whether both documents, as they were written before, are this maker's."""
    ours = cdx.get("metadata", {}).get("properties") == maker.properties
    return ours and bool(spdx_.get("creationInfo", {}).get("comment") == maker.comment)


def cyclonedx(document: Document, subject: Subject, maker: Maker) -> Document:
    """A CycloneDX 1.6 document, deterministic."""
    described = document["metadata"]["component"]
    metadata = {
        **document["metadata"],
        "timestamp": subject.time,
        "component": _archive(described, subject) if subject.archive else described,
        "properties": maker.properties,
    }
    return {
        **document,
        "serialNumber": subject.identifier("cyclonedx"),
        "metadata": metadata,
        "components": sorted(document.get("components", []), key=lambda component: str(component["bom-ref"])),
        "dependencies": sorted(
            ({**one, "dependsOn": sorted(one.get("dependsOn", []))} for one in document.get("dependencies", [])),
            key=lambda one: str(one["ref"]),
        ),
    }


def _archive(described: Document, subject: Subject) -> Document:
    """The archive in the place of the folder it was unpacked into, whose name went into the reference to it."""
    return {
        **described,
        "bom-ref": subject.digest,
        "version": subject.digest,
        "hashes": [{"alg": "SHA-256", "content": subject.sha256}],
    }


def spdx(document: Document, subject: Subject, maker: Maker) -> Document:
    """An SPDX 2.3 document, deterministic, without files.

    At package level Syft still lists the files that were evidence, with a SHA-1 of zeros: that would be a lie.
    """
    files = {str(file["SPDXID"]) for file in document.get("files", [])}
    relationships = [one for one in document["relationships"] if not files & {one["spdxElementId"], _related(one)}]
    kept = {key: value for key, value in document.items() if key != "files"}
    packages = _with_archive(document, subject) if subject.archive else document["packages"]
    return {
        **kept,
        "documentNamespace": subject.identifier("spdx"),
        "creationInfo": {**document["creationInfo"], "created": subject.time, "comment": maker.comment},
        "packages": sorted(packages, key=lambda package: str(package["SPDXID"])),
        "relationships": sorted(relationships, key=lambda one: (one["spdxElementId"], _related(one), _kind(one))),
    }


def _with_archive(document: Document, subject: Subject) -> list[Document]:
    roots = _roots(document)
    about = {
        "versionInfo": subject.digest,
        "primaryPackagePurpose": "ARCHIVE",
        "checksums": [{"algorithm": "SHA256", "checksumValue": subject.sha256}],
    }
    return [{**one, **about} if one["SPDXID"] in roots else one for one in document["packages"]]


def check(artifact: Artifact, cdx: Document, spdx_: Document) -> tuple[int, int]:
    """Hold both documents to an artifact; returns how many packages they name, and how many are the system's.

    Raises:
        SbomDoubtful: another subject, two documents that differ, or an image without packages of a system.
    """
    try:
        return _check(artifact, cdx, spdx_)
    except (AttributeError, KeyError, TypeError) as error:
        why = f"the documents do not have the shape of SBOMs: {type(error).__name__}: {error}"
        raise SbomDoubtful(artifact.name, why) from error


def check_profile(artifact: Artifact, full: Document, document: Document) -> int:
    """Hold a package-level profile to an artifact and its full document; returns how many packages were agreed on.

    Raises:
        SbomDoubtful: it is another's, or names other packages.
    """
    try:
        about = document["metadata"]["component"].get("version")
        ours, theirs = ({one["purl"] for one in one["components"] if one.get("purl")} for one in (document, full))
        agreed = sum(any(p["name"] == RECORD for p in one.get("properties", [])) for one in document["components"])
    except (AttributeError, KeyError, TypeError) as error:
        why = f"the package-level profile does not have the shape of one: {type(error).__name__}: {error}"
        raise SbomDoubtful(artifact.name, why) from error
    if about != artifact.digest:
        raise SbomDoubtful(artifact.name, f"the package-level profile is about {about}, not {artifact.digest}")
    if ours != theirs:
        differing = ", ".join(sorted(ours ^ theirs)[:5])
        raise SbomDoubtful(artifact.name, f"the package-level profile names other packages: {differing}")
    return agreed


def _check(artifact: Artifact, cdx: Document, spdx_: Document) -> tuple[int, int]:
    name, digest = artifact.name, artifact.digest
    component = cdx["metadata"]["component"]
    if component.get("version") != digest:
        raise SbomDoubtful(name, f"the CycloneDX document is about {component.get('version')}, {name} is {digest}")
    described = _described(spdx_)
    if described != digest:
        raise SbomDoubtful(name, f"the SPDX document is about {described}, {name} is {digest}")
    ours = _purls(component.get("purl") for component in cdx["components"])
    theirs = _purls(purl for package in spdx_["packages"] for purl in _package_urls(package))
    if ours != theirs:
        differing = ", ".join(sorted(ours ^ theirs)[:5])
        raise SbomDoubtful(name, f"the two documents name different packages: {differing}")
    system = [purl for purl in ours if purl.removeprefix("pkg:").partition("/")[0] in _OS_TYPES]
    if not system and isinstance(artifact, ImageArtifact):
        raise SbomDoubtful(name, f"no package of an operating system among {len(ours)} packages")
    return len(ours), len(system)


def _described(document: Document) -> str:
    """``sha256:…`` of the package that the SPDX document describes."""
    roots = _roots(document)
    sums = [
        checksum["checksumValue"]
        for package in document["packages"]
        if package["SPDXID"] in roots
        for checksum in package.get("checksums", [])
        if checksum["algorithm"] == "SHA256"
    ]
    return f"sha256:{sums[0]}" if len(sums) == 1 else "no artifact"


def _roots(document: Document) -> set[str]:
    """Ids of what the SPDX document describes."""
    return {_related(one) for one in document["relationships"] if _kind(one) == "DESCRIBES"}


def _purls(found: Iterable[str | None]) -> set[str]:
    return {purl for purl in found if purl and not purl.startswith("pkg:oci/")}


def _package_urls(package: Document) -> list[str]:
    return [one["referenceLocator"] for one in package.get("externalRefs", []) if one["referenceType"] == "purl"]


def _related(relationship: Document) -> str:
    return str(relationship["relatedSpdxElement"])


def _kind(relationship: Document) -> str:
    return str(relationship["relationshipType"])
