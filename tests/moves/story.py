"""The story of two functions that move to the other packaging at the same time, one each way, as data.

Releases 1, 2, 3 and 6 are built and deployed; 4 and 5 only move what calls the functions, which no release holds.

======= ========================================================== ==================== ======================
release declares                                                   the queue is worked  the topic is heard
======= ========================================================== ==================== ======================
1       both functions as they were                                by the zip           by the image
2       both packed otherwise in place: refused by either half     by the zip           by the image
3       a parallel function beside each, with a URL of its own     by the zip           by the image
4       the queue's trigger at the parallel one, the topic's at    by the parallel one  by both
        both: a queue keeps what nobody takes, a topic does not
5       the topic's trigger and the URLs at the parallel ones only by the parallel one  by the parallel one
6       the old functions no more: retired, and kept               by the parallel one  by the parallel one
======= ========================================================== ==================== ======================

Between 5 and 6 all of it is walked back to release 1, and forth again.
"""

from collections.abc import Iterator, Mapping

import msgspec

from lockage.errors import LockageError
from lockage.rehearsal.story import Act, KeepArtifacts, MakeTree, Provision, Remember, Serves, Untouched, Verb
from lockage.rollout.plan import ImpossibleError

WAS, IN_PLACE, BESIDE, MOVING, MOVED, GONE = 1, 2, 3, 4, 5, 6
PLACE = "only"
OLD = {"queue.orders": "orders", "topic.parcels": "parcels"}
NEW = {"queue.orders": "orders-image", "topic.parcels": "parcels-zip"}

Flow = Mapping[str, tuple[str, ...]]
"""A queue or topic → the functions that each of its messages comes to."""

AT_OLD: Flow = {source: (function,) for source, function in OLD.items()}
AT_BOTH: Flow = {"queue.orders": ("orders-image",), "topic.parcels": ("parcels", "parcels-zip")}
AT_NEW: Flow = {source: (function,) for source, function in NEW.items()}


class Flows(msgspec.Struct, frozen=True, kw_only=True):
    """Send messages, and hold that each is worked once by every function that it is to come to, and by no other."""

    by: Flow


class Meanwhile(msgspec.Struct, frozen=True, kw_only=True):
    """Go on sending messages while an apply moves what calls the functions.

    Each comes to where it went before or to where it goes afterwards; none to nobody, none twice.
    """

    act: Provision
    before: Flow
    after: Flow


class Protected(msgspec.Struct, frozen=True, kw_only=True):
    """Hold that an apply is refused since it would take functions away."""

    act: Provision
    functions: tuple[str, ...]


class Called(msgspec.Struct, frozen=True, kw_only=True):
    """Call a function's URL, as the environment publishes it: the version that its alias names answers."""

    function: str


class NotCalled(msgspec.Struct, frozen=True, kw_only=True):
    """Hold that a function has no URL any more, and that none is published."""

    function: str


class Stands(msgspec.Struct, frozen=True, kw_only=True):
    """Hold that a function's alias and the version that it names are there, and answer when they are invoked."""

    function: str


class NothingLeft(msgspec.Struct, frozen=True, kw_only=True):
    """Hold of every message that was ever sent that nobody worked it since, and that no queue holds any."""


Scene = Act | Flows | Meanwhile | Protected | Called | NotCalled | Stands | NothingLeft


def story() -> tuple[Scene, ...]:
    """Everything, in order."""
    return (*_as_it_was(), *_in_place(), *_beside(), *_moved(), *_back(), *_forth(), *_gone())


def made(release: int) -> Iterator[Act]:
    """From source to a release in the store; what the registry needs for it is there before it is pushed."""
    yield MakeTree(release=release)
    for verb in ("build", "check", "sbom", "scan"):
        yield Verb(release=release, arguments=(verb,))
    yield KeepArtifacts(release=release)
    yield Provision(release=release)
    for verb in ("push", "release"):
        yield Verb(release=release, arguments=(verb,), role="publisher")


