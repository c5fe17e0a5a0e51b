"""What the verbs of rollouts share: reaching an environment as whoever runs them, and telling what was read back."""

import time
from collections.abc import Iterable
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path

import click

from lockage import github
from lockage.aws.access import Access
from lockage.aws.ecr import registry_host
from lockage.aws.pacing import Pace
from lockage.cli import environments
from lockage.config.load import load_local, load_project
from lockage.console import Console
from lockage.model.ids import ReleaseId
from lockage.model.rollout import Proof
from lockage.release.store import ReleaseStore
from lockage.rollout.checks import EndToEndChecks, Target
from lockage.rollout.deploy import deploy, preview
from lockage.rollout.references import Sources
from lockage.rollout.site import Checks, Site

environment_option = click.option(
    "--env", "environment", required=True, help="The environment, by its name in lockage.yaml."
)
older_option = click.option(
    "--older", is_flag=True, help="Take the release even if it is an ancestor of what runs there."
)
dry_run_option = click.option("--dry-run", is_flag=True, help="Print what would be done, and do nothing.")


class Reached:
    """One environment, as the credentials at hand reach it.

    Args:
        project_file: ``lockage.yaml``.
        name: the environment's.
        console: told what happens.

    Raises:
        UsageError: there is no such environment, or the credentials are for another account.
        AwsError: there are no credentials, or they may not take the store's role.
    """

    def __init__(self, project_file: Path, name: str, console: Console) -> None:
        self.project = load_project(project_file, files=False)
        self._project_file, self._name, self._console = project_file, name, console
        self.place = environments.declared(self.project, name)
        self._access = Access.default(self.place.region)
        self._access.require(self.place.account, f"the environment {name}")

    @cached_property
    def store(self) -> ReleaseStore:
        """The release store, as this environment's role there."""
        registry, project = self.project.registry, self.project.project
        role = f"arn:aws:iam::{registry.account}:role/{project}-releases-{self._name}"
        return ReleaseStore(self._access.assume(role, region=registry.region).bucket(registry.store))

    def site(self) -> Site:
        """What a rollout works with."""
        local = load_local(self._project_file)
        return Site(
            project=self.project.project,
            environment=self._name,
            alias=self.place.alias,
            after=self.place.after,
            sources=Sources(
                registry=registry_host(self.project.registry, local.mirrors.registry),
                archives=self.project.registry.store,
            ),
            client=self._access.functions(Pace(local.lambda_requests_per_second)),
            parameters=self._access.parameters(),
            store=self.store,
            console=self._console,
            now=lambda: datetime.now(UTC).isoformat(timespec="seconds"),
            clock=time.monotonic,
            sleep=time.sleep,
        )

    def checks(self) -> Checks:
        """The end-to-end checks, with credentials that may look and may move nothing."""
        role = f"arn:aws:iam::{self.place.account}:role/{self.project.project}-e2e"
        target = Target(
            environment=self._name,
            qualifier=self.place.alias,
            project_file=self._project_file,
            variables=self._access.assume(role).variables,
        )
        return EndToEndChecks(target, self._project_file.parent / "dist" / "checks" / f"{self._name}.json")


def roll_out(reached: Reached, release: ReleaseId, *, older: bool, dry_run: bool) -> None:
    """Deploy a release, or say what that would do, and tell what was read back."""
    site, manifest = reached.site(), reached.store.release(release)
    if dry_run:
        preview(site, manifest, print, older=older)
        return
    outcome = deploy(site, manifest, reached.checks(), older=older)
    for line in proof_lines(outcome.proofs):
        print(line)
    print(f"{outcome.environment} runs release {outcome.release}")
    for function in outcome.retired:
        print(f"{function}: not in this release, but a rollback may still need it; Terraform must keep it for now")
    github.add_summary(
        f"### {outcome.environment} runs `{outcome.release[:12]}`\n\n{proof_table(outcome.proofs)}\n"
        f"Aliases were mixed for {outcome.mixed_seconds:g} s.\n"
    )


def proof_lines(proofs: Iterable[Proof]) -> list[str]:
    """What was read back, a line a function: alias → version → digest → answer."""
    return [f"{one.function} {one.version} {one.digest} {one.seconds:.3f} s" for one in proofs]


def proof_table(proofs: Iterable[Proof]) -> str:
    """The same as Markdown."""
    rows = [f"| {one.function} | {one.version} | `{one.digest}` | {one.seconds:.3f} s |" for one in proofs]
    return "\n".join(["| function | version | digest | answered in |", "|---|---|---|---|", *rows, ""])
