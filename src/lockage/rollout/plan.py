"""What a rollout has to do, from what is desired and what an environment holds. Pure: no client, no clock.

Order is the point of it. Everything is staged before the first alias moves; functions that the running release has too
are shifted first and new ones last, so that nothing old can call what is only half there.

Code and configuration are two updates of a function, and Lambda weighs a zip with its layers at each: between them it
must not hold more than before or after. So layers that go, go before the code comes, and layers that come, come after.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence

from msgspec.structs import replace

from lockage.errors import UsageError
from lockage.model.ids import Version
from lockage.model.release import Configuration
from lockage.model.rollout import (
    LATEST,
    AliasState,
    CheckVersion,
    CreateAlias,
    Desired,
    Instruction,
    Plan,
    PublishLayer,
    PublishVersion,
    ReadBack,
    RemoteFunction,
    ShiftAlias,
    UpdateCode,
    UpdateConfiguration,
    VersionState,
)

_WORDS = {"image": "an image", "zip": "a zip"}


class ImpossibleError(UsageError):
    """No rollout can reach the release from what the environment holds; nothing was done."""


def plan(
    wanted: tuple[Desired, ...],
    remote: Mapping[str, RemoteFunction | None],
    running: Collection[str] = (),
    lacking: Sequence[PublishLayer] = (),
) -> Plan:
    """Plan a rollout.

    Args:
        wanted: every function of the release.
        remote: what the environment holds of each.
        running: the functions of the release that runs now; others are new.
        lacking: the layers of the release that the environment's account does not hold yet.

    Raises:
        ImpossibleError: naming everything that stands in the way.
    """
    held = _possible(wanted, remote)
    keeps = {one.function: Version(_live(held[one.function])) for one in wanted if _keeps(one, held[one.function])}
    changed = [one for one in wanted if one.function not in keeps]
    return Plan(
        stage=tuple(_stage(changed, held, lacking)),
        check=tuple(CheckVersion(function=one.function, probe=one.probe) for one in changed),
        shift=tuple(_shift(changed, held, running)),
        verify=tuple(ReadBack(function=one.function, desired=one, version=keeps.get(one.function)) for one in wanted),
        before={function: remote.alias.version if remote.alias else None for function, remote in held.items()},
        keeps=keeps,
    )


def _possible(wanted: Iterable[Desired], remote: Mapping[str, RemoteFunction | None]) -> dict[str, RemoteFunction]:
    held, obstacles = {}, []
    for one in wanted:
        found = remote[one.function]
        if found is None:
            obstacles.append(f"{one.function}: there is no such function; Terraform makes its shell")
        elif _other_package(one, found):
            is_, holds = _WORDS[found.latest.package.lower()], _WORDS[one.package]
            obstacles.append(f"{one.function}: it is {is_} function, and the release holds {holds}")
        elif found.alias is not None and found.alias.version == LATEST:
            obstacles.append(
                f"{one.function}: its alias is at {LATEST}, which a rollout changes while it stages, "
                "so traffic would move: publish a version and point the alias at it"
            )
        else:
            held[one.function] = found
    if obstacles:
        raise _impossible(obstacles, packages=any(_other_package(one, remote[one.function]) for one in wanted))
    return held


def _other_package(one: Desired, found: RemoteFunction | None) -> bool:
    return found is not None and found.latest.package.lower() != one.package


def _impossible(obstacles: list[str], *, packages: bool) -> ImpossibleError:
    another_way = (
        "Lambda never changes a function's package type. Go over a parallel function:\n"
        "1. declare it in lockage.yaml under a new name, with the new packaging; apply Terraform, release, roll out\n"
        "2. move its trigger and its callers to the new function, and apply (a topic's trigger: first to both)\n"
        "3. release without the old function; Terraform keeps it until no rollback needs it any more\n"
        "docs/how-to/change-packaging.md has every step, and the way back"
    )
    return ImpossibleError(
        "this release cannot be rolled out here; nothing was changed",
        why="\n".join(obstacles),
        remedy=another_way
        if packages
        else "apply Terraform for this environment or mend what is named, then run the same command again",
    )


def drift(remote: Mapping[str, RemoteFunction | None], serving: Mapping[str, Version]) -> list[str]:
    """Aliases that are not where the running release has them: moved by hand, or sharing their traffic.

    Args:
        remote: what the environment holds.
        serving: function → version, as the record tells of the running release.
    """
    lines = []
    for function, found in remote.items():
        alias = found.alias if found is not None else None
        if alias is not None and alias.version != serving.get(function, alias.version):
            lines.append(
                f"{function}: its alias is at version {alias.version}, not at the release's {serving[function]}"
            )
        if alias is not None and alias.weighted:
            lines.append(
                f"{function}: its alias sends a part of its traffic to a second version; that part is not kept"
            )
    return lines


def _keeps(one: Desired, held: RemoteFunction) -> bool:
    """Whether the version that serves is the one a rollout would publish, Terraform's half included."""
    live = held.live
    return (
        live is not None
        and held.alias is not None
        and not held.alias.weighted
        and live.serves
        and one.matches(live)
        and live.shell == held.latest.shell
    )


