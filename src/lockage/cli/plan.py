"""``lockage plan``: what a build would do, and why."""

from pathlib import Path

import click

from lockage.cli.options import project_option
from lockage.plan.make import make_plan
from lockage.tools.docker import Docker


@click.command("plan")
@click.argument("names", nargs=-1)
@project_option
def command(names: tuple[str, ...], *, project_file: Path) -> None:
    """Print what a build would do, and why: build or reuse, artifact, fingerprint, reasons.

    NAMES are images, zips and layers of lockage.yaml; all of them by default. Nothing is built.
    """
    plan = make_plan(project_file, names, Docker())
    width = max(len(step.name) for step in plan.steps)
    for step in plan.steps:
        print(f"{step.action:<5}  {step.name:<{width}}  {step.fingerprint[:19]}  {step.reasons[0]}")
        for reason in step.reasons[1:]:
            print(f"{'':{width + 30}}{reason}")
        for second in dict.fromkeys(i.second_source for i in step.inputs if i.second_source):
            print(f"{'':{width + 30}}rehearsal only: {second}")
