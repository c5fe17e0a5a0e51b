"""Take a role as a GitHub job does: with a token whose subject names repository and environment.

act enforces neither `permissions` nor `environment`, so this reads them from the workflow that runs: without
`id-token: write` there is no token, and the role's trust policy sees the very subject GitHub would mint
(https://docs.github.com/en/actions/reference/security/oidc).
"""

import base64
import json
import os
import sys
from pathlib import Path
from typing import Any

import boto3
import yaml
from botocore import UNSIGNED
from botocore.config import Config
from botocore.exceptions import ClientError


def main() -> None:
    workflow, job = running_job()
    if job.get("permissions", {}).get("id-token") != "write":
        sys.exit(f"{workflow}: job {os.environ['GITHUB_JOB']} may not ask for a token: it lacks id-token: write")
    sts = boto3.client("sts", region_name=os.environ["REGION"], config=Config(signature_version=UNSIGNED))
    who = subject(job)
    try:
        answer = sts.assume_role_with_web_identity(
            RoleArn=os.environ["ROLE"], RoleSessionName="GitHubActions", WebIdentityToken=token(who)
        )
    except ClientError as error:
        sys.exit(f"{who} may not take {os.environ['ROLE']}: {error}")
    export(answer["Credentials"])


def running_job() -> tuple[str, dict[str, Any]]:
    """The workflow's file name and the job as it is written there."""
    for path in sorted(Path(os.environ["GITHUB_WORKSPACE"], ".github", "workflows").glob("*.yml")):
        written = yaml.safe_load(path.read_text())
        if written["name"] == os.environ["GITHUB_WORKFLOW"]:
            return path.name, written["jobs"][os.environ["GITHUB_JOB"]]
    sys.exit(f"no workflow is named {os.environ['GITHUB_WORKFLOW']}")


def subject(job: dict[str, Any]) -> str:
    """As GitHub states it since July 2026: names with their ids, then the environment or else the branch."""
    owner, repository = os.environ["GITHUB_REPOSITORY"].split("/")
    who = f"repo:{owner}@{os.environ['STANDIN_OWNER_ID']}/{repository}@{os.environ['STANDIN_REPOSITORY_ID']}"
    inputs = json.loads(Path(os.environ["GITHUB_EVENT_PATH"]).read_text()).get("inputs", {})
    environment = job.get("environment", "")
    for name, value in inputs.items():
        environment = environment.replace(f"${{{{ inputs.{name} }}}}", value)
    return f"{who}:environment:{environment}" if environment else f"{who}:ref:{os.environ['GITHUB_REF']}"


def token(sub: str) -> str:
    """A token in the form of GitHub's; the embedded AWS reads claims and does not check signatures."""
    claims = {"iss": "https://token.actions.githubusercontent.com", "aud": "sts.amazonaws.com", "sub": sub}
    parts: tuple[dict[str, str], ...] = ({"alg": "none", "typ": "JWT"}, claims, {})
    return ".".join(base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=") for part in parts)


def export(credentials: dict[str, str]) -> None:
    """Into the environment of the job's later steps, as the real action does."""
    values = {
        "AWS_ACCESS_KEY_ID": credentials["AccessKeyId"],
        "AWS_SECRET_ACCESS_KEY": credentials["SecretAccessKey"],
        "AWS_SESSION_TOKEN": credentials["SessionToken"],
        "AWS_REGION": os.environ["REGION"],
        "AWS_DEFAULT_REGION": os.environ["REGION"],
    }
    with Path(os.environ["GITHUB_ENV"]).open("a") as file:
        file.writelines(f"{name}={value}\n" for name, value in values.items())


if __name__ == "__main__":
    main()
