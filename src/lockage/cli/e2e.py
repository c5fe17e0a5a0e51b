"""``lockage e2e``: run the end-to-end checks against an environment."""

from pathlib import Path

import click

from lockage.cli import environments
from lockage.cli.options import project_option
from lockage.config.load import load_project
from lockage.model import dist
from lockage.rollout.checks import Target, require_passed, run_checks


@click.command("e2e")
@click.option("--env", "environment", required=True, help="The environment to check, by its name in lockage.yaml.")
@click.option("--qualifier", help="Check this alias or version instead of the environment's alias.")
@project_option
@click.option(
    "--result",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Where the result goes as JSON.  [default: dist/checks/<environment>.json]",
)
@click.argument("arguments", nargs=-1, metavar="[-- PYTEST ARGUMENTS]")
def command(
    environment: str, qualifier: str | None, project_file: Path, result: Path | None, arguments: tuple[str, ...]
) -> None:
    """Run the end-to-end checks against an environment.

    They find everything by name, act with the credentials at hand, and leave their result as JSON, failed or not.
    """
    project = load_project(project_file, files=False)
    alias = environments.declared(project, environment).alias
    target = Target(environment=environment, qualifier=qualifier or alias, project_file=project_file)
    report = run_checks(target, arguments)
    dist.write(result or project_file.parent / "dist" / "checks" / f"{environment}.json", dist.encode(report))
    for check in report.checks:
        print(f"{check.outcome:<7} {check.seconds:7.2f} s  {check.name}")
    require_passed(report)
