from pathlib import Path

import pytest
from fakes.dist import put_image
from fakes.evidence import SCANNER
from fakes.oci import write_layout
from msgspec.structs import replace

from lockage.errors import GateFailed, Inconclusive, LockageError
from lockage.model.artifact import ImageArtifact, Input
from lockage.model.dist import DistDir
from lockage.model.ids import Digest
from lockage.model.verdict import Outcome, Verdict
from lockage.oci import layout as oci
from lockage.oci.layout import Layout
from lockage.publish import acceptance
from lockage.publish.acceptance import NotAcceptedError


@pytest.fixture
def dist(tmp_path: Path) -> DistDir:
    return DistDir(tmp_path / "dist")


@pytest.fixture
def artifact(dist: DistDir) -> ImageArtifact:
    return put_image(dist, "platform", lambda folder: write_layout(folder, layers=[{"app.py": b"1"}]))


@pytest.fixture
def layout(dist: DistDir, artifact: ImageArtifact) -> Layout:
    return oci.read(dist.layout(artifact.name))


def verdict(artifact: ImageArtifact, outcome: Outcome = "pass", **changes: object) -> Verdict:
    made = Verdict(
        artifact=artifact.digest,
        outcome=outcome,
        reasons=() if outcome == "pass" else ("CVE-2020-14343 in PyYAML 5.3.1",),
        blocking=(),
        excepted=(),
        counts={},
        packages=10,
        database=None,
        scanner=SCANNER.tool,
        policy=Digest(f"sha256:{'0' * 64}"),
        findings=None,
        decided_at="2026-11-21T12:00:00Z",
        second_sources=(),
    )
    return replace(made, **changes) if changes else made


def test_what_a_build_makes_is_taken(artifact: ImageArtifact, layout: Layout) -> None:
    acceptance.hold_identity(artifact, layout)
    acceptance.hold_lambda_takes(artifact, layout)
    acceptance.hold_verdict(artifact, verdict(artifact))


def test_everything_that_lambda_would_refuse_is_named(artifact: ImageArtifact, layout: Layout) -> None:
    zstd = replace(layout.manifest.layers[0], media_type="application/vnd.oci.image.layer.v1.tar+zstd")
    manifest = replace(layout.manifest, media_type="application/vnd.oci.image.index.v1+json", layers=(zstd, zstd))
    odd = replace(layout, manifest=manifest)
    with pytest.raises(NotAcceptedError) as caught:
        acceptance.hold_lambda_takes(replace(artifact, platform="linux/arm64", unpacked=10_000_000_001), odd)
    assert caught.value.render() == (
        "error: Lambda would not take the image platform; it was not pushed\n"
        "  why:  the manifest is of type application/vnd.oci.image.index.v1+json\n"
        "        a layer is of type application/vnd.oci.image.layer.v1.tar+zstd\n"
        "        it is for linux/amd64, and linux/arm64 was asked for\n"
        "        it unpacks to 10,000,000,001 bytes; Lambda takes 10,000,000,000\n"
        "  next: build it with `lockage build platform`, which makes a single gzip image and no attestation"
    )


def test_an_attestation_is_no_image(artifact: ImageArtifact, layout: Layout) -> None:
    statement = replace(layout.manifest.layers[0], media_type="application/vnd.in-toto+json")
    with pytest.raises(NotAcceptedError, match="Lambda would not take"):
        acceptance.hold_lambda_takes(artifact, replace(layout, manifest=replace(layout.manifest, layers=(statement,))))


def test_a_type_that_is_not_stated_is_not_guessed(artifact: ImageArtifact, layout: Layout) -> None:
    with pytest.raises(NotAcceptedError) as caught:
        acceptance.hold_lambda_takes(artifact, replace(layout, manifest=replace(layout.manifest, media_type="")))
    assert caught.value.why == "the manifest is of type (none stated)"


def test_another_image_in_its_place(artifact: ImageArtifact, layout: Layout) -> None:
    other = replace(artifact, digest=Digest(f"sha256:{'f' * 64}"))
    with pytest.raises(NotAcceptedError, match="dist/platform holds another image than was built"):
        acceptance.hold_identity(other, layout)


@pytest.mark.parametrize(("outcome", "kind"), [("fail", GateFailed), ("inconclusive", Inconclusive)])
def test_only_what_passed_is_pushed(artifact: ImageArtifact, outcome: Outcome, kind: type[LockageError]) -> None:
    with pytest.raises(kind) as caught:
        acceptance.hold_verdict(artifact, verdict(artifact, outcome))
    assert caught.value.what == f"platform is not pushed: its verdict is {outcome}"
    assert caught.value.why == "CVE-2020-14343 in PyYAML 5.3.1"


def test_a_verdict_on_another_image_is_none(artifact: ImageArtifact) -> None:
    other = verdict(replace(artifact, digest=Digest(f"sha256:{'f' * 64}")))
    with pytest.raises(Inconclusive, match="platform has no verdict"):
        acceptance.hold_verdict(artifact, other)


def test_every_second_source_marks_the_image_once(artifact: ImageArtifact) -> None:
    base = Input(kind="base", name="python", digest="d", second_source="stand-in")
    marked = replace(artifact, inputs=(base, base))
    judged = verdict(artifact, second_sources=("fixture database",))
    reasons = acceptance.second_sources(marked, judged, ("syft built from its module", "stand-in"))
    assert reasons == ("stand-in", "fixture database", "syft built from its module")


def test_what_is_marked_goes_to_a_rehearsals_registry_only(artifact: ImageArtifact) -> None:
    acceptance.hold_rehearsal(artifact, (), "222222222222", rehearsal=False)
    acceptance.hold_rehearsal(artifact, ("stand-in",), "222222222222", rehearsal=True)
    with pytest.raises(NotAcceptedError) as caught:
        acceptance.hold_rehearsal(artifact, ("stand-in",), "222222222222", rehearsal=False)
    assert caught.value.what == "platform may serve a rehearsal only; account 222222222222 does not take it"
    assert caught.value.why == "stand-in"


def test_only_a_rehearsal_gives_its_token_to_what_stands_in_for_ecr() -> None:
    acceptance.hold_own_registry("", "222222222222", rehearsal=False)
    acceptance.hold_own_registry("localhost:4566", "222222222222", rehearsal=True)
    with pytest.raises(NotAcceptedError) as caught:
        acceptance.hold_own_registry("localhost:4566", "222222222222", rehearsal=False)
    assert caught.value.what == "localhost:4566 may stand in for ECR in a rehearsal only; it was given nothing"
    assert caught.value.why.endswith("it would be given the token of account 222222222222")
    assert "take mirrors.registry out" in caught.value.remedy
