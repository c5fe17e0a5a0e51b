"""SBOM documents: deterministic, and held to the artifact they are about."""

import random
import re
from typing import Any

import pytest
from fakes.scanner import tool
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from lockage.inspect.documents import (
    Maker,
    SbomDoubtful,
    Subject,
    archived,
    check,
    cyclonedx,
    made_by,
    program,
    spdx,
)
from lockage.model.artifact import ImageArtifact, LayerArtifact
from lockage.model.ids import Digest, Fingerprint

DIGEST = Digest("sha256:" + "a" * 64)
SUBJECT = Subject(name="platform", digest=DIGEST, created="2026-11-01T10:11:12.123456789Z")
ABOUT: dict[str, Any] = {
    "name": "platform",
    "digest": DIGEST,
    "fingerprint": Fingerprint("sha256:" + "0" * 64),
    "platform": "linux/amd64",
    "size": 1,
    "unpacked": 1,
    "inputs": (),
}
IMAGE = ImageArtifact(**ABOUT, layers=())
ARCHIVE = LayerArtifact(**ABOUT, runtime="python3.13")
SYFT = Maker(tool=tool("syft", "1.51.0").used, config=Digest("sha256:" + "f" * 64))
PURLS = ("pkg:deb/debian/glibc@2.41-12?arch=amd64", "pkg:pypi/jinja2@3.1.6", "pkg:golang/golang.org/x/net@0.40.0")


def cdx_document(*purls: str, version: str = DIGEST) -> dict[str, Any]:
    """As Syft writes it: a random id, the time of day, an operating system without a package URL."""
    components: list[dict[str, Any]] = [{"bom-ref": f"{purl}#ref", "type": "library", "purl": purl} for purl in purls]
    return {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "serialNumber": f"urn:uuid:{random.random()}",  # noqa: S311 - it only has to differ
        "metadata": {
            "timestamp": f"2026-11-21T05:48:{random.randrange(60):02}Z",  # noqa: S311 - as above
            "component": {"bom-ref": "root", "type": "container", "name": "platform", "version": version},
        },
        "components": [*components, {"bom-ref": "os:debian@13", "type": "operating-system", "name": "debian"}],
        "dependencies": [{"ref": f"{purl}#ref", "dependsOn": list(reversed(purls))} for purl in purls],
    }


def spdx_document(*purls: str, digest: str = DIGEST) -> dict[str, Any]:
    """As Syft writes it at package level: with files whose checksums are zeros."""
    packages = [
        {"SPDXID": f"SPDXRef-{purl}", "externalRefs": [{"referenceType": "purl", "referenceLocator": purl}]}
        for purl in purls
    ]
    root = {
        "SPDXID": "SPDXRef-Root",
        "checksums": [{"algorithm": "SHA256", "checksumValue": digest.removeprefix("sha256:")}],
        "externalRefs": [{"referenceType": "purl", "referenceLocator": "pkg:oci/platform@sha256"}],
    }
    contains = [relationship("SPDXRef-Root", package["SPDXID"], "CONTAINS") for package in packages]
    evident = [relationship(package["SPDXID"], "SPDXRef-File", "OTHER") for package in packages]
    return {
        "spdxVersion": "SPDX-2.3",
        "documentNamespace": f"https://example.com/{random.random()}",  # noqa: S311 - it only has to differ
        "creationInfo": {"created": "2026-11-21T05:51:24Z", "creators": ["Tool: syft-1.51.0"]},
        "packages": [*packages, root],
        "files": [{"SPDXID": "SPDXRef-File", "checksums": [{"algorithm": "SHA1", "checksumValue": "0" * 40}]}],
        "relationships": [*evident, *contains, relationship("SPDXRef-DOCUMENT", "SPDXRef-Root", "DESCRIBES")],
    }


def relationship(element: object, related: object, kind: str) -> dict[str, object]:
    return {"spdxElementId": element, "relatedSpdxElement": related, "relationshipType": kind}


