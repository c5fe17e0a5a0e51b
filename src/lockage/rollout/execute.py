"""Carries instructions out in one environment. The executor that prints them instead is in ``show``."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import groupby
from typing import TypeVar, assert_never

import msgspec

from lockage.aws.calls import ConflictError, StaleError
from lockage.aws.lambda_ import LambdaClient
from lockage.errors import AwsError, RolloutFailed
from lockage.model.ids import Version
from lockage.model.rollout import (
    AliasState,
    Answer,
    CheckVersion,
    CreateAlias,
    Desired,
    Instruction,
    Proof,
    PublishLayer,
    PublishVersion,
    ReadBack,
    ShiftAlias,
    UpdateCode,
    UpdateConfiguration,
    VersionState,
)
from lockage.rollout.together import together

T = TypeVar("T")
R = TypeVar("R")


_ROUNDS = 5
"""Times that a guarded write which must win is tried, each with what was read anew."""


class InterferenceError(RolloutFailed):
    """Somebody else changes what this rollout changes: no fault of the release."""


class ActingExecutor:
    """Changes the functions of one environment.

    Instructions of one kind that follow each other are one wave: all are begun, then all are waited for.

    Args:
        client: Lambda in that environment.
        alias: the alias that serves.
        name: a function's name in Lambda.
        aliases: where each alias points, as the plan saw it; guards its move.
        revisions: of ``$LATEST``, as the plan saw it; guards the first change of each function.
        workers: how many functions are asked at the same time where nothing is changed.
        wins: whether an alias that somebody else moves meanwhile is moved all the same: a rollback's are.
    """

    def __init__(
        self,
        client: LambdaClient,
        *,
        alias: str,
        name: Callable[[str], str],
        aliases: Mapping[str, AliasState | None],
        revisions: Mapping[str, str],
        workers: int = 8,
        wins: bool = False,
    ) -> None:
        self._client, self._alias, self._name, self._workers = client, alias, name, workers
        self._aliases, self._revisions, self._wins = aliases, dict(revisions), wins
        self.versions: dict[str, Version] = {}
        """What this rollout published."""
        self.proofs: list[Proof] = []
        self.moved: list[str] = []
        """Functions whose aliases were moved or made."""

    def run(self, instructions: Sequence[Instruction]) -> None:
        """Carry them out, wave by wave.

        Raises:
            RolloutFailed: a version or a function is not what it should be.
            AwsError: Lambda refused or did not settle.
        """
        for _, wave in groupby(instructions, key=type):
            self._wave(list(wave))

    def _wave(self, wave: list[Instruction]) -> None:
        for instruction in wave:
            self._begin(instruction)
        finished = self._together(self._finish, wave)
        self.proofs.extend(proof for proof in finished if proof is not None)

    def _begin(self, instruction: Instruction) -> None:
        match instruction:
            case PublishLayer():
                self._client.layers.publish(instruction)
            case UpdateCode() | UpdateConfiguration():
                self._update(instruction)
            case PublishVersion(desired=desired):
                self.versions[desired.function] = self._publish(desired)
            case ShiftAlias(function=function, version=version):
                self._move(function, version or self.versions[function])
                self.moved.append(function)
            case CreateAlias(function=function):
                self._create(function, self.versions[function])
                self.moved.append(function)
            case CheckVersion() | ReadBack():
                pass
            case _:
                assert_never(instruction)

    def _finish(self, instruction: Instruction) -> Proof | None:
        match instruction:
            case UpdateCode(function=function) | UpdateConfiguration(function=function):
                self._settle(function)
            case PublishVersion(function=function, desired=desired):
                self._hold_version(function, desired)
            case CheckVersion(function=function, probe=probe):
                version = self.versions[function]
                answered(function, version, self._client.invoke(self._name(function), version, probe, version=version))
            case ReadBack(function=function, desired=desired, version=version):
                return self._read_back(function, version or self.versions[function], desired)
            case PublishLayer() | ShiftAlias() | CreateAlias():
                pass
            case _:
                assert_never(instruction)
        return None

    def _update(self, change: UpdateCode | UpdateConfiguration) -> None:
        """A change whose answer was lost is sent again by boto3, and then finds itself: that is no conflict."""
        name, revision = self._name(change.function), self._revisions[change.function]
        try:
            if isinstance(change, UpdateCode):
                self._client.update_code(name, change, revision=revision)
            else:
                self._client.update_configuration(name, change.configuration, revision=revision)
        except (StaleError, ConflictError) as error:
            if not updated(change, self._client.settled(name)):
                raise _changed(change.function, error) from error

    def _settle(self, function: str) -> None:
        since = self._revisions[function]
        self._revisions[function] = self._client.settled(self._name(function), since=since).revision

    def _publish(self, desired: Desired) -> Version:
        """Once more when the guard does not hold: what was snapshot is read and held to what was asked for anyway."""
        name, archive = self._name(desired.function), desired.digest if desired.package == "zip" else None
        try:
            return self._client.publish(name, revision=self._revisions[desired.function], archive=archive)
        except StaleError:
            revision = self._client.settled(name).revision
        try:
            return self._client.publish(name, revision=revision, archive=archive)
        except StaleError as error:
            raise _changed(desired.function, error) from error

    def _hold_version(self, function: str, desired: Desired) -> None:
        """Somebody else's change between ours and the snapshot would be in it: Lambda's guard alone does not say so."""
        version = self.versions[function]
        held = self._client.settled(self._name(function), qualifier=version)
        if not desired.matches(held):
            raise InterferenceError(
                f"version {version} of {function} is not what was asked for",
                why=difference(desired, held),
                remedy="somebody else changes this function; find out who, then run the same command again",
            )

    def _move(self, function: str, version: Version) -> None:
        held = self._aliases[function]
        revision = held.revision if held else ""
        try:
            self._client.move_alias(self._name(function), self._alias, version, revision=revision)
        except (StaleError, ConflictError):
            if self._wins:
                point_alias(self._client, self._name(function), self._alias, version)
            else:
                self._unless_done(function, version)

    def _create(self, function: str, version: Version) -> None:
        try:
            self._client.create_alias(self._name(function), self._alias, version)
        except ConflictError:
            self._unless_done(function, version)

    def _unless_done(self, function: str, version: Version) -> None:
        found = self._client.alias(self._name(function), self._alias)
        if found is None or found.version != version or found.weighted:
            raise InterferenceError(
                f"the alias {self._alias} of {function} was moved by someone else",
                why=f"it was to go to version {version}, and is now at {found.version if found else 'nothing'}",
                remedy="two rollouts met, or somebody moved it by hand; run the same command again",
            )

    def _read_back(self, function: str, version: Version, desired: Desired) -> Proof:
        name = self._name(function)
        alias, held = self._client.alias(name, self._alias), self._client.state(name, version)
        points_there(function, self._alias, alias, version)
        if held is None or not desired.matches(held):
            raise InterferenceError(
                f"version {version} of {function} is not what was released",
                why="it is gone" if held is None else difference(desired, held),
                remedy="this version must not serve: roll back, or release anew",
            )
        answer = self._client.invoke(name, self._alias, desired.probe, version=version)
        answered(function, version, answer)
        return Proof(function=function, version=version, digest=desired.digest, seconds=answer.seconds)

    def _together(self, work: Callable[[T], R], items: Iterable[T]) -> list[R]:
        return together(work, items, self._workers)


def point_alias(
    client: LambdaClient,
    name: str,
    alias: str,
    version: str,
    *,
    contested: bool = False,
    still_ours: Callable[[], None] = lambda: None,
) -> None:
    """Point an alias at a version, whoever else moves it meanwhile. Safe to do twice: it is read first, each time.

    Args:
        client: Lambda in that environment.
        name: the function's, in Lambda.
        alias: the alias's.
        version: where all of its traffic is to go.
        contested: write also what is there already: its revision changes, and another rollout's guard fails.
        still_ours: asked before it is tried again; raises where the environment is another rollout's by now.

    Raises:
        StaleError: somebody else moved it every time.
    """
    for left in reversed(range(_ROUNDS)):
        held = client.alias(name, alias)
        try:
            if held is None:
                client.create_alias(name, alias, version)
            elif contested or held.version != version or held.weighted:
                client.move_alias(name, alias, version, revision=held.revision)
        except (StaleError, ConflictError):
            if not left:
                raise
            still_ours()
        else:
            return


def updated(change: UpdateCode | UpdateConfiguration, held: VersionState) -> bool:
    """Whether ``$LATEST`` holds what a change was to bring."""
    if isinstance(change, UpdateCode):
        return (held.digest, held.configuration.architecture) == (change.digest, change.architecture)
    return msgspec.structs.replace(change.configuration, architecture=held.configuration.architecture) == (
        held.configuration
    )


def _changed(function: str, error: AwsError) -> InterferenceError:
    return InterferenceError(
        f"{function} was changed by someone else meanwhile",
        why=error.why,
        remedy="two rollouts met, or Terraform was applied; run the same command again",
    )


def answered(function: str, version: str, answer: Answer) -> None:
    """Hold that a version answered, and that it was this one.

    Raises:
        RolloutFailed: it reported an error.
        InterferenceError: another version ran.
    """
    if answer.error:
        raise RolloutFailed(
            f"version {version} of {function} does not answer its probe",
            why=answer.error,
            remedy="run it locally with `lockage invoke`, mend it, and release anew",
        )
    if answer.version != version:
        raise InterferenceError(
            f"another version of {function} answered",
            why=f"asked for version {version}, and version {answer.version or 'unknown'} ran",
            remedy="somebody else moves this function's alias; find out who, then run the same command again",
        )


def points_there(function: str, name: str, alias: AliasState | None, version: str) -> None:
    """Hold that an alias sends all traffic to a version.

    Raises:
        InterferenceError: it does not.
    """
    if alias is None or alias.version != version or alias.weighted:
        found = "no alias" if alias is None else f"version {alias.version}{', and a second one' * alias.weighted}"
        raise InterferenceError(
            f"the alias {name} of {function} is not where it should be",
            why=f"it should send all traffic to version {version}; found: {found}",
            remedy="two rollouts met, or somebody moved it by hand; run the same command again",
        )


def difference(desired: Desired, held: VersionState) -> str:
    """What Lambda holds instead, field by field; values of the environment are not shown."""
    lines = [] if held.digest == desired.digest else [f"digest: {held.digest}, not {desired.digest}"]
    for field in ("command", "handler", "runtime", "layers", "memory_mb", "timeout_s", "architecture"):
        found, wanted = getattr(held.configuration, field), getattr(desired.configuration, field)
        if found != wanted:
            lines.append(f"{field}: {found}, not {wanted}")
    found, wanted = held.configuration.environment, desired.configuration.environment
    names = sorted(name for name in {*found, *wanted} if found.get(name) != wanted.get(name))
    return "\n".join([*lines, *(f"environment: {name} differs" for name in names)])
