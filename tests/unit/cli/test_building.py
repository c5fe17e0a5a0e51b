"""What the building verbs say before they reach an engine, and when there is none."""

import io
import re
import sys
from pathlib import Path

import pytest
from fakes.checkout import Checkout

from lockage.cli.main import main_inner
from lockage.errors import LockageError, UsageError
from lockage.tools.docker import EngineMissing


def refused(*arguments: str) -> LockageError:
    with pytest.raises(LockageError) as caught:
        main_inner(list(arguments))
    return caught.value


@pytest.fixture
def project(project_root: Path) -> str:
    return str(project_root / "lockage.yaml")


@pytest.fixture
def probe(project_root: Path) -> str:
    return str(project_root / "functions/scorer/probe.json")


@pytest.mark.parametrize("verb", ["plan", "build", "reproduce"])
def test_without_an_engine_the_message_says_how_to_get_one(verb: str, tmp_path: Path) -> None:
    """The fixture around every unit test names a socket on which nothing listens."""
    checkout = Checkout(tmp_path / "project")
    with pytest.raises(EngineMissing) as caught:
        checkout.lockage(verb, "base")
    assert caught.value.what == "no Docker engine answers"
    assert re.search(r"docker|no-engine-in-unit-tests\.sock", caught.value.why), "who was asked"
    assert caught.value.remedy == (
        "start it, or have one installed: scripts/docker-engine (Debian and Ubuntu); "
        "elsewhere see https://docs.docker.com/engine/install/"
    )
    assert not list(checkout.root.glob("dist/*/")), "nothing half-written is left"


LOCK = "images/platform/requirements.lock"
NOT_PINNED = {
    "a base without digest": (
        ("images/base/Dockerfile", r"(FROM \S+)@sha256:[0-9a-f]{64}", r"\1"),
        "images/base/Dockerfile rests on something that is not pinned",
        r"line \d+: public\.ecr\.aws/lambda/python:3\.13 has no digest",
        "name images as image:tag@sha256:",
    ),
    "a requirement without hash": (
        (LOCK, r"\Z", "unlocked==1.0\n"),
        f"{LOCK} does not pin every package by hash",
        r"line \d+: unlocked==1\.0 has no hash",
        "lock again: ",
    ),
    "a lock out of date": (
        ("images/platform/requirements.in", r"\Z", "requests\n"),
        f"{LOCK} is out of date",
        "requests is asked for and not locked",
        "lock again: ",
    ),
}


@pytest.mark.parametrize("case", NOT_PINNED)
@pytest.mark.parametrize("verb", ["plan", "build"])
def test_what_is_not_pinned_is_refused_before_anything_is_built(verb: str, case: str, tmp_path: Path) -> None:
    (path, pattern, instead), what, why, remedy = NOT_PINNED[case]
    checkout = Checkout(tmp_path / "project")
    file = checkout.root / path
    file.write_text(re.sub(pattern, instead, file.read_text(), count=1))
    with pytest.raises(UsageError) as caught:
        checkout.lockage(verb, "platform")
    assert caught.value.what == what
    assert re.fullmatch(why, caught.value.why)
    assert caught.value.remedy.startswith(remedy)
    assert not list(checkout.root.glob("dist/*/")), "nothing half-written is left"


def test_an_unknown_function_is_refused_with_the_nearest(project: str, probe: str) -> None:
    error = refused("invoke", "scorrer", probe, "--project", project)
    assert error.what == "no function is called 'scorrer'"
    assert error.remedy == "did you mean 'scorer'?"


def test_an_event_that_is_not_there_is_refused(project: str, tmp_path: Path) -> None:
    error = refused("invoke", "scorer", str(tmp_path / "none.json"), "--project", project)
    assert error.what == f"the event {tmp_path}/none.json cannot be read"


def test_an_event_that_is_not_json_is_refused(project: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"{")))
    error = refused("invoke", "scorer", "-", "--project", project)
    assert isinstance(error, UsageError)
    assert error.what == "the event - is not JSON"


def test_a_variable_to_hand_on_must_be_set(project: str, probe: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NOT_SET_HERE", raising=False)
    error = refused("invoke", "scorer", probe, "--env", "NOT_SET_HERE", "--project", project)
    assert error.what == "NOT_SET_HERE is not set here"
    assert error.remedy == "write --env NOT_SET_HERE=VALUE"
