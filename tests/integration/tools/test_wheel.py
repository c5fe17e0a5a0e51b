"""The wheel, installed as a user installs it: away from a checkout, with the locks it carries."""

import sys
from pathlib import Path

import pytest
from uv import find_uv_bin

from lockage.tools.lock import load
from lockage.tools.process import run

pytestmark = pytest.mark.tools

ROOT = Path(__file__).parents[3]


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A fresh environment that holds the wheel and what the lock names for the core, and nothing else."""
    folder = tmp_path_factory.mktemp("wheel")
    environment, core = folder / "environment", folder / "core.txt"
    run([find_uv_bin(), "build", "--quiet", "--wheel", "--out-dir", folder, ROOT])
    [wheel] = folder.glob("lockage-*-py3-none-any.whl")
    alone = ("--locked", "--no-default-groups", "--no-emit-project")
    run([find_uv_bin(), "export", "--quiet", *alone, "--output-file", core], cwd=ROOT)
    run([find_uv_bin(), "venv", "--quiet", "--python", sys.executable, environment])
    for what in (("--requirements", core), ("--no-deps", wheel)):
        run([find_uv_bin(), "pip", "install", "--quiet", "--python", environment / "bin/python", *what])
    return environment


def lockage(installed: Path, *arguments: str) -> str:
    """What the installed command prints, where there is neither a checkout nor a tool."""
    elsewhere = installed.parent / "elsewhere"
    elsewhere.mkdir(exist_ok=True)
    return run(
        [installed / "bin/lockage", *arguments], cwd=elsewhere, env={"LOCKAGE_CACHE": str(elsewhere / "cache")}
    ).stdout


def test_it_says_its_version_and_knows_its_verbs(installed: Path) -> None:
    assert lockage(installed, "--version") == "lockage, version 0.1.0\n"
    assert "rollback" in lockage(installed, "--help")


def test_it_carries_the_tools_lock_and_every_module(installed: Path) -> None:
    listed = [line.split() for line in lockage(installed, "tools", "list").splitlines()]
    assert listed == [[name, pin.version, "not", "installed"] for name, pin in load(ROOT / "tools").pins.items()]
    [package] = installed.glob("lib/python*/site-packages/lockage")
    theirs, ours = (
        {path.relative_to(folder): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
        for folder in (package / "tools/pins", ROOT / "tools")
    )
    assert theirs == ours


@pytest.mark.parametrize("name", ["lockage.yaml", "verdict.json"])
def test_it_prints_the_published_schemas(installed: Path, name: str) -> None:
    published = ROOT / "docs/reference" / f"{name.partition('.')[0]}.schema.json"
    assert lockage(installed, "schema", name) == published.read_text()
