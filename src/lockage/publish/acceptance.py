"""What Lambda and this project take, held before anything is pushed. Pure but for reading the files it is about."""

from collections.abc import Iterable

from lockage.errors import GateFailed, Inconclusive, UsageError
from lockage.model.artifact import Artifact, ImageArtifact
from lockage.model.verdict import Verdict
from lockage.oci.layout import Layout

ALL_AGAIN = "./noxw -s build check sbom scan"
"""What makes everything that is asked of an artifact before it is pushed; what stands is reused."""

LARGEST_BYTES = 10_000_000_000
"""All layers of an image, uncompressed (https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html)."""

_MANIFESTS = frozenset(
    {
        "application/vnd.oci.image.manifest.v1+json",
        "application/vnd.docker.distribution.manifest.v2+json",
    }
)
_CONFIGS = frozenset(
    {
        "application/vnd.oci.image.config.v1+json",
        "application/vnd.docker.container.image.v1+json",
    }
)
_LAYERS = frozenset(
    {
        "application/vnd.oci.image.layer.v1.tar+gzip",
        "application/vnd.docker.image.rootfs.diff.tar.gzip",
    }
)


class NotAcceptedError(UsageError):
    """An artifact that may not be pushed; nothing was."""


def hold_lambda_takes(artifact: ImageArtifact, layout: Layout) -> None:
    """Hold that Lambda would run this image: it refuses indexes, attestations and other compressions.

    https://docs.aws.amazon.com/lambda/latest/dg/images-create.html

    Raises:
        NotAcceptedError: naming everything that it would refuse.
    """
    flaws = [
        *_types("the manifest", [layout.manifest.media_type], _MANIFESTS),
        *_types("the configuration", [layout.manifest.config.media_type], _CONFIGS),
        *_types("a layer", [layer.media_type for layer in layout.manifest.layers], _LAYERS),
    ]
    platform = f"{layout.config.os}/{layout.config.architecture}"
    if platform != artifact.platform:
        flaws.append(f"it is for {platform}, and {artifact.platform} was asked for")
    if artifact.unpacked > LARGEST_BYTES:
        flaws.append(f"it unpacks to {artifact.unpacked:,} bytes; Lambda takes {LARGEST_BYTES:,}")
    if flaws:
        raise NotAcceptedError(
            f"Lambda would not take the image {artifact.name}; it was not pushed",
            why="\n".join(flaws),
            remedy=f"build it with `lockage build {artifact.name}`, which makes a single gzip image and no attestation",
        )


def hold_identity(artifact: ImageArtifact, layout: Layout) -> None:
    """Hold that the layout is the artifact that was built.

    Raises:
        NotAcceptedError: it is another.
    """
    if layout.digest != artifact.digest:
        raise NotAcceptedError(
            f"dist/{artifact.name} holds another image than was built",
            why=f"artifact.json names {artifact.digest}, and the layout is {layout.digest}",
            remedy=f"make it again, with its evidence: {ALL_AGAIN}",
        )


def hold_verdict(artifact: Artifact, verdict: Verdict) -> None:
    """Hold that the gate let this very artifact pass.

    Raises:
        GateFailed: it stopped it.
        Inconclusive: it could not tell, or it judged another one.
    """
    if verdict.artifact != artifact.digest:
        raise Inconclusive(
            f"{artifact.name} has no verdict",
            why=f"the one in dist/ is on {verdict.artifact}, and what was built is {artifact.digest}",
            remedy=f"scan it: ./noxw -s scan -- {artifact.name}",
        )
    if verdict.outcome == "pass":
        return
    kind = GateFailed if verdict.outcome == "fail" else Inconclusive
    raise kind(
        f"{artifact.name} is not pushed: its verdict is {verdict.outcome}",
        why="\n".join(verdict.reasons),
        remedy=f"mend what the gate stopped, then make it again: {ALL_AGAIN}",
    )


def second_sources(artifact: Artifact, verdict: Verdict, sbom: Iterable[str]) -> tuple[str, ...]:
    """Every reason why this artifact may serve a rehearsal only, each once."""
    return tuple(dict.fromkeys([*artifact.second_sources, *verdict.second_sources, *sbom]))


def hold_rehearsal(artifact: Artifact, reasons: tuple[str, ...], account: str, *, rehearsal: bool) -> None:
    """Hold that a registry takes only what comes from originals, unless it is a rehearsal's.

    Raises:
        NotAcceptedError: it is marked, and the account is not a rehearsal's.
    """
    if reasons and not rehearsal:
        raise NotAcceptedError(
            f"{artifact.name} may serve a rehearsal only; account {account} does not take it",
            why="\n".join(reasons),
            remedy="build and scan it where the originals can be had: no `mirrors:`, the tools' release binaries, "
            "the published vulnerability database",
        )


def hold_own_registry(mirror: str, account: str, *, rehearsal: bool) -> None:
    """Hold that nothing stands in for ECR outside of a rehearsal: it would be given the token that opens ECR.

    Args:
        mirror: ``mirrors.registry`` of local configuration; empty when there is none.
        account: the registry's.
        rehearsal: whether that account is a rehearsal's.

    Raises:
        NotAcceptedError: something does, and the account is not a rehearsal's.
    """
    if mirror and not rehearsal:
        raise NotAcceptedError(
            f"{mirror} may stand in for ECR in a rehearsal only; it was given nothing",
            why="local configuration names it under mirrors.registry; "
            f"it would be given the token of account {account}",
            remedy="take mirrors.registry out of lockage.local.yaml, beside lockage.yaml or in the user's own folder",
        )


def _types(what: str, found: Iterable[str], known: frozenset[str]) -> list[str]:
    unknown = dict.fromkeys(one for one in found if one not in known)
    return [f"{what} is of type {one or '(none stated)'}" for one in unknown]
