"""``sbom/exceptions.yaml``: dated, owned, justified decisions to accept one finding each."""

from collections.abc import Collection
from datetime import date, timedelta
from pathlib import Path
from typing import Annotated, Literal

import msgspec
from msgspec import Meta
from packageurl import PackageURL

from lockage.config.document import Document
from lockage.config.load import load
from lockage.config.mistakes import nearest
from lockage.errors import UsageError
from lockage.model.verdict import Finding

Line = Annotated[str, Meta(pattern=r"\S", description="a line of text")]

LONGEST = timedelta(days=365)
"""How far ahead an exception may end."""


class ExceptionEntry(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One finding that is accepted, by whom, why, and until when."""

    id: Annotated[str, Meta(pattern=r"^[A-Z][A-Za-z0-9]*-[A-Za-z0-9-]+$", description="CVE-… or the advisory's own id")]
    """The vulnerability, as the findings give it."""
    package: Annotated[str, Meta(pattern=r"^pkg:", description="a package URL with a version, pkg:…@…")]
    """Package URL as the findings give it; qualifiers may be left out, but not an RPM's epoch."""
    reason: Line
    """Why it does no harm here."""
    owner: Line
    """Who answers for it."""
    expires: Annotated[str, Meta(pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$", description="a day in quotes, YYYY-MM-DD")]
    """The last day on which it holds, UTC."""
    artifacts: tuple[str, ...] = ()
    """The images, zips and layers it is for; all of them when none is named. It must be needed in each."""

    def is_for(self, artifact: str) -> bool:
        """Whether an artifact's verdict takes this exception into account."""
        return not self.artifacts or artifact in self.artifacts

    def covers(self, finding: Finding) -> bool:
        """Whether this is the finding that was accepted: the same vulnerability in the same version of the package."""
        return self.id == finding.id and _same_package(self.package, finding.purl)

    def lasts_too_long(self, today: date) -> bool:
        """Whether it ends more than a year from now: a decision that nobody has to take again is none."""
        return date.fromisoformat(self.expires) - today > LONGEST

    def expired(self, today: date) -> bool:
        """Whether its last day is over."""
        return today > date.fromisoformat(self.expires)


class Exceptions(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The findings that are accepted for a time."""

    version: Literal[1]
    """The version of this format: 1."""
    exceptions: tuple[ExceptionEntry, ...] = ()
    """One entry for each finding that is accepted."""


def read(path: Path, artifacts: Collection[str]) -> tuple[ExceptionEntry, ...]:
    """Read the exceptions of a project.

    Args:
        path: the file.
        artifacts: names of everything that the project builds.

    Raises:
        UsageError: there is no such file.
        ConfigError: it has mistakes, all of which are named with their lines.
    """
    if not path.is_file():
        raise UsageError(
            f"{path} does not exist",
            why="lockage.yaml names it under gate.exceptions; without it the gate cannot know what is accepted",
            remedy="create it with the two lines `version: 1` and `exceptions: []`",
        )
    return load(path, Exceptions, lambda value, document: _meaning(value, document, artifacts)).exceptions


def _meaning(value: Exceptions, document: Document, artifacts: Collection[str]) -> None:
    """What shape alone does not show: days that are none, package URLs that are none, repetitions."""
    seen: dict[tuple[str, str], int] = {}
    for index, entry in enumerate(value.exceptions):
        here = ("exceptions", index)
        problem = _package_problem(entry.package)
        if problem:
            document.mistake((*here, "package"), problem)
        if not _is_day(entry.expires):
            document.mistake((*here, "expires"), f"there is no day {entry.expires!r}")
        for number, name in enumerate(entry.artifacts):
            if name not in artifacts:
                place = (*here, "artifacts", number)
                document.mistake(place, f"nothing that is built is called {name!r}", nearest=nearest(name, artifacts))
        first = seen.setdefault((entry.id, entry.package), index)
        if first != index and entry.id and entry.package:
            line = document.line(("exceptions", first))
            document.mistake(here, f"repeats the exception in line {line}; name its artifacts in one")


def _package_problem(text: str) -> str:
    try:
        package = PackageURL.from_string(text)
    except ValueError as error:
        return f"{text!r} is no package URL: {error}"
    if not package.version:
        return f"{text!r} names no version; a new version is a new decision"
    return ""


def _is_day(text: str) -> bool:
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True


def _same_package(accepted: str, found: str) -> bool:
    """Compare package URLs in their canonical form, as their specification has it.

    Type, namespace, name, version and subpath must be equal, and the epoch, which is part of an RPM's version. Of the
    other qualifiers those that the exception states must be equal; a scanner adds ones such as ``distro=debian-13.7``
    that change while the package does not.
    """
    try:
        ours, theirs = PackageURL.from_string(accepted), PackageURL.from_string(found)
    except ValueError:
        return False
    parts = ("type", "namespace", "name", "version", "subpath")
    given = dict(theirs.qualifiers or {})
    stated: dict[str, str | None] = {"epoch": None, **dict(ours.qualifiers or {})}
    same = all(getattr(ours, part) == getattr(theirs, part) for part in parts)
    return same and all(given.get(key) == value for key, value in stated.items())
