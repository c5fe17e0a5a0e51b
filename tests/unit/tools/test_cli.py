from pathlib import Path

import pytest
from click.testing import CliRunner
from fakes.tools import MakeGo

from lockage.cli.tools import command
from lockage.errors import ToolError, UsageError
from lockage.tools.lock import load
from lockage.tools.locked import Locked


def invoke(*arguments: str) -> str:
    return CliRunner().invoke(command, arguments, catch_exceptions=False).stdout


def test_a_new_machine_has_nothing_installed() -> None:
    lines = invoke("list").splitlines()
    assert [line.split()[0] for line in lines] == list(load().pins)
    assert all(line.endswith("not installed") for line in lines)


def test_what_is_installed_is_listed_and_verified(make_go: MakeGo) -> None:
    make_go()
    invoke("install", "crane")
    tool = Locked().path("crane")
    line = f"crane       {tool.version}    module   sha256:{tool.sha256}  {tool.path}\n"
    assert line in invoke("list")
    assert invoke("verify") == line
    tool.path.write_text("changed")
    with pytest.raises(ToolError, match="wrong checksum"):
        invoke("verify", "crane")


def test_a_github_job_gets_the_tool_on_its_path(
    make_go: MakeGo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_go()
    monkeypatch.setenv("GITHUB_PATH", str(tmp_path / "path"))
    invoke("install", "--on-path", "crane")
    assert (tmp_path / "path").read_text() == f"{Locked().path('crane').path.parent}\n"


def test_one_github_job_hands_a_tool_over_and_another_takes_it(
    make_go: MakeGo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    go = make_go()
    monkeypatch.setenv("GITHUB_OUTPUT", str(tmp_path / "output"))
    invoke("install", "--hand-over", str(tmp_path / "handed"), "crane")
    made = Locked().path("crane")
    name, _, said = (tmp_path / "output").read_text().strip().partition("=")
    assert (name, said) == ("tools", f"crane=sha256:{made.sha256}")

    monkeypatch.setenv("LOCKAGE_CACHE", str(tmp_path / "another-machine"))
    monkeypatch.setenv("LOCKAGE_TOOLS", str(tmp_path / "handed"))
    with pytest.raises(ToolError, match="crane was not handed over"):
        invoke("install", "crane")
    monkeypatch.setenv("LOCKAGE_TOOLS_EXPECT", said)
    builds = len(go.builds())
    invoke("install", "crane")
    assert Locked().path("crane").sha256 == made.sha256
    assert len(go.builds()) == builds, "nothing is built"


def test_what_is_not_built_is_not_handed_over(make_go: MakeGo, tmp_path: Path) -> None:
    go = make_go()
    with pytest.raises(UsageError, match="--no-build and --hand-over exclude each other"):
        invoke("install", "--no-build", "--hand-over", str(tmp_path / "handed"), "crane")
    assert Locked().recorded("crane") is None
    assert go.builds() == []


def test_elsewhere_there_is_no_such_path(make_go: MakeGo, monkeypatch: pytest.MonkeyPatch) -> None:
    make_go()
    monkeypatch.delenv("GITHUB_PATH", raising=False)
    with pytest.raises(UsageError, match="no path to put the tools on"):
        invoke("install", "--on-path", "crane")
