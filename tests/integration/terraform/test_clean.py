"""Formatted, linted, and without a finding that is not silenced with its reason."""

import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from lockage.tools import process
from lockage.tools.locked import Locked

pytestmark = pytest.mark.tools

ROOT = Path(__file__).parents[3]
TERRAFORM = ROOT / "terraform"

# Trivy cannot evaluate lockage.yaml, so what it scans is called with what modules/project puts out.
CALL = """
module "environment" {{
  source     = "./modules/environment"
  declared   = {environment}
  seed_image = "example@sha256:{zeros}"
}}

module "registry" {{
  source       = "./modules/registry"
  repositories = {repositories}
}}

module "store" {{
  source = "./modules/store"
  name   = "{store}"
  policy = {store_policy}
}}

module "publisher" {{
  source = "./modules/role"
  name   = "publisher"
  trust  = {trust}
  policy = {policy}
}}
"""


@pytest.fixture(scope="module")
def evaluated(evaluate: Callable[[Path, str], dict[str, Any]], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """All modules, called with literal values."""
    folder = tmp_path_factory.mktemp("literal")
    shutil.copytree(TERRAFORM / "modules", folder / "modules")
    values = evaluate(ROOT / "lockage.yaml", "preprod")
    registry = values["registry"]
    publisher = registry["roles"]["publisher"]
    call = CALL.format(
        environment=json.dumps(values["environment"]),
        zeros="0" * 64,
        repositories=json.dumps(registry["repositories"]),
        store=registry["store"]["name"],
        store_policy=json.dumps(registry["store"]["policy"]),
        trust=json.dumps(publisher["trust"]),
        policy=json.dumps(publisher["policy"]),
    )
    (folder / "main.tf").write_text(call)
    return folder


def findings(folder: Path) -> set[tuple[str, str]]:
    """File and id of every finding of Trivy's built-in checks."""
    trivy = Locked().path("trivy").path
    options = ("--skip-check-update", "--skip-version-check", "--disable-telemetry", "--quiet", "--format", "json")
    report = json.loads(process.run([trivy, "config", *options, "."], cwd=folder).stdout)
    results = report["Results"]
    assert sum(result["MisconfSummary"]["Successes"] for result in results if "MisconfSummary" in result) > 0
    return {
        (result["Target"], finding["ID"]) for result in results for finding in result.get("Misconfigurations") or ()
    }


def test_formatted(tofu: Callable[..., str]) -> None:
    assert tofu("fmt", "-check", "-diff", "-recursive", ".", folder=TERRAFORM) == ""


def test_linted() -> None:
    tflint = Locked().path("tflint").path
    rules = f"--config={TERRAFORM / '.tflint.hcl'}"
    assert process.run([tflint, "--recursive", "--no-color", rules, f"--chdir={TERRAFORM}"]).stdout == ""


def test_no_finding(evaluated: Path) -> None:
    assert not findings(TERRAFORM)
    assert not findings(evaluated)


def test_every_silenced_finding_would_be_found(evaluated: Path, tmp_path: Path) -> None:
    loud = tmp_path / "loud"
    shutil.copytree(evaluated, loud)
    silenced: set[tuple[str, str]] = set()
    for path in (loud / "modules").rglob("*.tf"):
        text = path.read_text()
        silenced |= {(str(path.relative_to(loud)), each) for each in re.findall(r"#trivy:ignore:(\S+)", text)}
        path.write_text(re.sub(r"#trivy:ignore:\S+", "#", text))
    assert silenced
    assert findings(loud) == silenced