def deployed(release: int, *, tells: str = "", fails_with: type[LockageError] | None = None) -> Verb:
    """A release comes to the environment."""
    arguments = ("deploy", "--env", PLACE)
    return Verb(release=release, arguments=arguments, role="deployer", place=PLACE, tells=tells, fails_with=fails_with)


def _as_it_was() -> Iterator[Scene]:
    yield from made(WAS)
    yield Provision(place=PLACE)
    yield deployed(WAS)
    yield Serves(release=WAS, place=PLACE)
    yield Flows(by=AT_OLD)
    yield from (Called(function=function) for function in OLD.values())


def _in_place() -> Iterator[Scene]:
    """Neither half of the work is done: Terraform does not replace a function, a deployment does not begin."""
    yield from made(IN_PLACE)
    yield Remember(place=PLACE)
    yield Protected(act=Provision(place=PLACE, release=IN_PLACE), functions=tuple(OLD.values()))
    yield deployed(IN_PLACE, fails_with=ImpossibleError, tells="Go over a parallel function")
    yield Untouched(place=PLACE)
    yield Flows(by=AT_OLD)


def _beside() -> Iterator[Scene]:
    """What calls the old functions goes on calling them; the new ones can be tried."""
    yield from made(BESIDE)
    yield Provision(place=PLACE, release=BESIDE)
    yield deployed(BESIDE)
    yield Serves(release=BESIDE, place=PLACE)
    yield Flows(by=AT_OLD)
    yield from (Called(function=function) for function in (*OLD.values(), *NEW.values()))


def _moved() -> Iterator[Scene]:
    yield MakeTree(release=MOVING)
    yield _apply(MOVING, AT_OLD, AT_BOTH)
    yield Flows(by=AT_BOTH)
    yield from (Called(function=function) for function in (*OLD.values(), *NEW.values()))
    yield MakeTree(release=MOVED)
    yield _apply(MOVED, AT_BOTH, AT_NEW)
    yield Flows(by=AT_NEW)
    yield from (Called(function=function) for function in NEW.values())
    yield from (NotCalled(function=function) for function in OLD.values())
    yield from (Stands(function=function) for function in OLD.values())


def _back() -> Iterator[Scene]:
    """Aliases go back in seconds, and what calls the new functions still finds them; two applies bring it back too."""
    yield Verb(
        release=MOVED,
        arguments=("rollback", "--env", PLACE, "--to", "previous", "--reason", "rehearsal of the way back"),
        role="rollback",
        place=PLACE,
    )
    yield Serves(release=WAS, place=PLACE)
    yield Flows(by=AT_NEW)
    yield from (Called(function=function) for function in NEW.values())
    yield _apply(MOVING, AT_NEW, AT_BOTH)
    yield _apply(BESIDE, AT_BOTH, AT_OLD)
    yield Flows(by=AT_OLD)
    yield from (Called(function=function) for function in OLD.values())


def _forth() -> Iterator[Scene]:
    yield deployed(BESIDE)
    yield _apply(MOVING, AT_OLD, AT_BOTH)
    yield _apply(MOVED, AT_BOTH, AT_NEW)
    yield Flows(by=AT_NEW)


def _gone() -> Iterator[Scene]:
    yield from made(GONE)
    retired = "not in this release, but a rollback may still need it; Terraform must keep it for now"
    yield deployed(GONE, tells=f"orders: {retired}\nparcels: {retired}")
    yield Serves(release=GONE, place=PLACE)
    yield Protected(act=Provision(place=PLACE, release=GONE), functions=tuple(OLD.values()))
    yield from (Stands(function=function) for function in OLD.values())
    yield Flows(by=AT_NEW)
    yield from (Called(function=function) for function in NEW.values())
    yield NothingLeft()


def _apply(release: int, before: Flow, after: Flow) -> Meanwhile:
    return Meanwhile(act=Provision(place=PLACE, release=release), before=before, after=after)
