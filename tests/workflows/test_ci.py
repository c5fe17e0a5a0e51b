"""A pull request is linted, tested, built with its evidence and rehearsed, by jobs without any identity."""

import shutil
from pathlib import Path

import pytest
from msgspec.structs import replace
from workflows.act import Act, Run, hand_over

from lockage.config.schema import Project

pytestmark = [pytest.mark.docker, pytest.mark.aws, pytest.mark.tools]

A_FEW = "--ignore=tests/integration --ignore=tests/workflows --ignore=tests/rehearsal -k test_ids"
"""For pytest's own variable: this suite runs all these tests anyway, so in the graph's jobs a few will do."""


def test_a_pull_request_passes_every_job(act: Act, released: Run, tree: Path, project: Project, tmp_path: Path) -> None:
    proposed = shutil.copytree(tree, tmp_path / "tree", symlinks=True)
    hand_over(released.folder, proposed)
    without_aws = replace(act, env={"PYTEST_ADDOPTS": A_FEW})
    outcome = without_aws.play(proposed, "pull_request", "ci", folder=tmp_path / "run")
    jobs = ("lint", "tests", "pythons", "build", "scan", "rehearsal")
    assert outcome.jobs == dict.fromkeys(jobs, "success"), "\n".join(outcome.failed)
    for job in ("tests: Test", "pythons: Test"):
        assert " passed" in outcome.said[job]
    sboms = sorted((tmp_path / "run" / "artifacts").glob("*/sboms/*/sbom.*.json"))
    assert {f"{path.parent.name}/{path.name}" for path in sboms} == {
        f"{name}/sbom.{form}.json" for name in project.built for form in ("cdx", "packages.cdx", "spdx")
    }
