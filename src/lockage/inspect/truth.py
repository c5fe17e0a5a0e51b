"""Three witnesses of what is in an artifact, held to each other: its lock, its SBOM, and the metadata inside it.

Each errs alone: a lock names what was asked for, an SBOM what a cataloguer recognised, metadata what a package says of
itself. Where they agree by name and version, every file has the hash that its package states, and what states it is as
it was made of the very files that the lock names by hash, it is so.
"""

import posixpath
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, ClassVar

import msgspec
from packageurl import PackageURL
from packaging.utils import canonicalize_version

from lockage.errors import LockageError
from lockage.inspect.installed import Installed, Tree, altered, installed, shown, unknown
from lockage.inspect.lock import Lock
from lockage.plan.requirements import normalised

_LOCATION = re.compile(r"syft:location:[0-9]+:path")
_METADATA = re.compile(r"/(METADATA|PKG-INFO)$|\.egg-info$")
_SHOWN = 20
_FEW = 3


class Untrue(LockageError):  # noqa: N818 - an outcome before it is an error
    """Lock, SBOM and metadata do not agree on what is in an artifact, or a file is not what its package says."""

    exit_code: ClassVar[int] = 19

    def __init__(self, name: str, flaws: Sequence[str]) -> None:
        more = [f"and {len(flaws) - _SHOWN} more"] if len(flaws) > _SHOWN else []
        super().__init__(
            f"lock, SBOM and metadata of {name} do not agree; no SBOM was written",
            why="\n".join([*flaws[:_SHOWN], *more]),
            remedy=f"build it again from its lock: ./noxw -s build -- {name}\n"
            "what differs again is the build's own doing: lock what is extra, or do not copy it beside the packages",
        )


class Said(msgspec.Struct, frozen=True, kw_only=True):
    """That a package is there, as one witness has it."""

    name: str
    """Normalised."""
    version: str
    place: str
    """Where the witness says so."""


class Agreement(msgspec.Struct, frozen=True, kw_only=True):
    """What all three agree on."""

    lock: Lock
    packages: tuple[Installed, ...]


def hold(name: str, lock: Lock, cyclonedx: Mapping[str, Any], tree: Tree, sources: tuple[str, ...] | None) -> Agreement:
    """Hold the three to each other.

    Args:
        name: the artifact's.
        lock: what was asked for.
        cyclonedx: what Syft recognised.
        tree: what is there.
        sources: names of the folders that hold the project's own sources, beside which there may be nothing but
            packages; None where the artifact may hold what else it likes.

    Raises:
        Untrue: naming every difference, and where each witness says what it says.
    """
    packages = installed(tree)
    flaws = [
        *disagreements(lock, _by_sbom(cyclonedx, tree.home, packages), _by_metadata(packages)),
        *(f"/{one.folder} states no name and version" for one in packages if not (one.name and one.version)),
        *altered(tree, packages),
        *remade(lock, packages),
        *(unknown(tree, packages, sources) if sources is not None else ()),
    ]
    if flaws:
        raise Untrue(name, flaws)
    return Agreement(lock=lock, packages=packages)


def disagreements(lock: Lock, sbom: Iterable[Said], metadata: Iterable[Said]) -> Iterator[str]:
    """Packages that the three do not agree on, a line each; one whose metadata is there twice is one too many."""
    by_lock = _gathered(Said(name=one.name, version=one.version, place=one.place) for one in lock.packages)
    by_sbom, by_metadata = _gathered(sbom), _gathered(metadata)
    for name in sorted(by_lock.keys() | by_sbom.keys() | by_metadata.keys()):
        words = (by_lock[name], by_sbom[name], by_metadata[name])
        versions = [{canonicalize_version(one.version) for one in word} for word in words]
        agreed = all(one == versions[0] for one in versions) and len(versions[0]) == 1
        if agreed and len(by_metadata[name]) == 1:
            continue
        kind = "extra" if agreed or not words[0] else "shifted" if all(words) else "missing"
        told = (f"{witness} {_told(word)}" for witness, word in zip(_WITNESSES, words, strict=True))
        yield f"{kind}: {name}: {'; '.join(told)}{_excused(name, lock)}"


def remade(lock: Lock, packages: Iterable[Installed]) -> Iterator[str]:
    """Packages that are not as they were made of what the lock names by hash, a line each; missing ones aside.

    A file and its line in ``RECORD`` can be changed together; the build told what that ``RECORD`` was.
    """
    there = defaultdict[str, list[Installed]](list)
    for found in packages:
        if found.record:
            there[found.name].append(found)
    for one in lock.packages:
        packed = one.packed
        if not there[one.name]:
            continue
        if packed is None or packed.hashes != one.hashes:
            made = f"says {_files(packed.hashes)}" if packed else "does not name it"
            yield f"shifted: {one.name}: the lock says {_files(one.hashes)} ({one.place}); artifact.json {made}"
            continue
        yield from (
            f"changed: /{found.folder}/RECORD: artifact.json says {shown(packed.record)} of {one.name}; "
            f"the file has {shown(found.record)}"
            for found in there[one.name]
            if found.record != packed.record
        )


def _files(hashes: Sequence[str]) -> str:
    """The files that a package may come from, by their hashes."""
    more = f" and {len(hashes) - _FEW} more" if len(hashes) > _FEW else ""
    return f"{', '.join(map(shown, hashes[:_FEW]))}{more}"


_WITNESSES = ("the lock", "the SBOM", "metadata")


def _told(word: Sequence[Said]) -> str:
    return f"says {' and '.join(f'{one.version} ({one.place})' for one in word)}" if word else "does not name it"


def _excused(name: str, lock: Lock) -> str:
    return "".join(
        f"; left out on this target: {one.version} ({one.place})" for one in lock.left_out if one.name == name
    )


def _gathered(said: Iterable[Said]) -> defaultdict[str, list[Said]]:
    found: defaultdict[str, list[Said]] = defaultdict(list)
    for one in said:
        found[one.name].append(one)
    return found


def _by_metadata(packages: Iterable[Installed]) -> Iterator[Said]:
    return (Said(name=one.name, version=one.version, place=f"/{one.folder}") for one in packages if one.name)


def _by_sbom(cyclonedx: Mapping[str, Any], home: str, packages: Sequence[Installed]) -> Iterator[Said]:
    """What the SBOM names of Python below ``home``; what a package carries within itself is that package's."""
    carried = {path for package in packages for path in package.files}
    for component in cyclonedx.get("components", []):
        purl = component.get("purl", "")
        place = _place(component)
        folder = posixpath.dirname(place)
        if not purl.startswith("pkg:pypi/") or not place.startswith(f"{home}/"):
            continue
        if posixpath.dirname(folder) == home or place not in carried:
            found = PackageURL.from_string(purl)
            yield Said(name=normalised(found.name), version=found.version or "", place=f"sbom.cdx.json, of /{place}")


def _place(component: Mapping[str, Any]) -> str:
    """Where a component's metadata is, below the root."""
    listed = component.get("properties", [])
    paths = [str(one["value"]) for one in listed if _LOCATION.fullmatch(str(one.get("name")))]
    return next((path for path in paths if _METADATA.search(path)), next(iter(paths), "")).lstrip("/")
