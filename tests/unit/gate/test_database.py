"""Which database serves: the published one, fetched once a day, and the fixture only where that will not do."""

import io
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest
from fakes.scanner import FakeDownloads

from lockage.console import Console, PlainView
from lockage.errors import ToolError
from lockage.gate.database import Databases, Prepared, SecondSource, read, read_handed
from lockage.gate.evidence import DatabaseFacts
from lockage.gate.findings import Unreadable

START = datetime(2026, 11, 21, 12, tzinfo=UTC)
MAX_AGE = timedelta(hours=48)
FIXTURE = "fixture database of 2 advisories, collected 2026-11-21"


class Machine:
    """A cache, a clock, a network that may be down, and a fixture that may not build."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.now = START
        self.network = FakeDownloads()
        self.fixture_fails = False
        self.said = io.StringIO()

    def publish(self, content: bytes, updated: datetime | None = None) -> None:
        self.network.database = (content, (updated or self.now).isoformat())
        self.network.now = self.now.isoformat()

    def databases(self) -> Databases:
        console = Console(PlainView(self.said))
        return Databases(self.root, self.network, self._fixture, console, lambda: self.now)

    def prepare(self, choice: str = "auto") -> Prepared:
        self.network.now = self.now.isoformat()
        return self.databases().prepare(choice, MAX_AGE)  # type: ignore[arg-type]  # one of the literals

    def facts(self, choice: str = "auto") -> DatabaseFacts:
        facts = self.prepare(choice).facts
        assert isinstance(facts, DatabaseFacts), facts
        return facts

    def _fixture(self) -> Path:
        if self.fixture_fails:
            raise ToolError("go was not found", why="it is not on the path", remedy="")
        folder = self.root / "fixture" / "db"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "trivy.db").write_bytes(b"fixture")
        time = "2026-11-21T00:00:00Z"
        (folder / "metadata.json").write_text(f'{{"Version":2,"UpdatedAt":"{time}","DownloadedAt":"{time}"}}')
        mark = SecondSource(second_source=FIXTURE, systems=("debian 13",))
        (folder / "second-source.json").write_bytes(msgspec.json.encode(mark))
        return folder.parent


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


def test_the_published_database_serves_where_it_can_be_had(machine: Machine) -> None:
    machine.publish(b"one")
    facts = machine.facts()
    assert (facts.second_source, facts.schema, facts.updated_at) == ("", 2, START)
    assert "done" in machine.said.getvalue()
    assert "WARNING" not in machine.said.getvalue()


def test_it_is_looked_for_once_a_day(machine: Machine) -> None:
    machine.publish(b"one")
    first = machine.facts()
    machine.now += timedelta(hours=23)
    assert machine.facts() == first
    assert machine.network.downloads == 1
    machine.now += timedelta(hours=2)
    machine.publish(b"two")
    assert machine.facts().digest != first.digest
    assert machine.network.downloads == 2


def test_one_that_is_too_old_is_looked_for_at_once(machine: Machine) -> None:
    machine.publish(b"one", updated=START - timedelta(hours=47))
    machine.facts()
    machine.now += timedelta(hours=2)
    machine.publish(b"two")
    assert machine.facts().updated_at == machine.now


def test_the_one_that_served_before_stays_for_scans_that_still_read_it(machine: Machine) -> None:
    caches = []
    for content in (b"one", b"two", b"three"):
        machine.publish(content)
        caches.append(machine.prepare().cache)
        machine.now += timedelta(hours=25)
    assert [cache.exists() for cache in caches] == [False, True, True]


def test_a_cache_behind_a_link_keeps_the_one_that_serves_too(machine: Machine, tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to("real")
    machine.root = tmp_path / "link"
    machine.publish(b"one")
    first = machine.prepare().cache
    machine.now += timedelta(hours=25)
    machine.publish(b"two")
    machine.prepare()
    assert (first / "db" / "trivy.db").read_bytes() == b"one"


def test_the_same_content_again_moves_only_its_dates(machine: Machine) -> None:
    machine.publish(b"one")
    first = machine.prepare()
    machine.now += timedelta(hours=25)
    machine.publish(b"one")
    second = machine.prepare()
    assert second.cache == first.cache
    assert isinstance(second.facts, DatabaseFacts)
    assert second.facts.updated_at == machine.now


def test_without_a_network_a_database_that_is_young_enough_still_serves(machine: Machine) -> None:
    machine.publish(b"one")
    first = machine.facts()
    machine.network.database = None
    machine.now += timedelta(hours=30)
    assert machine.facts() == first


def test_without_a_network_the_fixture_serves_loudly_and_marked(machine: Machine) -> None:
    facts = machine.facts()
    assert (facts.second_source, facts.systems) == (FIXTURE, ("debian 13",))
    said = machine.said.getvalue()
    assert (
        "WARNING: the published vulnerability database is out of reach: trivy failed with exit code 1: "
        'Get "https://registry/v2/": no such host\n'
    ) in said
    assert f"WARNING: a {FIXTURE}, serves instead" in said
    assert "no other environment accepts it" in said


def test_the_fixture_also_replaces_one_that_became_too_old(machine: Machine) -> None:
    machine.publish(b"one")
    machine.facts()
    machine.network.database = None
    machine.now += timedelta(hours=49)
    assert machine.facts().second_source == FIXTURE


def test_one_that_is_published_too_old_does_not_pass_for_fresh(machine: Machine) -> None:
    machine.publish(b"frozen", updated=START - timedelta(days=9))
    assert machine.facts().second_source == FIXTURE
    assert "the published vulnerability database is too old" in machine.said.getvalue()


def test_asked_for_the_published_one_nothing_else_will_do(machine: Machine) -> None:
    facts = machine.prepare("published").facts
    assert isinstance(facts, Unreadable)
    assert facts.reason.startswith("the published vulnerability database is out of reach: ")


def test_asked_for_the_published_one_an_old_one_is_judged_by_its_age(machine: Machine) -> None:
    machine.publish(b"one")
    machine.facts()
    machine.network.database = None
    machine.now += timedelta(hours=100)
    assert machine.facts("published").updated_at == START


def test_asked_for_the_fixture_nothing_is_downloaded(machine: Machine) -> None:
    machine.publish(b"one")
    assert machine.facts("fixture").second_source == FIXTURE
    assert machine.network.downloads == 0


def test_where_neither_can_be_had_both_reasons_are_told(machine: Machine) -> None:
    machine.fixture_fails = True
    facts = machine.prepare().facts
    assert isinstance(facts, Unreadable)
    assert "no such host; and there is no fixture: go was not found: it is not on the path" in facts.reason


def test_a_download_without_readable_metadata_is_not_taken_over(machine: Machine) -> None:
    machine.publish(b"one")
    first = machine.facts()
    machine.now += timedelta(hours=25)
    machine.publish(b"two")
    machine.network.metadata = '{"Version":'
    assert machine.facts() == first


def test_what_a_killed_process_left_is_removed(machine: Machine) -> None:
    left = machine.root / "published" / ".part-killed"
    (left / "db").mkdir(parents=True)
    machine.publish(b"one")
    machine.facts()
    assert not left.exists()


@pytest.mark.parametrize("missing", ["trivy.db", "metadata.json"])
def test_half_a_database_is_none(machine: Machine, missing: str) -> None:
    machine.publish(b"one")
    cache = machine.prepare().cache
    (cache / "db" / missing).unlink()
    facts = read(cache)
    assert isinstance(facts, Unreadable)
    assert facts.reason.endswith(f"{missing} does not exist")


def test_a_mark_that_cannot_be_read_does_not_turn_a_fixture_into_a_published_database(machine: Machine) -> None:
    cache = machine.prepare("fixture").cache
    (cache / "db" / "second-source.json").write_text("{")
    assert isinstance(read(cache), Unreadable)


def test_a_database_that_another_step_used_is_known_by_its_mark_or_by_where_it_was_put(machine: Machine) -> None:
    machine.publish(b"one")
    assert read_handed(machine.prepare().cache, machine.root) == machine.facts()
    assert read_handed(machine.prepare("fixture").cache, machine.root) == machine.facts("fixture")


@pytest.mark.parametrize("place", ["fixture", "published/0123456789abcdef"])
def test_a_fixture_that_lost_its_mark_does_not_pass_for_published(machine: Machine, place: str) -> None:
    fixture = machine.prepare("fixture").cache
    (fixture / "db" / "second-source.json").unlink()
    moved = machine.root / place
    moved.parent.mkdir(exist_ok=True)
    fixture.rename(moved)
    found = read_handed(moved, machine.root)
    assert isinstance(found, Unreadable)
    assert found.reason == f"{moved} holds a database that nothing says the origin of; --prepare names one"
