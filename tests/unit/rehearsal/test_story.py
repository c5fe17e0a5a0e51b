from pathlib import Path

import msgspec
import pytest

from lockage.config.load import load_project
from lockage.config.schema import Environment, Layer, Project
from lockage.errors import RolloutFailed
from lockage.rehearsal.handover import Handover
from lockage.rehearsal.story import (
    BAD,
    BETTER,
    GOOD,
    Act,
    Hold,
    Judged,
    Provision,
    PushedOnce,
    Refused,
    Serves,
    Untouched,
    Verb,
    environments,
    story,
)
from lockage.rollout.admission import NotAdmittedError


@pytest.fixture
def project(project_root: Path) -> Project:
    return load_project(project_root / "lockage.yaml", files=False)


@pytest.fixture
def acts(project: Project) -> tuple[Act, ...]:
    return story(project, Handover(hold=("remediation",)))


def verbs(acts: tuple[Act, ...]) -> list[Verb]:
    return [act for act in acts if isinstance(act, Verb)]


def test_releases_pass_the_environments_in_their_order(project: Project) -> None:
    place = project.environments["prod"]
    shuffled = {
        "last": msgspec.structs.replace(place, after="middle"),
        "middle": msgspec.structs.replace(place, after="begin"),
        "begin": Environment(account="333333333333", region="eu-central-1"),
    }
    assert environments(msgspec.structs.replace(project, environments=shuffled)) == ["begin", "middle", "last"]


def test_what_builds_and_scans_has_no_credentials(acts: tuple[Act, ...]) -> None:
    for verb in verbs(acts):
        assert bool(verb.role) == (verb.arguments[0] not in {"build", "check", "sbom", "scan"})


def test_every_verb_runs_as_the_role_made_for_it(acts: tuple[Act, ...]) -> None:
    roles = {verb.arguments[0]: verb.role for verb in verbs(acts) if verb.role}
    assert roles == {
        "push": "publisher",
        "release": "publisher",
        "deploy": "deployer",
        "promote": "deployer",
        "rollback": "rollback",
    }


def test_the_bad_release_reaches_no_later_environment(acts: tuple[Act, ...]) -> None:
    bad = [verb for verb in verbs(acts) if verb.release == BAD and verb.role == "deployer"]
    assert [(verb.place, verb.fails_with) for verb in bad] == [("preprod", RolloutFailed), ("prod", NotAdmittedError)]
    assert Judged(release=BAD, place="preprod", state="bad", because="end-to-end checks") in acts
    assert Serves(release=BETTER, place="preprod") in acts
    assert Untouched(place="prod") in acts
    assert Serves(release=BAD, place="preprod") not in acts


def test_the_rollback_comes_last_and_is_proven(acts: tuple[Act, ...]) -> None:
    (rollback,) = [number for number, act in enumerate(acts) if isinstance(act, Verb) and act.role == "rollback"]
    assert not verbs(acts[rollback + 1 :])
    assert acts[rollback + 1] == Serves(release=GOOD, place="prod")


def test_messages_wait_over_the_rollback(acts: tuple[Act, ...]) -> None:
    held = [number for number, act in enumerate(acts) if isinstance(act, Hold)]
    rollback = next(number for number, act in enumerate(acts) if isinstance(act, Verb) and act.role == "rollback")
    assert held[0] < rollback < held[1]


def test_nothing_is_provisioned_for_functions_before_an_image_was_pushed(acts: tuple[Act, ...]) -> None:
    provisioned = [number for number, act in enumerate(acts) if isinstance(act, Provision) and act.place]
    pushed = next(number for number, act in enumerate(acts) if isinstance(act, Verb) and act.arguments == ("push",))
    assert min(provisioned) > pushed


def test_each_release_is_held_to_what_was_pushed(acts: tuple[Act, ...]) -> None:
    assert [act.release for act in acts if isinstance(act, PushedOnce)] == [GOOD, BETTER, BAD]


def test_layers_are_tried_where_there_are_any(project: Project) -> None:
    layered = msgspec.structs.replace(project, layers={"shared": Layer(sources=("shared",))})
    without = msgspec.structs.replace(project, layers={})
    tried = {
        name: [act.action for act in story(one, None) if isinstance(act, Refused) and act.role == "rollback"]
        for name, one in (("layered", layered), ("without", without))
    }
    assert tried["layered"] == [*tried["without"], "lambda:PublishLayerVersion"]


def test_a_project_with_one_environment_and_no_handover_can_be_rehearsed(project: Project) -> None:
    alone = {"only": Environment(account="111111111111", region="eu-central-1")}
    acts = story(msgspec.structs.replace(project, environments=alone), None)
    assert acts[-1] == Serves(release=GOOD, place="only")