@given(st.permutations(PURLS))
def test_equal_images_have_equal_documents(order: list[str]) -> None:
    assert (
        cyclonedx(cdx_document(*order), SUBJECT, SYFT)["components"]
        == (cyclonedx(cdx_document(*PURLS), SUBJECT, SYFT)["components"])
    )
    assert spdx(spdx_document(*order), SUBJECT, SYFT) == spdx(spdx_document(*PURLS), SUBJECT, SYFT)
    assert cyclonedx(cdx_document(*order), SUBJECT, SYFT) == cyclonedx(cdx_document(*order), SUBJECT, SYFT)


def test_other_images_have_other_documents() -> None:
    other = replace(SUBJECT, digest=Digest("sha256:" + "b" * 64))
    ids = {SUBJECT.identifier("cyclonedx"), SUBJECT.identifier("spdx"), other.identifier("cyclonedx")}
    assert len(ids) == 3
    assert all(re.fullmatch(r"urn:uuid:[0-9a-f-]{36}", one) for one in ids)


@pytest.mark.parametrize(
    ("created", "time"),
    [
        ("2026-11-01T10:11:12.123456789Z", "2026-11-01T10:11:12Z"),
        ("2026-11-01T10:11:12+02:00", "2026-11-01T08:11:12Z"),
        ("2026-11-01T10:11:12", "2026-11-01T10:11:12Z"),
        ("", "1970-01-01T00:00:00Z"),
        ("yesterday", "1970-01-01T00:00:00Z"),
    ],
)
def test_a_documents_time_follows_from_the_image(created: str, time: str) -> None:
    subject = replace(SUBJECT, created=created)
    assert cyclonedx(cdx_document(), subject, SYFT)["metadata"]["timestamp"] == time
    assert spdx(spdx_document(), subject, SYFT)["creationInfo"]["created"] == time


def test_files_with_checksums_of_zeros_are_not_kept() -> None:
    document = spdx(spdx_document(*PURLS), SUBJECT, SYFT)
    assert "files" not in document
    assert "SPDXRef-File" not in str(document)
    assert len(document["relationships"]) == len(PURLS) + 1


def test_what_made_them_is_named_in_both() -> None:
    properties = cyclonedx(cdx_document(), SUBJECT, SYFT)["metadata"]["properties"]
    assert properties == [
        {"name": "lockage:syft:program", "value": f"sha256:{'e' * 64}"},
        {"name": "lockage:syft:version", "value": "1.51.0"},
        {"name": "lockage:syft:source", "value": "release"},
        {"name": "lockage:syft:config", "value": SYFT.config},
    ]
    comment = spdx(spdx_document(), SUBJECT, SYFT)["creationInfo"]["comment"]
    assert comment == (
        f"lockage:syft:program sha256:{'e' * 64}; lockage:syft:version 1.51.0; lockage:syft:source release; "
        f"lockage:syft:config {SYFT.config}"
    )


def test_a_second_source_is_named_in_both_and_read_back() -> None:
    built = replace(SYFT, second_source="syft 1.51.0 built from its module")
    document = cyclonedx(cdx_document(), SUBJECT, built)
    marked = {"name": "lockage:syft:rehearsal-only", "value": "syft 1.51.0 built from its module"}
    assert marked in document["metadata"]["properties"]
    assert program(document) == SYFT.program
    assert program(cdx_document()) == ""
    comment = spdx(spdx_document(), SUBJECT, built)["creationInfo"]["comment"]
    assert comment.endswith("; lockage:syft:rehearsal-only syft 1.51.0 built from its module")


def test_documents_know_their_maker() -> None:
    cdx, spdx_ = cyclonedx(cdx_document(), SUBJECT, SYFT), spdx(spdx_document(), SUBJECT, SYFT)
    assert made_by(SYFT, cdx, spdx_)
    for other in (
        replace(SYFT, tool=replace(SYFT.tool, sha256="0" * 64)),
        replace(SYFT, tool=replace(SYFT.tool, version="1.50.0")),
        replace(SYFT, tool=replace(SYFT.tool, source="module")),
        replace(SYFT, config=Digest("sha256:" + "0" * 64)),
        replace(SYFT, second_source="syft 1.51.0 built from its module"),
    ):
        assert not made_by(other, cdx, spdx_)
        assert not made_by(SYFT, cdx, spdx(spdx_document(), SUBJECT, other))
    assert not made_by(SYFT, cdx_document(), spdx_document())


