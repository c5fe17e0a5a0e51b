"""How a verb that the story runs is judged; what the acts do to the embedded AWS is the integration tests' part."""

import io
import os
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import click
import pytest
from msgspec.structs import replace

from lockage.config.load import load_project
from lockage.console import Console, PlainView
from lockage.errors import GateFailed, LockageError, RolloutFailed
from lockage.rehearsal import perform
from lockage.rehearsal.assertions import StoryBroken
from lockage.rehearsal.embedded import EmbeddedAws
from lockage.rehearsal.perform import Performer
from lockage.rehearsal.story import Verb
from lockage.rehearsal.tree import Tree
from lockage.report import live

CREDENTIALS = SimpleNamespace(access_key="ASIA1", secret_key="s", token="t")  # noqa: S106 - no secrets
SESSION = SimpleNamespace(get_credentials=lambda: SimpleNamespace(get_frozen_credentials=lambda: CREDENTIALS))


class Told:
    """The command line, as the performer calls it: notes what it was given and answers as it is told."""

    def __init__(self, outcome: int | Exception = 0) -> None:
        self.outcome = outcome
        self.arguments: list[str] = []
        self.environment: dict[str, str] = {}

    def __call__(self, arguments: list[str]) -> int:
        self.arguments, self.environment = arguments, dict(os.environ)
        print("platform sha256:0")  # noqa: T201 - as a verb does
        with live.console().step("inside"):
            if isinstance(self.outcome, Exception):
                raise self.outcome
        return self.outcome


@pytest.fixture
def performer(project_root: Path, monkeypatch: pytest.MonkeyPatch) -> Performer:
    file = project_root / "lockage.yaml"
    made = Performer(
        cast("EmbeddedAws", None),
        project_file=file,
        project=load_project(file, files=False),
        folder=project_root,
        console=Console(PlainView(io.StringIO())),
    )
    made.trees[1] = Tree(release=1, project_file=file, commit="c", kept=file)
    taken: list[str] = []

    def operator(account: str, region: str) -> SimpleNamespace:
        def session_of(role: str) -> SimpleNamespace:
            taken.append(f"{account} {region} {role}")
            return SESSION

        return SimpleNamespace(session_of=session_of)

    monkeypatch.setattr(made, "operator", operator)
    monkeypatch.setattr(made, "taken", taken, raising=False)
    return made


def run(performer: Performer, monkeypatch: pytest.MonkeyPatch, told: Told, verb: Verb) -> None:
    monkeypatch.setattr(perform, "main_inner", told)
    performer.perform([verb])


def records(performer: Performer) -> list[str]:
    return [f"{record.state} {record.name}" for record in performer._console.records]  # noqa: SLF001 - its own console


def test_a_verb_runs_on_its_releases_tree_and_tells_its_steps(
    performer: Performer, monkeypatch: pytest.MonkeyPatch, project_root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    told = Told()
    run(performer, monkeypatch, told, Verb(release=1, arguments=("build",)))
    assert told.arguments == ["build", "--project", str(project_root / "lockage.yaml")]
    assert records(performer) == ["done release 1: inside"]
    assert capsys.readouterr().out == "", "a verb's data is not the rehearsal's"


def test_a_verb_without_a_role_has_no_credentials(performer: Performer, monkeypatch: pytest.MonkeyPatch) -> None:
    told = Told()
    run(performer, monkeypatch, told, Verb(release=1, arguments=("scan",)))
    assert "AWS_ACCESS_KEY_ID" not in told.environment


@pytest.mark.parametrize(
    ("place", "role"),
    [("preprod", "111111111111 eu-central-1 platform-deployer"), ("", "222222222222 eu-central-1 platform-deployer")],
)
def test_a_verb_has_its_roles_credentials_and_only_while_it_runs(
    performer: Performer, monkeypatch: pytest.MonkeyPatch, place: str, role: str
) -> None:
    told, before = Told(), dict(os.environ)
    run(performer, monkeypatch, told, Verb(release=1, arguments=("deploy",), role="deployer", place=place))
    assert performer.taken == [role]  # type: ignore[attr-defined]  # the fake's own
    assert told.environment["AWS_ACCESS_KEY_ID"] == "ASIA1"
    assert told.environment["AWS_REGION"] == "eu-central-1"
    assert dict(os.environ) == before


FAILED = RolloutFailed("preprod did not take it", why="w", remedy="r")


def test_a_failure_that_the_story_wants_is_none(performer: Performer, monkeypatch: pytest.MonkeyPatch) -> None:
    run(performer, monkeypatch, Told(FAILED), Verb(release=1, arguments=("deploy",), fails_with=RolloutFailed))
    assert records(performer) == ["failed release 1: inside"]


class OtherwiseError(RolloutFailed):
    """A kind of what the story wants, which it does not want."""


@pytest.mark.parametrize("kind", [GateFailed, OtherwiseError])
def test_another_failure_than_the_wanted_one_passes_on(
    performer: Performer, monkeypatch: pytest.MonkeyPatch, kind: type[LockageError]
) -> None:
    told = Told(kind("findings", why="w", remedy="r"))
    with pytest.raises(kind, match="findings"):
        run(performer, monkeypatch, told, Verb(release=1, arguments=("deploy",), fails_with=RolloutFailed))


@pytest.mark.parametrize(
    ("outcome", "fails_with", "told"), [(0, None, "platform sha256:0"), (FAILED, RolloutFailed, "preprod did")]
)
def test_what_the_story_wants_to_be_told_is_looked_for(
    performer: Performer,
    monkeypatch: pytest.MonkeyPatch,
    outcome: int | Exception,
    fails_with: type[LockageError] | None,
    told: str,
) -> None:
    verb = Verb(release=1, arguments=("deploy",), fails_with=fails_with, tells=told)
    run(performer, monkeypatch, Told(outcome), verb)
    with pytest.raises(StoryBroken, match="does not tell what the story wants") as caught:
        run(performer, monkeypatch, Told(outcome), replace(verb, tells="the way"))
    assert caught.value.why.startswith("it should say: the way\nit said:\n")
    assert told in caught.value.why


@pytest.mark.parametrize(
    ("outcome", "fails_with", "wanted"), [(0, RolloutFailed, "RolloutFailed"), (3, None, "success")]
)
def test_success_where_the_story_wants_a_failure_breaks_it(
    performer: Performer,
    monkeypatch: pytest.MonkeyPatch,
    outcome: int,
    fails_with: type[LockageError] | None,
    wanted: str,
) -> None:
    with pytest.raises(StoryBroken, match=f"`lockage deploy` of release 1 ended with {outcome}") as caught:
        run(performer, monkeypatch, Told(outcome), Verb(release=1, arguments=("deploy",), fails_with=fails_with))
    assert f"the story wants {wanted}; it printed:\nplatform sha256:0" in caught.value.why


def test_ctrl_c_inside_a_verb_ends_the_rehearsal(performer: Performer, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(KeyboardInterrupt):
        run(performer, monkeypatch, Told(click.Abort()), Verb(release=1, arguments=("build",)))
