"""Who may enter an environment: by admission, and by promotion."""

import pytest
from fakes.environment import make_release
from msgspec.structs import replace

from lockage.errors import UsageError
from lockage.model.ids import ReleaseId, Version
from lockage.model.release import Release
from lockage.model.rollout import EnvironmentRecord, Passage, PassageState
from lockage.rollout.admission import NotAdmittedError, admit
from lockage.rollout.promote import promoted

RELEASE = make_release("a")
OTHER = make_release("b")


def ran(environment: str, *states: PassageState, serves: ReleaseId | None = RELEASE.id) -> EnvironmentRecord:
    passages = tuple(
        Passage(
            release=RELEASE.id,
            rollout=number,
            state=state,
            versions={"scorer": Version("2")},
            references={},
            at="2026-11-21T00:00:00Z",
            reason="it was slow" if state == "bad" else "",
        )
        for number, state in enumerate(states, start=1)
    )
    return EnvironmentRecord(environment=environment, passages=passages, release=serves)


def test_a_release_of_originals_enters_anywhere() -> None:
    admit(RELEASE, "prod", rehearsal=False, before=None)
    admit(RELEASE, "prod", rehearsal=True, before=None)


@pytest.mark.parametrize(
    ("marked", "why"),
    [
        (make_release("a", second_sources=("stand-in base", "trivy built from its module")), "stand-in base"),
        (make_release("a", dirty=True), "built from a tree with uncommitted changes"),
    ],
)
def test_what_is_marked_enters_a_rehearsal_and_nothing_else(marked: Release, why: str) -> None:
    admit(marked, "prod", rehearsal=True, before=None)
    with pytest.raises(NotAdmittedError, match=r"it may serve a rehearsal only") as caught:
        admit(marked, "prod", rehearsal=False, before=None)
    assert why in caught.value.why


def test_the_environment_before_must_have_found_it_good() -> None:
    admit(RELEASE, "prod", rehearsal=False, before=ran("preprod", "good"))
    for before, why in (
        (ran("preprod"), "it never was in preprod"),
        (ran("preprod", "live"), "rollout 1 there: live"),
        (ran("preprod", "good", "bad"), "rollout 1 there: good\nrollout 2 there: bad (it was slow)"),
    ):
        with pytest.raises(NotAdmittedError, match="it has not passed preprod") as caught:
            admit(RELEASE, "prod", rehearsal=False, before=before)
        assert caught.value.why == why


def test_what_the_environment_before_runs_is_promoted() -> None:
    here = EnvironmentRecord(environment="prod")
    assert promoted(here, ran("preprod", "good"), None) == RELEASE.id
    assert promoted(here, ran("preprod", "good"), RELEASE.id) == RELEASE.id


def test_another_release_than_expected_is_not_promoted() -> None:
    with pytest.raises(NotAdmittedError, match="is not what preprod runs") as caught:
        promoted(EnvironmentRecord(environment="prod"), ran("preprod", "good"), OTHER.id)
    assert RELEASE.id in caught.value.why


def test_nothing_is_promoted_while_a_rollout_is_open_or_before_there_was_one() -> None:
    here = EnvironmentRecord(environment="prod")
    with pytest.raises(NotAdmittedError) as caught:
        promoted(here, EnvironmentRecord(environment="preprod"), None)
    assert caught.value.why == "preprod runs no release"
    with pytest.raises(NotAdmittedError) as caught:
        promoted(here, replace(ran("preprod", "good"), open=4), None)
    assert caught.value.why == "a rollout of preprod is open"


def test_what_was_rolled_back_here_is_not_promoted_again() -> None:
    with pytest.raises(NotAdmittedError, match=r"prod found release .* bad") as caught:
        promoted(ran("prod", "good", "bad"), ran("preprod", "good"), None)
    assert "it was slow" in caught.value.why
    assert f"lockage deploy --env prod --release {RELEASE.id}" in caught.value.remedy


def test_an_environment_that_comes_after_none_is_deployed_to() -> None:
    with pytest.raises(UsageError, match="nothing is promoted to preprod"):
        promoted(EnvironmentRecord(environment="preprod"), None, None)