def test_an_archive_takes_the_place_of_the_folder_that_was_seen() -> None:
    subject = archived("platform", DIGEST)
    folders = [cdx_document(*PURLS[1:], version=version) for version in ("", "/tmp/one")]
    for folder, name in zip(folders, ("/tmp/one", "/tmp/two"), strict=True):
        folder["metadata"]["component"]["bom-ref"] = name
    made = [cyclonedx(folder, subject, SYFT)["metadata"] for folder in folders]
    assert made[0] == made[1]
    component = made[0]["component"]
    assert (component["version"], component["bom-ref"]) == (DIGEST, DIGEST)
    assert component["hashes"] == [{"alg": "SHA-256", "content": "a" * 64}]
    assert made[0]["timestamp"] == "1980-01-01T00:00:00Z"


def test_an_archive_is_what_the_spdx_document_describes() -> None:
    folder = spdx_document(*PURLS[1:])
    folder["packages"][-1].pop("checksums")
    document = spdx(folder, archived("platform", DIGEST), SYFT)
    assert check(ARCHIVE, cdx_document(*PURLS[1:]), document) == (2, 0)
    [root] = [one for one in document["packages"] if one["SPDXID"] == "SPDXRef-Root"]
    assert (root["versionInfo"], root["primaryPackagePurpose"]) == (DIGEST, "ARCHIVE")


def test_an_archive_needs_no_package_of_a_system() -> None:
    assert check(ARCHIVE, cdx_document(), spdx_document()) == (0, 0)
    assert check(ARCHIVE, cdx_document(*PURLS[1:]), spdx_document(*PURLS[1:])) == (2, 0)


def test_packages_are_counted_and_the_image_itself_is_none() -> None:
    assert check(IMAGE, cdx_document(*PURLS), spdx_document(*PURLS)) == (3, 1)


OTHER = "sha256:" + "b" * 64
DOUBTFUL = {
    "another image, CycloneDX": (
        cdx_document(*PURLS, version=OTHER),
        spdx_document(*PURLS),
        f"the CycloneDX document is about {OTHER}, platform is {DIGEST}",
    ),
    "another image, SPDX": (
        cdx_document(*PURLS),
        spdx_document(*PURLS, digest=OTHER),
        f"the SPDX document is about {OTHER}, platform is {DIGEST}",
    ),
    "no image, SPDX": (
        cdx_document(*PURLS),
        {**spdx_document(*PURLS), "relationships": []},
        f"the SPDX document is about no artifact, platform is {DIGEST}",
    ),
    "different packages": (
        cdx_document(*PURLS),
        spdx_document(*PURLS[:2]),
        f"the two documents name different packages: {PURLS[2]}",
    ),
    "no system package": (
        cdx_document(*PURLS[1:]),
        spdx_document(*PURLS[1:]),
        "no package of an operating system among 2 packages",
    ),
    "another shape": (
        {"metadata": {"component": []}},
        spdx_document(*PURLS),
        "the documents do not have the shape of SBOMs: AttributeError: 'list' object has no attribute 'get'",
    ),
    "nothing at all": (
        cdx_document(),
        spdx_document(),
        "no package of an operating system among 0 packages",
    ),
}


@pytest.mark.parametrize("case", DOUBTFUL)
def test_documents_that_do_not_describe_the_image_are_refused(case: str) -> None:
    cdx, spdx_, why = DOUBTFUL[case]
    with pytest.raises(SbomDoubtful) as caught:
        check(IMAGE, cdx, spdx_)
    assert caught.value.what == "the SBOMs of platform cannot be relied on"
    assert caught.value.why == why
    assert "/var/lib/dpkg" in caught.value.remedy
    assert caught.value.exit_code == 11
