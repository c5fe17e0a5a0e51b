"""Which release came first."""

import pytest
from fakes.environment import Environments, FakeChecks, make_release
from msgspec.structs import replace

from lockage.errors import Inconclusive
from lockage.model.ids import ReleaseId
from lockage.model.release import Release
from lockage.rollout import lineage
from lockage.rollout.admission import NotAdmittedError
from lockage.rollout.deploy import deploy, preview
from lockage.rollout.lineage import is_ancestor
from lockage.rollout.rollback import rollback


class Store:
    """Releases by id; counts what is read."""

    def __init__(self) -> None:
        self.releases: dict[ReleaseId, Release] = {}
        self.reads = 0

    def __call__(self, release: ReleaseId) -> Release:
        self.reads += 1
        return self.releases[release]

    def chain(self, length: int, parent: Release | None = None, letter: str = "a") -> list[Release]:
        """Releases, each the parent of the one after it."""
        made: list[Release] = []
        for number in range(length):
            before = made[-1] if made else parent
            one = make_release(letter, memory=lambda _, n=number: 128 + n)  # type: ignore[misc]  # bound at once
            made.append(replace(one, parent=before.id if before else None))
        self.releases.update({one.id: one for one in made})
        return made


def test_every_parent_is_older_and_nothing_else_is() -> None:
    store = Store()
    line = store.chain(9)
    for place, one in enumerate(line):
        for other_place, other in enumerate(line):
            if one is not other:
                assert is_ancestor(one, other.id, store) == (place < other_place)


def test_what_follows_what_runs_is_told_without_reading_anything() -> None:
    store = Store()
    *_, before, after = store.chain(500)
    assert is_ancestor(after, before.id, store) is False
    assert store.reads == 0


def test_what_stands_beside_what_runs_is_not_older() -> None:
    store = Store()
    trunk = store.chain(400)
    ours, theirs = store.chain(3, trunk[-1], "b"), store.chain(5, trunk[-1], "c")
    assert is_ancestor(ours[-1], theirs[-1].id, store) is False
    assert is_ancestor(theirs[-1], ours[-1].id, store) is False
    assert store.reads < 30, "where they part is enough"


def test_two_without_a_common_origin() -> None:
    store = Store()
    assert is_ancestor(store.chain(3)[-1], store.chain(2, letter="b")[-1].id, store) is False


def test_farther_back_than_is_looked_is_not_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lineage, "FARTHEST", 5)
    store = Store()
    line = store.chain(20)
    assert is_ancestor(line[0], line[-1].id, store) is None
    with pytest.raises(Inconclusive) as caught:
        lineage.hold_not_older(line[0], line[-1].id, store, "preprod")
    assert caught.value.why == "within 5 releases on either side their ways do not meet"
    assert "say --older" in caught.value.remedy


OLD = make_release("a")
NEW = replace(make_release("b"), parent=OLD.id)
NEWEST = replace(make_release("c"), parent=NEW.id)


def ran(*releases: Release) -> Environments:
    environments = Environments()
    for release in releases:
        environments.roll_out(release)
    return environments


def test_an_ancestor_of_what_runs_is_refused_before_anything_is_done() -> None:
    environments = ran(OLD, NEW, NEWEST)
    before, checks = environments.world.changes(), FakeChecks()
    with pytest.raises(NotAdmittedError) as caught:
        environments.roll_out(OLD, checks)
    assert caught.value.render() == (
        f"error: preprod does not take release {OLD.id[:12]}: it is older than what runs there\n"
        f"  why:  release {NEWEST.id}, which preprod runs, was made after it\n"
        "  next: go back by the aliases alone, where it was good before:\n"
        f"        lockage rollback --env preprod --to {OLD.id} --reason TEXT\n"
        "        or, to roll it out anew all the same, say --older"
    )
    with pytest.raises(NotAdmittedError):
        preview(environments.site(), OLD, print)
    assert environments.world.changes() == before


def test_older_is_taken_where_it_is_asked_for() -> None:
    environments = ran(OLD, NEW)
    assert environments.roll_out(OLD, older=True).release == OLD.id
    assert environments.roll_out(NEW).release == NEW.id


def test_the_same_release_again_is_not_older() -> None:
    environments = ran(OLD, NEW)
    assert environments.roll_out(NEW).release == NEW.id


def test_after_a_rollback_what_was_left_may_be_tried_again() -> None:
    environments = ran(OLD, NEW)
    rollback(environments.site(), to=None, reason="slow")
    assert environments.roll_out(NEW).release == NEW.id


def test_what_an_interrupted_rollback_goes_to_counts() -> None:
    environments = ran(OLD, NEW)
    environments.world.breaks_off["lambda:UpdateAlias"] = (2, KeyboardInterrupt())
    with pytest.raises(Exception, match="interrupted"):
        rollback(environments.site(), to=None, reason="slow")
    assert environments.roll_out(OLD).release == OLD.id


def test_a_chain_that_cannot_be_read_is_refused() -> None:
    environments = ran(OLD, NEW, NEWEST)
    del environments.s3.objects[f"releases/{NEW.id}.json"]
    with pytest.raises(Inconclusive) as caught:
        deploy(environments.site(), OLD, FakeChecks())
    assert caught.value.what == (
        f"whether release {OLD.id[:12]} is older than what preprod runs could not be told; nothing was done"
    )
    assert f"there is no release {NEW.id}" in caught.value.why
    assert deploy(environments.site(), OLD, FakeChecks(), older=True).release == OLD.id


def test_a_chain_that_was_tampered_with_is_refused() -> None:
    environments = ran(OLD, NEW, NEWEST)
    environments.s3.objects[f"releases/{NEWEST.id}.json"] = environments.s3.objects[f"releases/{NEW.id}.json"]
    with pytest.raises(Inconclusive, match="could not be told") as caught:
        environments.roll_out(OLD)
    assert "was tampered with" in caught.value.why
