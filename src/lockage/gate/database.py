"""The vulnerability databases of this machine: the published one, and the fixture that serves where it is out of reach.

Each lies in a Trivy cache folder of its own, named by its content, and its bytes are never changed there. The mark of a
second source lies beside the database itself, so that no path around this module loses it.
"""

import shutil
import tempfile
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Literal, Protocol

import msgspec

from lockage.console import Console
from lockage.errors import ToolError
from lockage.gate.evidence import DatabaseFacts
from lockage.gate.findings import Unreadable
from lockage.model.ids import Digest
from lockage.oci.layout import hash_file
from lockage.tools.exclusive import alone

Choice = Literal["auto", "published", "fixture"]

_DAY = timedelta(hours=24)
_NAME_DIGITS = 16


class SecondSource(msgspec.Struct, frozen=True, kw_only=True):
    """``second-source.json`` beside a database that is not the published one."""

    schema: Literal[1] = 1
    second_source: str
    systems: tuple[str, ...]


class Downloads(Protocol):
    """What fetches the published database."""

    def download_database(self, cache: Path) -> None:
        """Into ``cache/db``; raises ToolError when that cannot be done."""


class Prepared(msgspec.Struct, frozen=True, kw_only=True):
    """A database that is ready to be scanned with, or why there is none."""

    cache: Path
    """The Trivy cache folder it lies in."""
    facts: DatabaseFacts | Unreadable


class _Metadata(msgspec.Struct, frozen=True, rename="pascal"):
    version: int
    updated_at: datetime
    downloaded_at: datetime


def read(cache: Path) -> DatabaseFacts | Unreadable:
    """What lies in a Trivy cache folder; its bytes are hashed (about 1 s for the published one)."""
    folder = cache / "db"
    try:
        metadata = _metadata(folder)
        mark = _second_source(folder)
        digest = hash_file(folder / "trivy.db")
    except FileNotFoundError as error:
        return Unreadable(reason=f"{error.filename} does not exist")
    except (OSError, msgspec.DecodeError) as error:
        return Unreadable(reason=f"{folder}: {error}")
    return DatabaseFacts(
        digest=digest,
        schema=metadata.version,
        updated_at=metadata.updated_at,
        downloaded_at=metadata.downloaded_at,
        second_source=mark.second_source if mark else "",
        systems=mark.systems if mark else (),
    )


def read_handed(cache: Path, root: Path) -> DatabaseFacts | Unreadable:
    """What lies in a Trivy cache folder that somebody named: with its mark, or else where a download was put.

    A fixture whose mark was lost looks like a published database. Only a folder that :class:`Published` made, named by
    the database's content, is known to hold none.

    Args:
        cache: the folder.
        root: the folder in the per-user cache, as :class:`Databases` has it.
    """
    facts = read(cache)
    if isinstance(facts, Unreadable) or facts.second_source:
        return facts
    if cache.resolve() != _home((root / "published").resolve(), facts.digest):
        return Unreadable(reason=f"{cache} holds a database that nothing says the origin of; --prepare names one")
    return facts


def _home(folder: Path, digest: Digest) -> Path:
    """Where a published database lies, by its content."""
    return folder / digest.removeprefix("sha256:")[:_NAME_DIGITS]


class Databases:
    """Gets the database that a scan asks for.

    Args:
        root: folder in the per-user cache.
        downloads: fetches the published database.
        build_fixture: makes the fixture and returns its cache folder; raises ToolError when it cannot.
        console: told what serves, and loudly when it is not the published one.
        clock: the time now, with a time zone.
    """

    def __init__(
        self,
        root: Path,
        downloads: Downloads,
        build_fixture: Callable[[], Path],
        console: Console,
        clock: Callable[[], datetime],
    ) -> None:
        self._published = Published(root / "published", downloads, clock)
        self._build_fixture = build_fixture
        self._console = console

    def prepare(self, choice: Choice, max_age: timedelta) -> Prepared:
        """Make a database ready.

        Args:
            choice: ``published``, ``fixture``, or ``auto``: the published one, and the fixture where that is neither
                here nor within reach, or here but too old.
            max_age: how old a published database may be.
        """
        with self._console.step("vulnerability database") as step:
            prepared, why_not = self._prepare(choice, max_age)
            step.made(_describe(prepared.facts))
        if isinstance(prepared.facts, DatabaseFacts) and prepared.facts.second_source:
            self._console.note(
                f"WARNING: {why_not or 'the published vulnerability database is not asked for'}\n"
                f"WARNING: a {prepared.facts.second_source}, serves instead; it knows no other advisories, so what it "
                "decides is good for rehearsals only: no other environment accepts it"
            )
        return prepared

    def _prepare(self, choice: Choice, max_age: timedelta) -> tuple[Prepared, str]:
        """The database, and why it is not the published one."""
        if choice == "fixture":
            return self._fixture(), ""
        published, why_not = self._published.current(max_age)
        if choice == "published" or not why_not:
            return published, ""
        fixture = self._fixture()
        if isinstance(fixture.facts, Unreadable):
            neither = Unreadable(reason=f"{why_not}; and there is no fixture: {fixture.facts.reason}")
            return Prepared(cache=published.cache, facts=neither), ""
        return fixture, why_not

    def _fixture(self) -> Prepared:
        try:
            cache = self._build_fixture()
        except ToolError as error:
            return Prepared(cache=Path(), facts=Unreadable(reason=brief(error)))
        return Prepared(cache=cache, facts=read(cache))


