"""A tool really built from its Go module, and every installed tool's own word on its version."""

from pathlib import Path

import pytest

from lockage.console import Console
from lockage.tools import process
from lockage.tools.install import Installer
from lockage.tools.lock import load
from lockage.tools.locked import Locked, Tool

pytestmark = pytest.mark.tools

SMALLEST = "actionlint"
ASK = {"crane": "version", "opa": "version"}


def built(cache: Path) -> Tool:
    [tool] = Installer(Locked(load(), cache), Console()).install([SMALLEST])
    return tool


def test_a_module_build_runs_and_is_the_same_bytes_again(tmp_path: Path) -> None:
    first, second = built(tmp_path / "one"), built(tmp_path / "two")
    assert first.path != second.path
    assert first.sha256 == second.sha256
    assert load().pin(SMALLEST).version in process.run([first.path, "--version"]).stdout


@pytest.mark.parametrize("name", load().pins)
def test_every_locked_tool_is_installed_and_says_its_version(name: str) -> None:
    tool = Locked().path(name)
    assert tool.version in process.run([tool.path, ASK.get(name, "--version")]).stdout
