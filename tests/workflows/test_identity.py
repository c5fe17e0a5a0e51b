"""A job gets a role only as GitHub and AWS would give it: with a token, from the environment that the role trusts."""

from pathlib import Path

import pytest
from unit.workflows.graphs import pins
from workflows.act import Act, checkout

pytestmark = [pytest.mark.docker, pytest.mark.aws, pytest.mark.tools]

JOB = """
  {key}:
    name: {key}
    runs-on: ubuntu-24.04
    environment: {environment}
    permissions:
      {permissions}
    steps:
      - uses: actions/checkout@{checkout}
      - name: Take the role
        uses: aws-actions/configure-aws-credentials@{credentials}
        with:
          role-to-assume: arn:aws:iam::222222222222:role/platform-{role}
          aws-region: eu-central-1
      - name: Who
        run: '"$STANDIN_PYTHON" -c "import boto3; print(boto3.client(\\"sts\\").get_caller_identity()[\\"Arn\\"])"'
"""

CASES = (
    ("granted", "prod", "id-token: write", "deployer"),
    ("other_environment", "preprod", "id-token: write", "deployer"),
    ("no_token", "prod", "contents: read", "deployer"),
    ("not_the_pipelines", "prod", "id-token: write", "scorer"),
)


def test_a_role_is_had_with_a_token_of_its_environment_only(act: Act, tree: Path, tmp_path: Path) -> None:
    del tree  # its accounts are what is wanted
    commits = {"checkout": pins()["actions/checkout"].commit}
    commits["credentials"] = pins()["aws-actions/configure-aws-credentials"].commit
    jobs = (
        JOB.format(key=key, environment=environment, permissions=permissions, role=role, **commits)
        for key, environment, permissions, role in CASES
    )
    trial = checkout(tmp_path / "tree", act.github.repository)
    (trial / ".github" / "workflows" / "trial.yml").write_text("name: trial\non: push\njobs:" + "".join(jobs))
    outcome = act.play(trial, "push", "trial", folder=tmp_path / "run")
    assert outcome.jobs == {
        "granted": "success",
        "other_environment": "failure",
        "no_token": "failure",
        "not_the_pipelines": "failure",
    }, outcome.failed
    assert ":assumed-role/platform-deployer/" in outcome.said["granted: Who"]
    assert "lacks id-token: write" in outcome.said["no_token: Take the role"]
    for refused in ("other_environment", "not_the_pipelines"):
        assert "Not authorized to perform sts:AssumeRoleWithWebIdentity" in outcome.said[f"{refused}: Take the role"]
