"""A commit on main becomes one release: built, judged, pushed, checked and promoted by the jobs of the graph."""

from pathlib import Path

import pytest
from workflows.act import Act

from lockage.config.schema import Project
from lockage.rehearsal import assertions
from lockage.rehearsal.embedded import EmbeddedAws
from lockage.rehearsal.operator import Operator
from lockage.rehearsal.witness import Witness
from lockage.tools.git import Git

pytestmark = [pytest.mark.docker, pytest.mark.aws, pytest.mark.tools]


@pytest.fixture(scope="session")
def witness(aws: EmbeddedAws, project: Project) -> Witness:
    return Witness(project, lambda account, region: Operator(aws, account, region))


def test_a_commit_on_main_reaches_prod(act: Act, tree: Path, witness: Witness, tmp_path: Path) -> None:
    outcome = act.play(tree, "push", "release", folder=tmp_path)
    assert outcome.jobs == dict.fromkeys(("build", "scan", "publish", "preprod", "e2e", "prod"), "success"), "\n".join(
        outcome.failed
    )
    for place in ("preprod", "prod"):
        assertions.serves(witness, place, Git(tree).head())
