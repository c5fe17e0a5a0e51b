"""A commit on main becomes one release, by the jobs of one graph, and another graph takes it back."""

import hashlib
import json
import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from workflows.act import Act, Outcome, Run, commit, hand_over
from workflows.conftest import Operators

from lockage.config.load import load_project
from lockage.config.schema import Project
from lockage.errors import LockageError
from lockage.rehearsal import assertions
from lockage.rehearsal.witness import Witness
from lockage.tools.git import Git

pytestmark = [pytest.mark.docker, pytest.mark.aws, pytest.mark.tools]

LINE = ("build", "tools", "scan", "publish", "preprod", "e2e", "prod")
UNMATCHED_EXCEPTION = f"""\
version: 1
exceptions:
  - id: CVE-2020-0001
    package: pkg:pypi/nothing-here@1.0
    reason: an exception that excepts nothing
    owner: the tests
    expires: "{(datetime.now(UTC) + timedelta(days=30)).date()}"
"""
REASON = """it's "slow" $(touch injected); `id` & more"""


def test_a_commit_on_main_reaches_prod(released: Run, tree: Path, operators: Operators) -> None:
    assert_all_passed(released.outcome, *LINE)
    for place in ("preprod", "prod"):
        assert_serves(tree, released.folder, place, operators)


def test_a_dispatched_rollback_takes_prod_back(
    act: Act, released: Run, tree: Path, operators: Operators, tmp_path: Path
) -> None:
    second = shutil.copytree(tree, tmp_path / "second", symlinks=True)
    more_memory(second)
    hand_over(released.folder, second)
    assert_all_passed(act.play(second, "push", "release", folder=tmp_path / "release"), *LINE)
    assert_serves(second, tmp_path / "release", "prod", operators)

    choice = {"environment": "prod", "release": "previous", "reason": REASON}
    outcome = act.play(second, "workflow_dispatch", "rollback", folder=tmp_path / "rollback", **choice)
    assert_all_passed(outcome, "rollback")
    assert_serves(tree, released.folder, "prod", operators)
    assert_serves(second, tmp_path / "release", "preprod", operators)
    assert json.dumps(REASON) in "".join(rollouts_of("prod", project_of(tree), operators)), "word for word"


def test_what_the_gate_stops_is_not_published(
    act: Act, released: Run, tree: Path, operators: Operators, tmp_path: Path
) -> None:
    stopped = shutil.copytree(tree, tmp_path / "stopped", symlinks=True)
    (stopped / "sbom" / "exceptions.yaml").write_text(UNMATCHED_EXCEPTION)
    commit(stopped)
    hand_over(released.folder, stopped)
    outcome = act.play(stopped, "push", "release", folder=tmp_path / "run")
    assert outcome.jobs == {"build": "success", "tools": "success", "scan": "failure"}
    (shown,) = outcome.errors
    assert "CVE-2020-0001" in shown
    assert list((tmp_path / "run" / "artifacts").glob("*/evidence/platform/verdict.json")), "kept for whoever mends it"
    assert Witness(project_of(tree), operators).tagged("platform", Git(stopped).head()) is None


def project_of(tree: Path) -> Project:
    return load_project(tree / "lockage.yaml", files=False)


def assert_serves(tree: Path, run_folder: Path, place: str, operators: Operators) -> None:
    """The embedded AWS says that every alias serves the tree's commit as a run built it, and that it was clean."""
    witness, commit_ = Witness(project_of(tree), operators), Git(tree).head()
    tagged = witness.tagged("platform", commit_)
    assert tagged
    assert tagged.tag == commit_
    try:
        assertions.serves(witness, place, commit_, lambda name: archived(run_folder, name))
    except LockageError as error:
        pytest.fail(error.render())


def archived(run_folder: Path, name: str) -> str:
    """The digest of a zip or layer, as a run built it."""
    [made] = (run_folder / "artifacts").glob(f"*/dist/{name}/archive.zip")
    return f"sha256:{hashlib.sha256(made.read_bytes()).hexdigest()}"


def rollouts_of(place: str, project: Project, operators: Operators) -> list[str]:
    """The journals in the release store."""
    registry = project.registry
    s3 = operators(registry.account, registry.region).client("s3")
    listed = s3.list_objects_v2(Bucket=registry.store, Prefix=f"rollouts/{place}/")["Contents"]
    bodies = (s3.get_object(Bucket=registry.store, Key=entry["Key"])["Body"] for entry in listed)
    return [body.read().decode() for body in bodies]


def more_memory(tree: Path) -> None:
    """A release that needs no other image."""
    project = tree / "lockage.yaml"
    project.write_text(project.read_text().replace("memory_mb: 512", "memory_mb: 640"))
    commit(tree)


def assert_all_passed(outcome: Outcome, *jobs: str) -> None:
    assert outcome.jobs == dict.fromkeys(jobs, "success"), "\n".join(outcome.failed)
