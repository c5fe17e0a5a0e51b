"""What the verbs of rollouts say before they reach anything."""

import json
import shutil
import sys
from pathlib import Path

import click
import pytest

from lockage.aws.access import Access, Identity
from lockage.cli.main import main_inner
from lockage.errors import AwsError, UsageError
from lockage.tools import process

PREPROD = "arn:aws:sts::111111111111:assumed-role/platform-deployer/lockage"


@pytest.fixture
def project_file(tmp_path: Path, project_root: Path) -> Path:
    copy = tmp_path / "lockage.yaml"
    copy.write_text((project_root / "lockage.yaml").read_text())
    return copy


@pytest.fixture
def complete(project_file: Path, project_root: Path) -> Path:
    """The same, with every file that it names."""
    for folder in ("images", "functions", "layers"):
        shutil.copytree(project_root / folder, project_file.parent / folder)
    return project_file


def run(project_file: Path, *arguments: str) -> int:
    return main_inner([*arguments, "--project", str(project_file)])


@pytest.mark.parametrize("verb", ["deploy", "e2e", "promote", "rollback"])
def test_an_environment_that_is_not_declared(verb: str, project_file: Path) -> None:
    given = {"deploy": ["--release", "0" * 64], "e2e": ["--qualifier", "1"], "rollback": ["--reason", "test"]}
    with pytest.raises(UsageError, match="there is no environment production") as caught:
        run(project_file, verb, "--env", "production", *given.get(verb, []))
    assert caught.value.why == "lockage.yaml declares preprod, prod"


def test_deploy_needs_a_release(project_file: Path) -> None:
    with pytest.raises(UsageError, match="it is not said which release to deploy") as caught:
        run(project_file, "deploy", "--env", "preprod")
    assert caught.value.why.endswith("dist/release.json does not exist")


def test_a_release_file_that_cannot_be_read(project_file: Path) -> None:
    dist = project_file.parent / "dist"
    dist.mkdir()
    (dist / "release.json").write_text("{}")
    with pytest.raises(UsageError, match="not said which release") as caught:
        run(project_file, "deploy", "--env", "preprod")
    assert "does not read as a release" in caught.value.why


@pytest.mark.parametrize("arguments", [["deploy", "--release", "abc"], ["rollback", "--reason", "x", "--to", "v1"]])
def test_a_release_is_named_by_its_hash_only(arguments: list[str], project_file: Path) -> None:
    with pytest.raises(UsageError, match="not a release id"):
        run(project_file, *arguments, "--env", "preprod")


@pytest.mark.parametrize("reason", [[], ["--reason", "  "]])
def test_a_rollback_needs_a_reason(reason: list[str], project_file: Path) -> None:
    with pytest.raises(click.UsageError, match="whoever reads the journal must learn why"):
        run(project_file, "rollback", "--env", "preprod", *reason)


def test_credentials_of_another_account_are_refused(project_file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Access, "identity", Identity(account="111111111111", arn=PREPROD))
    with pytest.raises(UsageError, match="these credentials are not for the environment prod"):
        run(project_file, "promote", "--env", "prod")


@pytest.mark.parametrize(
    "arguments", [["deploy", "--env", "preprod", "--release", "0" * 64], ["rollback", "--env", "prod", "--reason", "x"]]
)
def test_without_credentials(arguments: list[str], project_file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    with pytest.raises(AwsError, match="there are no AWS credentials") as caught:
        run(project_file, *arguments)
    assert "docs/reference/rollout.md" in caught.value.remedy


def test_a_failure_is_timed_too(project_file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    with pytest.raises(AwsError):
        run(project_file, "promote", "--env", "prod")
    timings = json.loads((project_file.parent / "dist" / "timings.json").read_text())
    assert "promote prod" in timings["verbs"]


def test_nothing_is_pushed_that_was_not_built(complete: Path) -> None:
    with pytest.raises(UsageError, match=r"platform has no readable artifact\.json"):
        run(complete, "push")


def test_only_images_with_a_repository_are_pushed(complete: Path) -> None:
    with pytest.raises(UsageError, match="no artifact called base can be taken here") as caught:
        run(complete, "push", "base")
    assert caught.value.why == (
        "of what lockage.yaml names, these can: platform, analysis, dashboard, ingestion, dependencies, shared"
    )


@pytest.mark.parametrize("verb", ["push", "release", "deploy", "promote", "rollback"])
def test_a_job_with_credentials_needs_the_core_only(verb: str) -> None:
    extras = ["jsonschema", "packaging", "zstandard", "uv", "cryptography", "docker", "ministack", "pytest"]
    check = f"import sys; sys.modules.update(dict.fromkeys({extras})); import lockage.cli.{verb}"
    process.run([sys.executable, "-c", check])
