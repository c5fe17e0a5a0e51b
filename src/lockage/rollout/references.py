"""What a release declares, as one environment takes it: references resolved, sources by their full names. Pure."""

import re
from collections.abc import Callable, Mapping

import msgspec

from lockage.errors import UsageError
from lockage.model.ids import Digest
from lockage.model.release import Release, ReleasedFunction, archive_key
from lockage.model.rollout import Desired, PublishLayer

_REFERENCE = re.compile(r"\$\{((?:table|topic|queue|secret)\.[a-z][a-z0-9-]*)\}")


class Sources(msgspec.Struct, frozen=True, kw_only=True):
    """Where Lambda takes what it runs."""

    registry: str
    """Host of image references."""
    archives: str
    """The bucket of zips and layers."""

    def of(self, function: ReleasedFunction) -> str:
        """A function's image by digest, or its zip."""
        if function.package == "zip":
            return self.archive(function.artifact)
        return f"{self.registry}/{function.repository}@{function.artifact}"

    def archive(self, digest: Digest) -> str:
        """A zip or layer."""
        return f"s3://{self.archives}/{archive_key(digest)}"


class UnresolvedError(UsageError):
    """An environment lacks what a release refers to; nothing was done."""


def references(release: Release) -> tuple[str, ...]:
    """All references of a release, such as ``table.decisions``, sorted."""
    values = (value for function in release.functions for value in function.configuration.environment.values())
    return tuple(sorted({reference for value in values for reference in _REFERENCE.findall(value)}))


def parameter_name(project: str, reference: str) -> str:
    """The SSM parameter under which Terraform publishes what a reference means."""
    return f"/{project}/{reference.replace('.', '/', 1)}"


def look_up(release: Release, lookup: Callable[[str], str | None], environment: str) -> dict[str, str]:
    """What each reference of a release means.

    Args:
        release: whose references.
        lookup: an SSM parameter's value by its name.
        environment: for the message.

    Raises:
        UnresolvedError: naming all that are missing.
    """
    found = {reference: lookup(parameter_name(release.project, reference)) for reference in references(release)}
    missing = [reference for reference, value in found.items() if value is None]
    if missing:
        names = "\n".join(
            f"{reference}: no SSM parameter {parameter_name(release.project, reference)}" for reference in missing
        )
        raise UnresolvedError(
            f"{environment} lacks {len(missing)} of the resources that release {release.id[:12]} refers to",
            why=names,
            remedy=f"Terraform makes them: apply terraform/envs/{environment}, then run the same command again",
        )
    return {reference: value for reference, value in found.items() if value is not None}


def desired(release: Release, meanings: Mapping[str, str], sources: Sources) -> tuple[Desired, ...]:
    """What every function is to become.

    Args:
        release: the functions as declared.
        meanings: what each reference means here.
        sources: of images, zips and layers.
    """
    return tuple(_desired(function, meanings, sources) for function in release.functions)


def layers(release: Release, sources: Sources) -> tuple[PublishLayer, ...]:
    """How every layer of a release is published where it is not held yet."""
    return tuple(
        PublishLayer(
            layer=layer.name,
            name=release.layer_name(layer.name),
            digest=layer.artifact,
            source=sources.archive(layer.artifact),
            runtime=layer.runtime,
            architecture=layer.architecture,
        )
        for layer in release.layers
    )


def _desired(function: ReleasedFunction, meanings: Mapping[str, str], sources: Sources) -> Desired:
    declared = function.configuration
    environment = {name: _resolve(value, meanings) for name, value in declared.environment.items()}
    return Desired(
        function=function.name,
        package=function.package,
        source=sources.of(function),
        digest=function.artifact,
        configuration=msgspec.structs.replace(declared, environment=environment),
        probe=function.probe,
    )


def _resolve(value: str, meanings: Mapping[str, str]) -> str:
    return _REFERENCE.sub(lambda match: meanings[match[1]], value)
