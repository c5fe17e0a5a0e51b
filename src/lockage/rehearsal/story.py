"""The story that a rehearsal plays, as data: three releases, their passages, and the way back.

Release 1 is the tree as it is; it goes through every environment. Release 2 changes one function and another's memory,
and follows. Release 3 does not behave: the first environment goes back, the others never see it. Then the last
environment is rolled back to release 1, on the rows and messages that release 2 left there.
"""

from collections.abc import Iterator
from typing import Literal

import msgspec

from lockage.config.schema import Project
from lockage.errors import LockageError, RolloutFailed
from lockage.model.rollout import PassageState
from lockage.rehearsal.handover import Fact, Handover
from lockage.rollout.admission import NotAdmittedError

GOOD, BETTER, BAD = 1, 2, 3
REASON = "rehearsal of the way back"


class MakeTree(msgspec.Struct, frozen=True, kw_only=True):
    """Clone the tree; for a later release, with its patch on top of the one before."""

    release: int


class Verb(msgspec.Struct, frozen=True, kw_only=True):
    """Run one of this program's own verbs on a release's tree."""

    release: int
    arguments: tuple[str, ...]
    role: str = ""
    """Whose credentials it gets; empty for none at all."""
    place: str = ""
    """The environment whose role it is; empty for the registry's account."""
    fails_with: type[LockageError] | None = None
    """The error, and none of its kinds, that the story wants of it; None for success."""
    tells: str = ""
    """Words that must be in what it prints, or in its error."""


class KeepArtifacts(msgspec.Struct, frozen=True, kw_only=True):
    """Keep what was built and judged, for the user to read and the next rehearsal to reuse."""

    release: int


class Provision(msgspec.Struct, frozen=True, kw_only=True):
    """Make what Terraform makes: the registry's part, or an environment's; for a later release, what is different."""

    place: str = ""
    release: int = GOOD
    """Whose declaration it is."""


class Remember(msgspec.Struct, frozen=True, kw_only=True):
    """Remember everything in an environment that a rollout could touch."""

    place: str


class Untouched(msgspec.Struct, frozen=True, kw_only=True):
    """Hold that nothing of it is different."""

    place: str


class Serves(msgspec.Struct, frozen=True, kw_only=True):
    """Hold that every alias serves a release: version → digest → memory → answer."""

    release: int
    place: str


class Judged(msgspec.Struct, frozen=True, kw_only=True):
    """Hold what the release store says became of a release in an environment."""

    release: int
    place: str
    state: PassageState
    because: str
    """Words of the reason."""


class PushedOnce(msgspec.Struct, frozen=True, kw_only=True):
    """Hold that what was pushed of a release takes no other content: its tag in ECR, its archives in S3."""

    release: int


class Refused(msgspec.Struct, frozen=True, kw_only=True):
    """Hold that a role may not do what is not its own."""

    place: str
    role: str
    action: Literal[
        "lambda:UpdateFunctionCode", "lambda:UpdateAlias", "lambda:PublishVersion", "lambda:PublishLayerVersion"
    ]


class Hold(msgspec.Struct, frozen=True, kw_only=True):
    """Let a queue's messages wait, or hand them out again."""

    place: str
    queue: str
    held: bool


class Expect(msgspec.Struct, frozen=True, kw_only=True):
    """Hold a declared fact."""

    place: str
    fact: Fact


Act = (
    MakeTree
    | Verb
    | KeepArtifacts
    | Provision
    | Remember
    | Untouched
    | Serves
    | Judged
    | PushedOnce
    | Refused
    | Hold
    | Expect
)


def story(project: Project, handover: Handover | None) -> tuple[Act, ...]:
    """Everything that a rehearsal of a project does, in order."""
    first, *others = environments(project)
    last = (first, *others)[-1]
    return (
        Provision(),
        *_made(GOOD),
        *(Provision(place=place) for place in (first, *others)),
        *_passage(project, GOOD, first, others),
        *_made(BETTER),
        *_passage(project, BETTER, first, others),
        *_made(BAD),
        *_refused_at_the_door(project, first, others),
        *_way_back(project, last, handover),
    )


def environments(project: Project) -> list[str]:
    """The environments in the order that releases pass them: a chain by ``after``, or as declared."""
    ordered: list[str] = []
    waiting = list(project.environments)
    while waiting:
        ready = [name for name in waiting if project.environments[name].after in {None, *ordered}]
        ordered += ready
        waiting = [name for name in waiting if name not in ready]
    return ordered


def _made(release: int) -> Iterator[Act]:
    """From source to a release in the store: nobody has credentials until something is pushed."""
    yield MakeTree(release=release)
    for verb in ("build", "check", "sbom", "scan"):
        yield Verb(release=release, arguments=(verb,))
    yield KeepArtifacts(release=release)
    for verb in ("push", "release"):
        yield Verb(release=release, arguments=(verb,), role="publisher")
    yield PushedOnce(release=release)


def _passage(project: Project, release: int, first: str, others: list[str]) -> Iterator[Act]:
    yield _deployer(release, "deploy", first)
    yield Serves(release=release, place=first)
    for place in others:
        verb = "promote" if project.environments[place].after else "deploy"
        yield _deployer(release, verb, place)
        yield Serves(release=release, place=place)


def _refused_at_the_door(project: Project, first: str, others: list[str]) -> Iterator[Act]:
    """The first environment goes back to what it served; the others are not even asked."""
    for place in others:
        yield Remember(place=place)
    yield _deployer(BAD, "deploy", first, fails_with=RolloutFailed)
    yield Judged(release=BAD, place=first, state="bad", because="end-to-end checks")
    yield Serves(release=BETTER, place=first)
    for place in others:
        if project.environments[place].after:
            yield _deployer(BAD, "deploy", place, fails_with=NotAdmittedError)
        yield Untouched(place=place)


def _way_back(project: Project, last: str, handover: Handover | None) -> Iterator[Act]:
    given = handover or Handover()
    for queue in given.hold:
        yield Hold(place=last, queue=queue, held=True)
    for fact in given.writes:
        yield Expect(place=last, fact=fact)
    yield Refused(place=last, role="rollback", action="lambda:UpdateFunctionCode")
    yield Refused(place=last, role="rollback", action="lambda:PublishVersion")
    if project.layers:
        yield Refused(place=last, role="rollback", action="lambda:PublishLayerVersion")
    yield Refused(place=last, role="e2e", action="lambda:UpdateAlias")
    yield Verb(
        release=GOOD,
        arguments=("rollback", "--env", last, "--to", "previous", "--reason", REASON),
        role="rollback",
        place=last,
    )
    yield Serves(release=GOOD, place=last)
    for queue in given.hold:
        yield Hold(place=last, queue=queue, held=False)
    for fact in given.reads:
        yield Expect(place=last, fact=fact)


def _deployer(release: int, verb: str, place: str, *, fails_with: type[LockageError] | None = None) -> Verb:
    return Verb(release=release, arguments=(verb, "--env", place), role="deployer", place=place, fails_with=fails_with)
