"""The package-level profile: a line for every package, with what can be known of its hash; valid to others."""

import json
from typing import Any

import pytest
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from fakes.scanner import tool
from msgspec.structs import replace

from lockage.inspect.documents import Document, Maker, SbomDoubtful, archived, check_profile
from lockage.inspect.installed import Installed
from lockage.inspect.lock import Lock, Locked
from lockage.inspect.profile import made_by, profile
from lockage.inspect.truth import Agreement
from lockage.model.artifact import Input, ZipArtifact
from lockage.model.ids import Digest, Fingerprint

DIGEST = Digest("sha256:" + "a" * 64)
MAKER = Maker(tool=tool("syft", "1.51.0").used, config=Digest("sha256:" + "f" * 64))
ARTIFACT = ZipArtifact(
    name="shop",
    digest=DIGEST,
    fingerprint=Fingerprint("sha256:" + "0" * 64),
    platform="linux/amd64",
    runtime="python3.13",
    size=1,
    unpacked=1,
    inputs=(),
)
JINJA, SIX, TORCH, GO = (
    "pkg:pypi/jinja2@3.1.6",
    "pkg:pypi/six@1.17.0",
    "pkg:pypi/torch@2.9.0%2Bcpu",
    "pkg:golang/golang.org/x/net@v0.40.0",
)


def full(*purls: str) -> Document:
    """The full document: with places, guesses of CPEs, and more than a reader of an attestation wants."""
    component = {"type": "file", "bom-ref": DIGEST, "name": "shop", "version": DIGEST}
    return {
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "metadata": {"timestamp": "1980-01-01T00:00:00Z", "component": component},
        "components": [_full(purl) for purl in purls],
        "dependencies": [],
    }


def _full(purl: str) -> Document:
    name, _, version = purl.rpartition("/")[2].partition("@")
    return {
        "bom-ref": f"{purl}?package-id=1",
        "type": "library",
        "name": name,
        "version": version,
        "purl": purl,
        "cpe": "cpe:2.3:a:python-x:x:1:*:*:*:*:*:*:*",
        "licenses": [{"license": {"id": "MIT"}}],
        "properties": [{"name": "syft:location:0:path", "value": "/var/task"}],
    }


def locked(name: str, version: str, *hashes: str) -> Locked:
    return Locked(name=name, version=version, place="requirements.lock, line 1", hashes=hashes)


def installed(name: str, version: str) -> Installed:
    return Installed(name=name, version=version, folder="var/task/x.dist-info", record="d" * 64, files={})


LOCK = Lock(
    files=(Input(kind="requirements", name="functions/shop/requirements.lock", digest="sha256:" + "b" * 64),),
    packages=(
        locked("jinja2", "3.1.6", "1" * 64, "2" * 64),
        locked("six", "1.17.0", "3" * 64),
        locked("torch", "2.9.0+cpu", "4" * 64),
    ),
)
AGREED = Agreement(
    lock=LOCK, packages=(installed("jinja2", "3.1.6"), installed("six", "1.17"), installed("torch", "2.9.0+cpu"))
)


@pytest.fixture
def made() -> Document:
    return profile(full(SIX, GO, TORCH, JINJA), archived("shop", DIGEST), MAKER, AGREED)


def of(document: Document, purl: str) -> dict[str, Any]:
    component: dict[str, Any]
    [component] = [one for one in document["components"] if one["purl"] == purl]
    return component


def test_it_is_valid_to_others(made: Document) -> None:
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(json.dumps(made)) is None


def test_every_package_has_a_line_and_no_more(made: Document) -> None:
    assert [one["purl"] for one in made["components"]] == [GO, JINJA, SIX, TORCH]
    assert of(made, GO) == {
        "type": "library",
        "bom-ref": GO,
        "name": "net",
        "version": "v0.40.0",
        "purl": GO,
        "licenses": [{"license": {"id": "MIT"}}],
    }


def test_a_package_in_two_places_has_one_line() -> None:
    twice = profile(full(SIX, SIX), archived("shop", DIGEST), MAKER, AGREED)
    assert len(twice["components"]) == 1


def test_a_wheel_of_which_the_lock_names_one_file_has_its_hash(made: Document) -> None:
    for purl, digit in ((SIX, "3"), (TORCH, "4")):
        assert of(made, purl)["hashes"] == [{"alg": "SHA-256", "content": digit * 64}]
        assert "externalReferences" not in of(made, purl)


def test_of_several_files_that_it_may_be_of_all_are_named(made: Document) -> None:
    assert "hashes" not in of(made, JINJA)
    assert of(made, JINJA)["externalReferences"] == [
        {
            "type": "distribution",
            "url": JINJA,
            "comment": "made of one of these files",
            "hashes": [{"alg": "SHA-256", "content": digit * 64} for digit in "12"],
        }
    ]


def test_what_was_built_from_an_sdist_has_no_hash_of_a_wheel() -> None:
    lock = Lock(packages=(replace(locked("six", "1.17.0", "3" * 64), built=True),))
    agreed = Agreement(lock=lock, packages=(installed("six", "1.17.0"),))
    six = of(profile(full(SIX), archived("shop", DIGEST), MAKER, agreed), SIX)
    assert "hashes" not in six
    assert [one["type"] for one in six["externalReferences"]] == ["source-distribution"]


def test_what_is_installed_is_fixed_by_its_record(made: Document) -> None:
    for purl in (JINJA, SIX, TORCH):
        assert of(made, purl)["properties"] == [{"name": "lockage:record", "value": "sha256:" + "d" * 64}]
    assert check_profile(ARTIFACT, full(SIX, GO, TORCH, JINJA), made) == 3


def test_it_names_its_maker_and_its_locks(made: Document) -> None:
    assert made["metadata"]["properties"] == [
        *MAKER.properties,
        {"name": "lockage:lock", "value": f"functions/shop/requirements.lock sha256:{'b' * 64}"},
    ]
    assert made_by(MAKER, LOCK, made)
    assert not made_by(MAKER, Lock(), made)
    assert not made_by(replace(MAKER, second_source="built here"), LOCK, made)


def test_it_is_another_document_than_the_full_one(made: Document) -> None:
    subject = archived("shop", DIGEST)
    assert made["serialNumber"] == subject.identifier("packages") != subject.identifier("cyclonedx")


def test_one_that_does_not_fit_is_refused(made: Document) -> None:
    other = replace(ARTIFACT, digest=Digest("sha256:" + "9" * 64))
    cases = {
        f"is about {DIGEST}, not {other.digest}": (other, full(SIX, GO, TORCH, JINJA), made),
        f"names other packages: {SIX}": (ARTIFACT, full(GO, TORCH, JINJA), made),
        "does not have the shape of one: KeyError": (ARTIFACT, full(), {"metadata": {"component": {}}}),
    }
    for why, (artifact, of_record, small) in cases.items():
        with pytest.raises(SbomDoubtful) as caught:
            check_profile(artifact, of_record, small)
        assert f"the package-level profile {why}" in caught.value.why
