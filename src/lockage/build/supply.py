"""Puts locked packages into one folder: each from the one index that it comes from, as a wheel or built from its sdist.

Everything is fetched first, by hash and by this machine; what has to be built is built afterwards, with no network.
"""

import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path, PurePosixPath
from typing import Any, Protocol

import msgspec

from lockage.build.normal import normalise
from lockage.plan.markers import applies
from lockage.plan.recipe import Lock
from lockage.plan.requirements import Pin
from lockage.tools.buildx import BuildFailed
from lockage.tools.index import Index
from lockage.tools.uv import Uv


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """A locked package, and how it is to be had."""

    pin: Pin
    lock: str = "requirements.lock"
    """Path of the lock that names it, for messages."""
    index: Index | None = None
    """Where it comes from; None for the default index."""
    built_with: "tuple[Wanted, ...]" = ()
    """What builds it from its sdist; empty when its wheel is taken."""
    script: str = ""
    """Digest of the script that builds it."""

    @property
    def about(self) -> Any:  # noqa: ANN401 - plain data, nested
        """All that decides its files, the target aside."""
        place = self.index.url if self.index else ""
        return (self.pin.text, place, self.script, [one.about for one in self.built_with])


class Builds(Protocol):
    """What makes wheels of sdists."""

    def build(self, sdists: Path, requirements: Path, wheels: Path, platform: str) -> None:
        """Make a wheel of every file in ``sdists`` with what ``requirements`` holds, and put it into ``wheels``."""


def wanted(lock: Lock, pins: Callable[[Lock], Iterable[Pin]]) -> tuple[Wanted, ...]:
    """The packages of a lock in its order.

    Args:
        lock: as planned.
        pins: reads what a lock holds.
    """
    source = lock.from_source
    builders = wanted(source.lock, pins) if source else ()
    return tuple(
        Wanted(
            pin=pin,
            lock=lock.path,
            index=lock.indexes.get(pin.name),
            built_with=builders if source and pin.name in source.packages else (),
            script=source.script if source and pin.name in source.packages else "",
        )
        for pin in pins(lock)
    )


class Supply:
    """Has packages for one target.

    Args:
        uv: fetches and unpacks wheels.
        runtime: builds sdists.
        python: minor version, such as ``3.13``.
        platform: ``linux/amd64`` or ``linux/arm64``.
    """

    def __init__(self, uv: Uv, runtime: Builds, python: str, platform: str) -> None:
        self._uv, self._runtime, self._python, self._platform = uv, runtime, python, platform

    def unpack(self, packages: Sequence[Wanted], into: Path) -> None:
        """Put packages into a folder, side by side as they are imported.

        Raises:
            DependencyError: something cannot be had as locked.
            Inconclusive: an sdist is for another platform than can build it here.
            BuildFailed: an sdist gives no wheel, or another one than of its package.
        """
        needed = [one for one in packages if applies(one.pin, self._python, self._platform)]
        sources = [one for one in needed if one.built_with]
        self._wheels([one for one in packages if not one.built_with], into)
        if sources:
            with tempfile.TemporaryDirectory(prefix="sources-", dir=into.parent) as work:
                built = self._built(sources, Path(work))
                self._uv.unpack(built, into, python=self._python, platform=self._platform)

    def _wheels(self, packages: Sequence[Wanted], into: Path) -> None:
        into.mkdir(exist_ok=True)
        for index, group in _by_index(packages):
            with tempfile.TemporaryDirectory(prefix="lock-", dir=into.parent) as work:
                lock = Path(work) / PurePosixPath(group[0].lock).name  # as messages call it
                lock.write_text("".join(f"{one.pin.text}\n" for one in group))
                self._uv.install(lock, into, python=self._python, platform=self._platform, index=index)

    def _built(self, packages: Sequence[Wanted], work: Path) -> list[Path]:
        """Wheels of packages, all of which the same requirements build."""
        from lockage.tools.simple import Sought, fetch  # noqa: PLC0415 - 30 ms, for sdists only

        sdists, requirements, wheels = work / "sdists", work / "requirements", work / "wheels"
        sdists.mkdir()
        for one in packages:
            fetch(Sought(name=one.pin.name, version=one.pin.version, hashes=one.pin.hashes), one.index, sdists)
        self._wheels(packages[0].built_with, requirements)
        normalise(sdists)
        normalise(requirements)
        self._runtime.build(sdists, requirements, wheels, self._platform)
        return [_wheel(one.pin, wheels) for one in packages]


def _by_index(packages: Sequence[Wanted]) -> Iterator[tuple[Index | None, list[Wanted]]]:
    for index in dict.fromkeys(one.index for one in packages):
        yield index, [one for one in packages if one.index == index]


def _wheel(pin: Pin, wheels: Path) -> Path:
    """The wheel that was built of a package; nothing is believed of the folder but what it holds in plain files."""
    from packaging.utils import (  # noqa: PLC0415 - 30 ms, for sdists only
        InvalidWheelFilename,
        canonicalize_version,
        parse_wheel_filename,
    )

    found = []
    for path in sorted(wheels.iterdir()):
        try:
            name, version, _, _ = parse_wheel_filename(path.name)
        except InvalidWheelFilename:
            continue
        if name == pin.name and not path.is_symlink() and path.is_file():
            found.append((path, canonicalize_version(version) == canonicalize_version(pin.version)))
    if len(found) == 1 and found[0][1]:
        return found[0][0]
    made = ", ".join(path.name for path in sorted(wheels.iterdir())) or "nothing"
    raise BuildFailed(
        f"the sdist of {pin.name} {pin.version} did not become a wheel of it",
        why=f"built were {made}",
        remedy="it is malformed, or takes its version from somewhere else than its files: use another version of it",
    )
