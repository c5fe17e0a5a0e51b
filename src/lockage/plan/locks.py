"""Reads the locks that a project builds from, and says of each package where it comes from."""

from collections.abc import Callable, Iterable
from pathlib import Path

from lockage.config.indexes import index_of
from lockage.config.locking import asked_path
from lockage.config.mistakes import nearest
from lockage.config.schema import FromSource, Image, Layer, Project, Zip
from lockage.errors import UsageError
from lockage.plan import recipe, requirements
from lockage.plan.recipe import Lock, sha256
from lockage.plan.requirements import LockError, Pin
from lockage.tools.index import Index

BUILDS = "pip"
"""What builds wheels, and so is in every lock of build requirements."""

_ALL = "*"


class Locks:
    """The locks of a project.

    Args:
        root: the folder of ``lockage.yaml``.
        project: what it says.
        text: reads a file by its path.
        script: what builds sdists.
    """

    def __init__(self, root: Path, project: Project, text: Callable[[str], str], script: Path) -> None:
        self._root, self._project, self._text, self._script = root, project, text, script

    def lock(self, declared: Image | Zip | Layer) -> Lock | None:
        """The lock of what is built; None for what has none.

        Raises:
            LockError: it does not hold what it should.
        """
        if not declared.requirements:
            return None
        source = declared.from_source
        return self._read(declared.requirements, self._source(source, declared.requirements) if source else None)

    def hold_indexes(self) -> None:
        """Refuse a package under ``indexes`` that no lock names: it is misspelt, and what was meant is not protected.

        Raises:
            UsageError: naming all of them.
        """
        listed = {one: name for name, index in self._project.indexes.items() for one in index.packages}
        exact = {package: name for package, name in listed.items() if not package.endswith(_ALL)}
        known = {pin.name for path in self._paths() for pin in self._pins(path)} if exact else set()
        missing = {package: name for package, name in exact.items() if package not in known}
        if missing:
            raise UsageError(
                "lockage.yaml lists packages under indexes that no lock names",
                why="\n".join(f"indexes.{name}: {one!r}{_hint(one, known)}" for one, name in missing.items()),
                remedy="correct the name, for as it stands it protects nothing; or take it out",
            )

    def _paths(self) -> Iterable[str]:
        for declared in self._project.built.values():
            for one in (declared, declared.from_source):
                if one and one.requirements:
                    yield one.requirements

    def _source(self, source: FromSource, lock: str) -> recipe.FromSource:
        locked = {pin.name for pin in self._pins(lock)}
        missing = [one for one in source.packages if one not in locked]
        if missing:
            raise LockError(
                f"{lock} has no package to build from source under this name",
                why="\n".join(f"{one!r}{_hint(one, locked)}" for one in missing),
                remedy="correct from_source.packages in lockage.yaml, or lock the package",
            )
        if BUILDS not in {pin.name for pin in self._pins(source.requirements)}:
            raise LockError(
                f"{source.requirements} does not name {BUILDS}",
                why="it builds the wheel, and no other than a locked one is used",
                remedy=f"add {BUILDS} to {asked_path(source.requirements)}, and "
                + requirements.relock(source.requirements, self._text(source.requirements)),
            )
        return recipe.FromSource(
            packages=source.packages,
            lock=self._read(source.requirements, None),
            script=sha256(self._script.read_bytes()),
        )

    def _read(self, path: str, source: recipe.FromSource | None) -> Lock:
        pins = self._pins(path)
        asked = asked_path(path)
        if (self._root / asked).is_file():  # a lock without one answers to nothing else: it stands alone
            requirements.hold_in_step(path, self._text(path), pins, self._text(asked))
        indexes = {pin.name: index for pin in pins if (index := self._index(pin.name))}
        return Lock(path=path, digest=sha256(self._text(path).encode()), indexes=indexes, from_source=source)

    def _index(self, package: str) -> Index | None:
        name = index_of(self._project, package)
        return Index(name=name, url=self._project.indexes[name].url) if name else None

    def _pins(self, path: str) -> tuple[Pin, ...]:
        return requirements.parse(path, self._text(path))


def lock_files(declared: Image | Zip | Layer) -> set[str]:
    """Paths of its locks, and of what they are made from: inputs of their own, which nothing that runs reads."""
    source = declared.from_source
    locks = [path for path in (declared.requirements, source and source.requirements) if path]
    return {*locks, *map(asked_path, locks)}


def _hint(written: str, known: Iterable[str]) -> str:
    near = nearest(written, known)
    return f" (did you mean {near!r}?)" if near else ""
