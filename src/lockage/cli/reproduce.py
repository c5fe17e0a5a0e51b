"""``lockage reproduce``: the same inputs, the same bytes, shown."""

from pathlib import Path

import click

from lockage.build.reproduce import reproduce
from lockage.cli.build import workshop
from lockage.cli.options import project_option
from lockage.model.dist import DistDir
from lockage.plan.make import make_plan
from lockage.report.live import console as make_console
from lockage.report.timings import timed
from lockage.tools.docker import Docker


@click.command("reproduce")
@click.argument("names", nargs=-1)
@project_option
def command(names: tuple[str, ...], *, project_file: Path) -> None:
    """Build images twice without cache, from two directories, and compare their digests.

    NAMES are images of lockage.yaml; all of them by default. What stands in dist/ with equal inputs is compared too.
    On a difference the first layer and file that differ are named. Prints a line an image: name, digest, equal.
    """
    console = make_console()
    dist = DistDir(project_file.parent / "dist")
    with timed("reproduce", dist, console):
        with console.step("plan"):
            plan = make_plan(project_file, names, Docker())
        artifacts = reproduce(plan, workshop(project_file, plan, dist, console))
    for artifact in artifacts:
        print(f"{artifact.name} {artifact.digest} equal")
