"""modules/project evaluated by OpenTofu: it has no provider, so it runs anywhere."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from lockage.tools import process
from lockage.tools.locked import Locked

TERRAFORM = Path(__file__).parents[3] / "terraform"

CALL = """
module "project" {{
  source      = "{module}"
  file        = "{file}"
  environment = "{environment}"
}}

output "evaluated" {{
  value = {{ registry = module.project.registry, environment = module.project.environment }}
}}
"""

Evaluate = Callable[[Path, str], dict[str, Any]]
Run = Callable[..., str]


@pytest.fixture(scope="session")
def tofu(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """Runs OpenTofu in a folder, with nobody's own configuration."""
    empty = tmp_path_factory.mktemp("configuration") / "tofu.rc"
    empty.touch()
    program = Locked().path("tofu").path

    def run(*arguments: str | Path, folder: Path) -> str:
        environment = {"TF_CLI_CONFIG_FILE": str(empty), "TF_IN_AUTOMATION": "1", "CHECKPOINT_DISABLE": "1"}
        return process.run([program, f"-chdir={folder}", *arguments], env=environment).stdout

    return run


@pytest.fixture(scope="session")
def evaluate(tofu: Run, tmp_path_factory: pytest.TempPathFactory) -> Evaluate:
    """What modules/project puts out for a lockage.yaml and one of its environments."""

    def evaluated(file: Path, environment: str) -> dict[str, Any]:
        folder = tmp_path_factory.mktemp("evaluated")
        call = CALL.format(module=TERRAFORM / "modules" / "project", file=file, environment=environment)
        (folder / "main.tf").write_text(call)
        tofu("init", "-backend=false", "-no-color", folder=folder)
        tofu("apply", "-auto-approve", "-no-color", folder=folder)
        values: dict[str, Any] = json.loads(tofu("output", "-json", "evaluated", folder=folder))
        return values

    return evaluated
