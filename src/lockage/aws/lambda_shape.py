"""Lambda's answers as our values. Pure."""

import base64
import json
from collections.abc import Mapping
from typing import Any, cast

from msgspec.structs import replace

from lockage.aws.digests import from_base64
from lockage.model.canonical import content_digest
from lockage.model.ids import Digest
from lockage.model.release import Architecture, Configuration
from lockage.model.rollout import AliasState, Answer, VersionState

_TERRAFORMS = (
    "Role",
    "VpcConfig",
    "KMSKeyArn",
    "DeadLetterConfig",
    "TracingConfig",
    "FileSystemConfigs",
    "EphemeralStorage",
    "SnapStart",
    "LoggingConfig",
)
"""What a version snapshots and Terraform owns: when it differs from ``$LATEST``, a new version is due."""

_UNREADABLE = {"": ""}
"""Stands for an environment that Lambda would not show; equal to none that can be declared."""


def layer_arns(response: Mapping[str, Any]) -> tuple[str, ...]:
    """The layer versions in GetFunction's answer, in their order."""
    return tuple(layer["Arn"] for layer in response["Configuration"].get("Layers") or ())


def version_state(response: Mapping[str, Any], layers: tuple[Digest, ...] = ()) -> VersionState:
    """GetFunction's answer.

    Args:
        response: as it came.
        layers: what its layer versions hold, in their order.
    """
    held, code = response["Configuration"], response.get("Code", {})
    package = held.get("PackageType", "Zip")
    zipped = package == "Zip"
    return VersionState(
        version=held["Version"],
        revision=held.get("RevisionId", ""),
        package=package,
        digest=from_base64(held.get("CodeSha256", "")) if zipped else _digest(code.get("ResolvedImageUri", "")),
        configuration=_zip_configuration(held, layers) if zipped else _image_configuration(held),
        shell=content_digest({name: held.get(name) or None for name in _TERRAFORMS}),
        state=held.get("State", ""),
        update=held.get("LastUpdateStatus", ""),
        reason=held.get("StateReason") or held.get("LastUpdateStatusReason") or "",
    )


def alias_state(response: Mapping[str, Any]) -> AliasState:
    """GetAlias's answer."""
    routing = response.get("RoutingConfig") or {}
    return AliasState(
        version=response["FunctionVersion"],
        revision=response.get("RevisionId", ""),
        weighted=bool(routing.get("AdditionalVersionWeights")),
    )


def answer(response: Mapping[str, Any], payload: bytes, seconds: float) -> Answer:
    """Invoke's answer, its payload read; a function that failed still answers 200, with ``FunctionError`` set."""
    failed = response.get("FunctionError", "")
    return Answer(
        version=response.get("ExecutedVersion", ""),
        error=_told(failed, payload.decode(errors="replace"), response.get("LogResult", "")) if failed else "",
        seconds=round(seconds, 3),
    )


def _told(failed: str, body: str, log: str) -> str:
    """The function's own words, then the end of its log."""
    try:
        document = json.loads(body)
        words = f"{document.get('errorType', failed)}: {document.get('errorMessage', body)}"
    except (ValueError, AttributeError):
        words = f"{failed}: {body}"
    tail = base64.b64decode(log).decode(errors="replace").strip().splitlines()[-10:]
    return "\n".join([words, *tail])


def place_of(source: str) -> tuple[str, str]:
    """Bucket and key of ``s3://<bucket>/<key>``."""
    bucket, _, key = source.removeprefix("s3://").partition("/")
    return bucket, key


def _image_configuration(held: Mapping[str, Any]) -> Configuration:
    image = (held.get("ImageConfigResponse") or {}).get("ImageConfig") or {}
    return replace(_configuration(held), command=tuple(image.get("Command") or ()))


def _zip_configuration(held: Mapping[str, Any], layers: tuple[Digest, ...]) -> Configuration:
    handler, runtime = held.get("Handler", ""), held.get("Runtime", "")
    return replace(_configuration(held), handler=handler, runtime=runtime, layers=layers)


def _configuration(held: Mapping[str, Any]) -> Configuration:
    environment = held.get("Environment") or {}
    return Configuration(
        command=(),
        memory_mb=held.get("MemorySize", 0),
        timeout_s=held.get("Timeout", 0),
        environment=_UNREADABLE if "Error" in environment else dict(environment.get("Variables") or {}),
        architecture=cast("Architecture", (held.get("Architectures") or ["x86_64"])[0]),
    )


def _digest(reference: str) -> Digest | None:
    _, at, found = reference.partition("@")
    return Digest(found) if at else None
