"""``lockage promote``: what one environment found good, into the next."""

from pathlib import Path

import click

from lockage.cli.options import project_option
from lockage.cli.reach import Reached, dry_run_option, environment_option, older_option, roll_out
from lockage.model.dist import DistDir
from lockage.model.ids import release_id
from lockage.report.live import console as make_console
from lockage.report.timings import timed
from lockage.rollout.promote import promoted


@click.command("promote")
@environment_option
@click.option("--release", "given", help="The release that is expected; another one is refused.")
@older_option
@dry_run_option
@project_option
def command(environment: str, given: str | None, *, older: bool, dry_run: bool, project_file: Path) -> None:
    """Roll the release that the environment before this one runs, and found good, out to this one: the same digests.

    Runs as this environment's deployer. Prints a line a function: version, digest, and how long its answer took.
    """
    console = make_console()
    with timed(f"promote {environment}", DistDir(project_file.parent / "dist"), console):
        reached = Reached(project_file, environment, console)
        here, _ = reached.store.record(environment)
        before = reached.store.record(reached.place.after)[0] if reached.place.after else None
        release = promoted(here, before, release_id(given) if given else None)
        roll_out(reached, release, older=older, dry_run=dry_run)