def _live(held: RemoteFunction) -> str:
    return held.alias.version if held.alias else LATEST


def _stage(
    changed: list[Desired], held: Mapping[str, RemoteFunction], lacking: Sequence[PublishLayer]
) -> Iterable[Instruction]:
    """Kind by kind, so that Lambda works on all functions while we wait for the first."""
    used = {layer for one in changed for layer in one.configuration.layers}
    yield from (layer for layer in lacking if layer.digest in used)
    room = {one.function: _room(one, held[one.function].latest) for one in changed}
    for function, first in room.items():
        if first is not None:
            yield UpdateConfiguration(function=function, configuration=first)
    for one in changed:
        if _coded(one, held[one.function].latest):
            yield UpdateCode(
                function=one.function,
                package=one.package,
                source=one.source,
                digest=one.digest,
                architecture=one.configuration.architecture,
            )
    for one in changed:
        if not _configured(one, room[one.function] or held[one.function].latest.configuration):
            yield UpdateConfiguration(function=one.function, configuration=one.configuration)
    for one in changed:
        yield PublishVersion(function=one.function, desired=one)


def _coded(one: Desired, latest: VersionState) -> bool:
    """Whether ``$LATEST`` needs other code; its architecture comes with the code."""
    return latest.digest != one.digest or latest.configuration.architecture != one.configuration.architecture


def _room(one: Desired, latest: VersionState) -> Configuration | None:
    """The configuration without what is new of its layers, where some must go before the code comes."""
    before, after = latest.configuration.layers, one.configuration.layers
    if not _coded(one, latest) or set(before) <= set(after):
        return None
    return replace(one.configuration, layers=tuple(layer for layer in after if layer in before))


def _configured(one: Desired, there: Configuration) -> bool:
    """Whether ``$LATEST`` has the configuration already, but for its architecture."""
    return replace(there, architecture=one.configuration.architecture) == one.configuration


def _shift(
    changed: list[Desired], held: Mapping[str, RemoteFunction], running: Collection[str]
) -> Iterable[Instruction]:
    old_first = sorted(changed, key=lambda one: (one.function not in running, held[one.function].alias is None))
    for one in old_first:
        if held[one.function].alias is None:
            yield CreateAlias(function=one.function)
        else:
            yield ShiftAlias(function=one.function, version=None)


def plan_rollback(
    wanted: tuple[Desired, ...],
    versions: Mapping[str, Version],
    aliases: Mapping[str, AliasState],
    *,
    contested: bool = False,
) -> Plan:
    """Plan the way back: aliases alone, to versions that were published long ago.

    Args:
        wanted: every function of the release to go back to.
        versions: the version of each that the environment ran then.
        aliases: where each points now.
        contested: whether another rollout is open, perhaps still running. Then every alias is written, also one that
            is there already: its revision changes, and the other rollout's guard no longer holds.
    """
    moves = [
        one.function for one in wanted if contested or not _is_there(aliases[one.function], versions[one.function])
    ]
    return Plan(
        stage=(),
        check=(),
        shift=tuple(ShiftAlias(function=function, version=versions[function]) for function in moves),
        verify=tuple(ReadBack(function=one.function, desired=one, version=versions[one.function]) for one in wanted),
        before={function: alias.version for function, alias in aliases.items()},
        keeps={one.function: versions[one.function] for one in wanted if one.function not in moves},
    )


def _is_there(alias: AliasState, version: Version) -> bool:
    return alias.version == version and not alias.weighted
