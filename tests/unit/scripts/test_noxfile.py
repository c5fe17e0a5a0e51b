"""The noxfile stays thin: a session installs and calls the verb of its own name; linting covers every shell script.

Its sessions are run here on a stub of nox's own, which does nothing and remembers what it was asked.
"""

import importlib.util
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import NoReturn

import pytest

from lockage.publish.acceptance import ALL_AGAIN

ROOT = Path(__file__).parents[3]
SETUP = str(ROOT / "scripts" / "setup")
NEEDS = {
    "build": ("engine", "opa", "base"),
    "check": ("engine", "base"),
    "sbom": ("syft",),
    "scan": ("trivy", "syft"),
    "push": ("crane",),
    "rehearse": ("engine", "trivy", "syft", "opa", "crane", "base"),
    "invoke": ("engine", "base"),
    "reproduce": ("engine", "opa", "crane", "base"),
}
"""Verbs that make the machine ready first, and what of it: an engine, tools by name, the base image."""
PLAIN = ("plan", "explain", "release", "deploy", "e2e", "promote", "rollback")
VERBS = (*NEEDS, *PLAIN)
WITHOUT_BUILDER = ("push", "release", "deploy", "promote", "rollback", "e2e", "tools")


def noxfile() -> ModuleType:
    spec = importlib.util.spec_from_file_location("lockage_noxfile", ROOT / "noxfile.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


NOXFILE = noxfile()


class SaidError(Exception):
    """What a session ends with by ``session.error``."""


class StubSession:
    """A session with these arguments."""

    def __init__(self, *posargs: str) -> None:
        self.posargs = list(posargs)
        self.env: dict[str, str] = {}
        self.cache_dir = Path("cache")
        self.virtualenv = SimpleNamespace(location="/session")
        self.installs: list[tuple[str, ...]] = []
        self.runs: list[tuple[str, ...]] = []
        self.patience: list[tuple[float, float]] = []
        """Seconds that each run gets after Ctrl-C, and after it is told to end."""

    def run_install(self, *command: str, external: bool = False, env: dict[str, str] | None = None) -> None:
        assert external or env == {"UV_PROJECT_ENVIRONMENT": "/session", "UV_PYTHON": "/session"}
        self.installs.append(command)

    def run(self, *command: str, interrupt_timeout: float = 0.3, terminate_timeout: float = 0.2) -> None:
        self.runs.append(command)
        self.patience.append((interrupt_timeout, terminate_timeout))

    def error(self, said: str) -> NoReturn:
        raise SaidError(said)


def played(session: str, *posargs: str) -> StubSession:
    stub = StubSession(*posargs)
    getattr(NOXFILE, session)(stub)
    return stub


def selected(stub: StubSession) -> list[str]:
    """What a session's environment has beside the core."""
    return [argument for argument in stub.installs[0] if argument.startswith(("--extra", "--group"))]


@pytest.mark.parametrize("session", VERBS)
def test_a_session_is_an_install_and_the_verb_of_its_name_with_what_was_given(session: str) -> None:
    stub = played(session, "platform", "--env", "preprod")
    assert stub.installs[0][:4] == ("uv", "sync", "--quiet", "--locked"), "from the lock, or not at all"
    assert stub.runs == [("lockage", session, "platform", "--env", "preprod")]


@pytest.mark.parametrize("session", NEEDS)
def test_the_machine_is_made_ready_before_the_verb_and_yes_is_for_that_alone(session: str) -> None:
    stub = played(session, "--yes", "platform")
    assert stub.installs[1:] == [(SETUP, "--yes", *NEEDS[session])]
    assert stub.runs == [("lockage", session, "platform")]
    assert played(session, "platform").installs[1:] == [(SETUP, *NEEDS[session])], "nobody agreed to anything"


@pytest.mark.parametrize("session", PLAIN)
def test_other_verbs_set_nothing_up(session: str) -> None:
    assert len(played(session).installs) == 1


@pytest.mark.parametrize("session", WITHOUT_BUILDER)
def test_who_moves_releases_installs_nothing_that_builds(session: str) -> None:
    assert set(selected(played(session))) <= {"--group=e2e"}


@pytest.mark.parametrize("session", [*VERBS, "tools", "tests", "bench"])
def test_what_is_interrupted_gets_the_time_to_clean_up_or_to_go_back(session: str) -> None:
    stub = played(session, *(["one-line"] if session == "bench" else []))
    assert set(stub.patience) == {(NOXFILE.PATIENCE, NOXFILE.PATIENCE)}, "nox's own is 0.3 s: containers would stay"
    assert NOXFILE.PATIENCE >= 60


def test_tools_are_installed_by_name_and_in_a_github_job_put_on_its_path(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("GITHUB_PATH", raising=False)
    assert played("tools", "trivy", "syft").runs == [("lockage", "tools", "install", "trivy", "syft")]
    monkeypatch.setenv("GITHUB_PATH", "/runner/path")
    assert played("tools", "trivy").runs == [("lockage", "tools", "install", "--on-path", "trivy")]


def test_of_what_is_given_to_tools_only_their_names_are_set_up() -> None:
    stub = played("tools", "--yes", "--hand-over", "handed", "crane")
    assert stub.installs[1:] == [(SETUP, "--yes", "crane")]
    assert stub.runs[0][-3:] == ("--hand-over", "handed", "crane")
    assert played("tools").installs[1:] == [(SETUP, *NOXFILE.ALL_TOOLS)]
    assert played("tools", "--hand-over", "handed").installs[1:] == [(SETUP, *NOXFILE.ALL_TOOLS)]


@pytest.mark.parametrize("given", [("--help",), ("scaner",), ("crane", "--help")])
def test_what_the_verb_answers_by_itself_installs_no_tool(given: tuple[str, ...]) -> None:
    stub = played("tools", *given)
    assert len(stub.installs) == 1
    assert stub.runs[0][-len(given) :] == given


def test_a_benchmark_is_run_by_its_name() -> None:
    stub = played("bench", "--yes", "one-image", "--more")
    assert stub.installs[1:] == [(SETUP, "--yes", "engine", "opa", "crane", "trivy", "syft", "base")]
    assert stub.runs == [("python", str(ROOT / "benchmarks" / "one_image.py"), "--more")]
    with pytest.raises(
        SaidError, match=r"name one benchmark after --: cli, figures, one-image, one-line, packaging, rehearsal"
    ):
        played("bench", "everything")


def test_unit_tests_need_neither_engine_nor_tools() -> None:
    stub = played("tests", "--yes", "tests/unit/model", "-q")
    assert len(stub.installs) == 1
    assert stub.runs == [("pytest", "tests/unit/model", "-q")]


def test_all_tests_set_everything_up_and_build_once() -> None:
    stub = played("tests", "--yes")
    assert stub.installs[1:] == [(SETUP, "--yes", "engine", *NOXFILE.ALL_TOOLS, "base")]
    *built, command = stub.runs
    assert built == [("lockage", verb) for verb in ("build", "check", "sbom", "scan")]
    assert command[0] == "pytest"
    assert [part for part in command if part.startswith("tests/")] == [
        f"tests/{kind}" for kind in ("workflows", "rehearsal", "integration", "unit")
    ]
    assert "--yes" not in command


def test_everything_is_linted() -> None:
    stub = played("lint")
    assert stub.installs[1:] == [(SETUP, "actionlint", "tflint")]
    linters = [command[3] if command[:3] == ("lockage", "tools", "run") else command[0] for command in stub.runs]
    assert linters == ["ruff", "ruff", "mypy", "shellcheck", "hadolint", "zizmor", "actionlint", "tflint"]


def test_what_people_are_told_to_type_before_a_push_is_what_is_done_by_default() -> None:
    default = NOXFILE.nox.options.sessions
    assert f"./noxw -s {' '.join(default)}" == ALL_AGAIN
    assert {"check", "sbom", "scan"} < set(default), "a push asks for what each of them writes"


def test_every_shell_script_is_linted() -> None:
    files = [ROOT / "noxw", *(ROOT / ".ci").iterdir(), *(ROOT / "scripts").rglob("*")]
    shell = {path for path in files if path.is_file() and is_shell(path)}
    assert {str(path.relative_to(ROOT)) for path in shell} == set(NOXFILE.SHELL_SCRIPTS)


def is_shell(path: Path) -> bool:
    first = path.read_text().partition("\n")[0]
    return (first.startswith("#!") and first.endswith("sh")) or "shellcheck shell=" in first
