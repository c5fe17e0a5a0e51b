"""Symbolic references of declared configuration, and what they mean in one environment. Pure."""

import re
from collections.abc import Callable, Mapping

import msgspec

from lockage.errors import UsageError
from lockage.model.release import Release, ReleasedFunction
from lockage.model.rollout import Desired

_REFERENCE = re.compile(r"\$\{((?:table|topic|queue|secret)\.[a-z][a-z0-9-]*)\}")


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


def desired(release: Release, meanings: Mapping[str, str], registry: str) -> tuple[Desired, ...]:
    """What every function is to become.

    Args:
        release: the functions as declared.
        meanings: what each reference means here.
        registry: host of image references.
    """
    return tuple(_desired(function, meanings, registry) for function in release.functions)


def _desired(function: ReleasedFunction, meanings: Mapping[str, str], registry: str) -> Desired:
    declared = function.configuration
    environment = {name: _resolve(value, meanings) for name, value in declared.environment.items()}
    return Desired(
        function=function.name,
        image=f"{registry}/{function.repository}@{function.artifact}",
        digest=function.artifact,
        configuration=msgspec.structs.replace(declared, environment=environment),
        probe=function.probe,
    )


def _resolve(value: str, meanings: Mapping[str, str]) -> str:
    return _REFERENCE.sub(lambda match: meanings[match[1]], value)
