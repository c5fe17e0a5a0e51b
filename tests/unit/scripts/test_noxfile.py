"""The noxfile stays thin: a session installs and calls the verb of its own name; linting covers every shell script."""

import ast
from pathlib import Path

import pytest

from lockage.publish.acceptance import ALL_AGAIN

ROOT = Path(__file__).parents[3]
TREE = ast.parse((ROOT / "noxfile.py").read_text())
VERBS = (
    *("explain", "build", "sbom", "scan", "push", "release"),
    *("deploy", "e2e", "promote", "rollback", "rehearse", "reproduce"),
)
SESSIONS = {
    node.name: node
    for node in TREE.body
    if isinstance(node, ast.FunctionDef) and any("nox.session" in ast.unparse(each) for each in node.decorator_list)
}
WITHOUT_BUILDER = ("release", "deploy", "promote", "rollback", "e2e")


def calls(session: str, function: str) -> list[ast.Call]:
    nodes = (node for node in ast.walk(SESSIONS[session]) if isinstance(node, ast.Call))
    return [node for node in nodes if ast.unparse(node.func) == function]


def test_the_sessions_people_are_promised_are_there() -> None:
    assert {*VERBS, "bench", "tests", "lint"} <= SESSIONS.keys()


@pytest.mark.parametrize("session", VERBS)
def test_a_session_is_an_install_and_the_verb_of_its_name(session: str) -> None:
    [run] = calls(session, "session.run")
    assert [ast.literal_eval(argument) for argument in run.args[:2]] == ["lockage", session]
    assert len(calls(session, "install")) == 1


@pytest.mark.parametrize("session", WITHOUT_BUILDER)
def test_who_moves_releases_installs_nothing_that_builds(session: str) -> None:
    [install] = calls(session, "install")
    assert "extras" not in {keyword.arg for keyword in install.keywords}
    assert calls(session, "set_up") == []


def test_a_scan_has_what_writes_the_sboms_that_are_missing() -> None:
    [set_up] = calls("scan", "set_up")
    assert [ast.literal_eval(part) for part in set_up.args[1:]] == ["trivy", "syft"]


def test_what_people_are_told_to_type_before_a_push_is_what_is_done_by_default() -> None:
    [default] = [
        ast.literal_eval(node.value)
        for node in TREE.body
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "nox.options.sessions"
    ]
    assert f"./noxw -s {' '.join(default)}" == ALL_AGAIN
    assert {"check", "sbom", "scan"} < set(default), "a push asks for what each of them writes"


def test_every_shell_script_is_linted() -> None:
    [listed] = [
        {ast.literal_eval(leaf) for leaf in ast.walk(node.value) if isinstance(leaf, ast.Constant)}
        for node in TREE.body
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "SHELL_SCRIPTS"
    ]
    files = [ROOT / "noxw", *(ROOT / ".ci").iterdir(), *(ROOT / "scripts").rglob("*")]
    shell = {path for path in files if path.is_file() and is_shell(path)}
    assert {str(path.relative_to(ROOT)) for path in shell} == listed


def is_shell(path: Path) -> bool:
    first = path.read_text().partition("\n")[0]
    return (first.startswith("#!") and first.endswith("sh")) or "shellcheck shell=" in first
