import pytest

from lockage.model.ids import ReleaseId, Version
from lockage.model.rollout import EnvironmentRecord, Passage, PassageState
from lockage.rollout import record as records


def release(number: int) -> ReleaseId:
    return ReleaseId(f"{number:064x}")


def passage(
    number: int, state: PassageState, *, rollout: int | None = None, versions: dict[str, str] | None = None
) -> Passage:
    return Passage(
        release=release(number),
        rollout=number if rollout is None else rollout,
        state=state,
        versions={name: Version(version) for name, version in (versions or {"scorer": str(number)}).items()},
        references={},
        at="2026-11-21T00:00:00Z",
    )


def record(*passages: Passage, serves: int | None = None) -> EnvironmentRecord:
    return EnvironmentRecord(
        environment="prod", passages=passages, release=release(serves) if serves is not None else None
    )


def test_a_rollback_goes_to_the_last_good_release_and_not_simply_to_the_one_before() -> None:
    held = record(passage(27, "good"), passage(28, "bad"), passage(29, "live"), serves=29)
    assert records.target(held, None, release(29)).release == release(27)


def test_after_a_rollback_the_next_one_goes_further_back() -> None:
    held = record(passage(26, "good"), passage(27, "good"), passage(28, "bad"), passage(27, "good", rollout=29))
    assert records.target(held, None, release(27)).release == release(26)


def test_a_release_that_was_good_and_then_abandoned_is_no_target() -> None:
    held = records.abandoned(record(passage(1, "good"), passage(2, "good")), release(2), at="now", reason="slow")
    assert records.target(held, None, release(3)).release == release(1)
    assert records.newest(held, release(2)).reason == "slow"  # type: ignore[union-attr]  # there is one


def test_an_interrupted_second_passage_does_not_unmake_a_good_first_one() -> None:
    held = record(passage(1, "good", rollout=1, versions={"scorer": "4"}), passage(1, "staged", rollout=2))
    assert records.is_good(held, release(1))
    assert records.target(held, None, release(2)).versions == {"scorer": "4"}


def test_nothing_to_go_back_to_says_what_there_was() -> None:
    with pytest.raises(records.NothingToGoBackToError) as caught:
        records.target(record(passage(1, "bad"), passage(2, "good")), None, release(2))
    assert caught.value.render() == (
        "error: prod has nothing to go back to\n"
        "  why:  no release but 000000000000 was ever good here\n"
        "        rollout 1: release 000000000000 is bad\n"
        "        rollout 2: release 000000000000 is good\n"
        "  next: mend it forward: release a fix and deploy it; nothing was moved"
    )


def test_an_environment_that_never_ran_anything() -> None:
    with pytest.raises(records.NothingToGoBackToError, match="prod has nothing to go back to"):
        records.target(record(), None, None)


@pytest.mark.parametrize(("asked", "why"), [(9, "it never ran here"), (2, "it is bad here: its checks never passed")])
def test_a_release_that_was_asked_for_must_have_been_good_here(asked: int, why: str) -> None:
    with pytest.raises(records.NothingToGoBackToError, match="prod cannot go back to release") as caught:
        records.target(record(passage(1, "good"), passage(2, "bad")), release(asked), release(2))
    assert caught.value.why.splitlines() == [why, f"good: {release(1)}"]


def test_one_may_be_asked_for_by_id() -> None:
    held = record(passage(1, "good"), passage(2, "good"), passage(3, "good"))
    assert records.target(held, release(1), release(3)).release == release(1)


def test_versions_are_needed_as_long_as_a_rollback_may_go_there() -> None:
    held = record(
        *(passage(number, "good", versions={"scorer": str(number), "old": "1"}) for number in (1, 2)),
        *(passage(number, "good") for number in range(3, 7)),
        passage(7, "bad"),
        serves=6,
    )
    assert records.needed(held) == {"scorer": {"2", "3", "4", "5", "6"}, "old": {"1"}}
    later = records.passed(held, passage(8, "good"))
    assert records.needed(later) == {"scorer": {"3", "4", "5", "6", "8"}}, "nothing needs the removed function any more"


def test_a_record_forgets_its_oldest_passages() -> None:
    held = record()
    for number in range(records.REMEMBERED + 5):
        held = records.passed(held, passage(number, "good"))
    assert len(held.passages) == records.REMEMBERED
    assert held.passages[0].rollout == 5


def test_what_serves_and_what_a_rollback_may_go_to_is_never_forgotten() -> None:
    held = record(passage(1, "good"), passage(2, "good"), serves=2)
    for number in range(3, records.REMEMBERED + 50):
        held = records.passed(held, passage(3, "bad", rollout=number))
    assert records.target(held, None, release(2)).release == release(1)
    assert records.needed(held) == {"scorer": {"1", "2"}}
    assert len(held.passages) == records.REMEMBERED


def test_a_long_reason_is_cut() -> None:
    held = records.judged(record(passage(1, "live")), 1, "bad", at="now", reason="x" * 10_000)
    assert len(held.passages[0].reason) == records.REASON_LENGTH
