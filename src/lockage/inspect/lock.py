"""What a lock says of an artifact: the first of the three witnesses of what is in it."""

import hashlib
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

import msgspec

from lockage.errors import UsageError
from lockage.model.artifact import Artifact, ImageArtifact, Input, Package
from lockage.model.dist import DistDir
from lockage.plan.markers import applies
from lockage.plan.requirements import Pin, normalised, parse

_SOURCE = "from source"
"""The option of an artifact that names what was built from sdists."""


class Locked(msgspec.Struct, frozen=True, kw_only=True):
    """One package that the target gets, or does not get, by a lock."""

    name: str
    """Normalised."""
    version: str
    place: str
    """Lock and line."""
    hashes: tuple[str, ...]
    """SHA-256 of every file that it may come from; which of them was taken, the installed package does not tell."""
    built: bool = False
    """Whether that file was an sdist, of which a wheel was built."""
    packed: Package | None = None
    """What the build says of it; None when it says nothing."""


class Lock(msgspec.Struct, frozen=True, kw_only=True):
    """All that the locks of one artifact say."""

    files: tuple[Input, ...] = ()
    """The locks, by path and digest."""
    packages: tuple[Locked, ...] = ()
    left_out: tuple[Locked, ...] = ()
    """Those whose markers leave them out on the target."""


def read(artifact: Artifact, root: Path, dist: DistDir) -> Lock:
    """The locks that an artifact was built of, its own and those of the images that it is built upon.

    Args:
        artifact: what was built.
        root: the project's folder.
        dist: where those images are.

    Raises:
        UsageError: a lock is not the one it was built of, or an image is not the one it was built upon.
    """
    found = Lock()
    for one in built_of(artifact, dist):
        for lock in _of_kind(one, "requirements"):
            pins = parse(lock.name, _as_built(one, lock, root).decode())
            python = _python(one)
            taken = [pin for pin in pins if applies(pin, python, one.platform)]
            left_out = [pin for pin in pins if pin not in taken]
            found = Lock(
                files=(*found.files, lock),
                packages=(*found.packages, *(_locked(lock.name, pin, one) for pin in taken)),
                left_out=(*found.left_out, *(_locked(lock.name, pin, one) for pin in left_out)),
            )
    return found


def _python(artifact: Artifact) -> str:
    if isinstance(artifact, ImageArtifact):
        return next(one.digest for one in _of_kind(artifact, "option") if one.name == "python")
    return artifact.runtime.removeprefix("python")


def built_of(artifact: Artifact, dist: DistDir) -> Iterator[Artifact]:
    """An artifact, and the images of the project that it is built upon.

    Raises:
        UsageError: one of them is not there, or not the one that it was built upon.
    """
    yield artifact
    for base in _of_kind(artifact, "base"):
        if "@" in base.name:  # an image from outside
            continue
        upon = dist.read_artifact(base.name)
        if upon.fingerprint != base.digest:
            raise _another(
                artifact, f"it is built upon {base.name} of {base.digest}", f"in dist/ is {upon.fingerprint}"
            )
        yield from built_of(upon, dist)


def _of_kind(artifact: Artifact, kind: str) -> list[Input]:
    return [one for one in artifact.inputs if one.kind == kind]


def _as_built(artifact: Artifact, lock: Input, root: Path) -> bytes:
    try:
        content = (root / PurePosixPath(lock.name)).read_bytes()
    except OSError as error:
        raise _another(artifact, f"it is built of {lock.name}", f"that cannot be read: {error.strerror}") from error
    found = f"sha256:{hashlib.sha256(content).hexdigest()}"
    if found != lock.digest:
        raise _another(artifact, f"it is built of {lock.name} of {lock.digest}", f"there it is {found} now")
    return content


def _another(artifact: Artifact, recorded: str, found: str) -> UsageError:
    return UsageError(
        f"{artifact.name} is of another tree than this one",
        why=f"{recorded}; {found}",
        remedy=f"build it again: ./noxw -s build -- {artifact.name}",
    )


def _built(artifact: Artifact) -> set[str]:
    """The packages that were built from sdists."""
    return {
        normalised(name) for one in _of_kind(artifact, "option") if one.name == _SOURCE for name in one.digest.split()
    }


def _locked(path: str, pin: Pin, artifact: Artifact) -> Locked:
    return Locked(
        name=pin.name,
        version=pin.version,
        place=f"{path}, line {pin.line}",
        hashes=pin.hashes,
        built=pin.name in _built(artifact),
        packed=next((one for one in artifact.packages if (one.name, one.version) == (pin.name, pin.version)), None),
    )