class Published:
    """The published database: one folder for each content, and a link to the one that serves.

    Args:
        folder: in the per-user cache.
        downloads: fetches it.
        clock: the time now, with a time zone.
    """

    def __init__(self, folder: Path, downloads: Downloads, clock: Callable[[], datetime]) -> None:
        self._folder = folder
        self._downloads = downloads
        self._clock = clock

    def current(self, max_age: timedelta) -> tuple[Prepared, str]:
        """The database, looked for anew once a day; and why it will not do, empty when it will."""
        with alone(self._folder):
            here = self._here()
            problem = self._refresh() if here is None or self._due(here, max_age) else ""
            here = self._here()
        if here is None:
            return Prepared(cache=self._folder, facts=Unreadable(reason=problem)), problem
        facts = read(here)
        if isinstance(facts, Unreadable):
            return Prepared(cache=here, facts=facts), facts.reason
        too_old = self._clock() - facts.updated_at > max_age
        why_not = problem or "the published vulnerability database is too old" if too_old else ""
        return Prepared(cache=here, facts=facts), why_not

    def _here(self) -> Path | None:
        link = self._folder / "current"
        return link.resolve() if link.is_dir() else None

    def _due(self, here: Path, max_age: timedelta) -> bool:
        try:
            metadata = _metadata(here / "db")
        except (OSError, msgspec.DecodeError):
            return True
        now = self._clock()
        return now - metadata.downloaded_at > _DAY or now - metadata.updated_at > max_age

    def _refresh(self) -> str:
        """Download beside what is there, then move the link; returns why that failed, empty when it did not."""
        with tempfile.TemporaryDirectory(prefix=".part-", dir=self._folder) as part:
            try:
                self._downloads.download_database(Path(part))
            except ToolError as error:
                return f"the published vulnerability database is out of reach: {brief(error)}"
            facts = read(Path(part))
            if isinstance(facts, Unreadable):
                return f"the published vulnerability database came broken: {facts.reason}"
            home = _home(self._folder, facts.digest)
            self._forget_all_but(home, self._here())
            (home / "db").mkdir(parents=True, exist_ok=True)
            for name in ("trivy.db", "metadata.json"):
                (Path(part) / "db" / name).replace(home / "db" / name)
            link = Path(part) / "current"
            link.symlink_to(home.name)
            link.replace(self._folder / "current")
        return ""

    def _forget_all_but(self, *kept: Path | None) -> None:
        """Remove what no scan can still be reading: all but the new database and the one that served till now."""
        names = {path.name for path in kept if path}
        for folder in self._folder.iterdir():
            if folder.is_dir() and not folder.is_symlink() and folder.name[0] != "." and folder.name not in names:
                shutil.rmtree(folder)


def brief(error: ToolError) -> str:
    """A program's failure in a line: what, and the line of its output that says why."""
    lines = [line.strip(" \t*") for line in error.why.splitlines() if line.strip(" \t*")]
    crash = [line for line in lines if line.startswith("panic:")]
    said = (crash or lines[-1:] or ["it said nothing"])[0]
    return f"{error.what}: {said.rpartition('FATAL')[2].strip()}"


def _metadata(folder: Path) -> _Metadata:
    return msgspec.json.decode((folder / "metadata.json").read_bytes(), type=_Metadata)


def _second_source(folder: Path) -> SecondSource | None:
    try:
        return msgspec.json.decode((folder / "second-source.json").read_bytes(), type=SecondSource)
    except FileNotFoundError:
        return None


def _describe(facts: DatabaseFacts | Unreadable) -> str:
    if isinstance(facts, Unreadable):
        return "none"
    return facts.second_source or f"published, of {facts.record().updated_at}"
