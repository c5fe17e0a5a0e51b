"""``lockage plan``: what a build would do, and why."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from lockage.cli.options import project_option
from lockage.tools.background import Later
from lockage.tools.docker import Docker

if TYPE_CHECKING:
    from lockage.plan.decide import BuildPlan


@click.command("plan")
@click.argument("names", nargs=-1)
@project_option
def command(names: tuple[str, ...], *, project_file: Path) -> None:
    """Print what a build would do, and why: build or reuse, image, fingerprint, reasons.

    NAMES are images of lockage.yaml; all of them by default. Nothing is built.
    """
    plan = make_plan(project_file, names)
    width = max(len(step.name) for step in plan.steps)
    for step in plan.steps:
        print(f"{step.action:<5}  {step.name:<{width}}  {step.fingerprint[:19]}  {step.reasons[0]}")
        for reason in step.reasons[1:]:
            print(f"{'':{width + 30}}{reason}")
        for second in dict.fromkeys(i.second_source for i in step.inputs if i.second_source):
            print(f"{'':{width + 30}}rehearsal only: {second}")


def make_plan(project_file: Path, names: tuple[str, ...]) -> "BuildPlan":
    """The plan; the engine is asked while everything else is imported and read."""
    docker = Docker()
    engine = Later(docker.engine)
    from lockage.plan.make import make  # noqa: PLC0415 - 50 ms of imports, in which the engine answers

    return make(project_file, names, docker=docker, engine=engine.result)
