"""What an environment runs, what a rollout will do, and what it wrote down."""

from typing import Literal

import msgspec

from lockage.model.ids import Digest, ReleaseId, Version
from lockage.model.release import Architecture, Configuration, Package

LATEST = "$LATEST"
"""The one version that is not a snapshot; no rollout ever serves it."""


# What Lambda holds ---------------------------------------------------------------------------------------------------


class VersionState(msgspec.Struct, frozen=True, kw_only=True):
    """What Lambda holds under one qualifier of a function."""

    version: str
    """``$LATEST`` or a number."""
    revision: str
    package: str
    """``Image`` or ``Zip``."""
    digest: Digest | None
    """Of the image, as Lambda resolved it, or of the zip; None where Lambda names none."""
    configuration: Configuration
    """References resolved."""
    shell: Digest
    """Of Terraform's half: role, network, keys and what else a version snapshots."""
    state: str
    """``Active``, ``Inactive``, ``Pending``, ``Failed``, or a word AWS has yet to invent."""
    update: str
    """``Successful``, ``InProgress``, ``Failed``."""
    reason: str
    """Why the state or the update failed."""

    @property
    def serves(self) -> bool:
        """Whether an alias may point here: a snapshot that Lambda can run (an inactive one wakes when invoked)."""
        return self.version != LATEST and self.state in {"Active", "Inactive"}


class AliasState(msgspec.Struct, frozen=True, kw_only=True):
    """Where an alias points."""

    version: str
    revision: str
    weighted: bool = False
    """Whether a second version takes a share of the traffic."""


class RemoteFunction(msgspec.Struct, frozen=True, kw_only=True):
    """What an environment holds of one function."""

    latest: VersionState
    alias: AliasState | None
    live: VersionState | None
    """The version that the alias points at; None without one, or where it points at ``$LATEST``."""


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """How a function answered an event."""

    version: str
    """That really ran."""
    error: str
    """Empty, or what the function reported, with the end of its log."""
    seconds: float


# What a rollout does -------------------------------------------------------------------------------------------------


class Desired(msgspec.Struct, frozen=True, kw_only=True):
    """What a function is to become in one environment."""

    function: str
    package: Package
    source: str
    """Where Lambda takes it: an image by digest, or ``s3://<bucket>/<key>``."""
    digest: Digest
    configuration: Configuration
    """References resolved."""
    probe: str

    def matches(self, held: VersionState) -> bool:
        """Whether Lambda holds exactly this."""
        return held.digest == self.digest and held.configuration == self.configuration


class PublishLayer(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """Make a layer version of content that the account does not hold yet."""

    layer: str
    """As in ``lockage.yaml``."""
    name: str
    """In Lambda."""
    digest: Digest
    source: str
    """``s3://<bucket>/<key>``."""
    runtime: str
    architecture: Architecture


class UpdateCode(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """Give ``$LATEST`` other code."""

    function: str
    package: Package
    source: str
    """As in ``Desired``."""
    digest: Digest
    architecture: Architecture


class UpdateConfiguration(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """Give ``$LATEST`` another configuration."""

    function: str
    configuration: Configuration


class PublishVersion(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """Snapshot ``$LATEST``, which must be what is desired, as a version."""

    function: str
    desired: Desired


class CheckVersion(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """Let the new version answer the probe, by its own qualifier: no traffic is touched."""

    function: str
    probe: str


class ShiftAlias(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """Point the alias at a version: this moves traffic."""

    function: str
    version: Version | None
    """None for the version that this rollout publishes."""


class CreateAlias(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """Make the alias of a function that never had one."""

    function: str


class ReadBack(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """Prove it: alias → version → digest → answer."""

    function: str
    desired: Desired
    version: Version | None
    """None for the version that this rollout publishes."""


Instruction = (
    PublishLayer
    | UpdateCode
    | UpdateConfiguration
    | PublishVersion
    | CheckVersion
    | ShiftAlias
    | CreateAlias
    | ReadBack
)


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """A rollout as data: four parts, each of which begins only when the one before it is done for all functions."""

    stage: tuple[Instruction, ...]
    """Publishes versions; moves no traffic."""
    check: tuple[Instruction, ...]
    """Asks the new versions; changes nothing."""
    shift: tuple[Instruction, ...]
    """Moves all of it."""
    verify: tuple[Instruction, ...]
    """Changes nothing."""
    before: dict[str, str | None]
    """Function → the version its alias pointed at; None without an alias. Where going back goes."""
    keeps: dict[str, Version]
    """Function → the version it runs already and keeps."""

    @property
    def instructions(self) -> tuple[Instruction, ...]:
        """All of it, in order."""
        return (*self.stage, *self.check, *self.shift, *self.verify)

    @property
    def changes(self) -> bool:
        """Whether anything would be different afterwards."""
        return bool(self.stage or self.shift)


class Proof(msgspec.Struct, frozen=True, kw_only=True):
    """What was read back of one function."""

    function: str
    version: Version
    digest: Digest
    seconds: float
    """That its answer through the alias took."""


# What a rollout writes down ------------------------------------------------------------------------------------------

Phase = Literal["staging", "shifting", "verifying", "undoing", "done", "undone"]


class Journal(msgspec.Struct, frozen=True, kw_only=True):
    """``rollouts/<env>/<n>.json``: written before what it tells of is done."""

    schema: Literal[2] = 2
    number: int
    environment: str
    kind: Literal["deploy", "rollback"]
    release: ReleaseId
    """Where it goes."""
    abandons: ReleaseId | None
    """The release a rollback leaves; None for a deployment."""
    supersedes: int | None
    """The unfinished rollout that this one took over."""
    reason: str
    phase: Phase
    instructions: tuple[Instruction, ...]
    before: dict[str, str | None]
    after: dict[str, Version]
    """Known when shifting begins."""
    references: dict[str, str]
    """Reference → what it resolved to."""
    began: str
    """ISO time, UTC."""
    ended: str = ""
    mixed_seconds: float = 0.0
    """How long some aliases had moved and others not."""
    error: str = ""


PassageState = Literal["staged", "live", "good", "bad"]


class Passage(msgspec.Struct, frozen=True, kw_only=True):
    """One passage of a release through an environment."""

    release: ReleaseId
    rollout: int
    state: PassageState
    """*staged* until it served; *good* once its end-to-end checks passed; *bad* once judged so."""
    versions: dict[str, Version]
    references: dict[str, str]
    at: str
    """ISO time, UTC, of the last change of state."""
    reason: str = ""
    back: bool = False
    """Whether a rollback brought it here."""


class EnvironmentRecord(msgspec.Struct, frozen=True, kw_only=True):
    """``environments/<env>/current.json``: what the environment runs, and ran."""

    schema: Literal[1] = 1
    environment: str
    release: ReleaseId | None = None
    """What every alias serves, unless a rollout is open."""
    rollout: int = 0
    """The newest rollout's number."""
    open: int | None = None
    """The rollout that is under way, or was when its machine died."""
    passages: tuple[Passage, ...] = ()
    """Oldest first."""
