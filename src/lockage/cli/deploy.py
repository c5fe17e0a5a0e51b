"""``lockage deploy``: a release into an environment."""

from pathlib import Path

import click
import msgspec

from lockage.cli.options import project_option
from lockage.cli.reach import Reached, dry_run_option, environment_option, older_option, roll_out
from lockage.errors import UsageError
from lockage.model.dist import DistDir
from lockage.model.ids import ReleaseId, release_id
from lockage.model.release import Release
from lockage.report.live import console as make_console
from lockage.report.timings import timed


@click.command("deploy")
@environment_option
@click.option("--release", "given", help="The release's id.  [default: the one in dist/release.json]")
@older_option
@dry_run_option
@project_option
def command(environment: str, given: str | None, *, older: bool, dry_run: bool, project_file: Path) -> None:
    """Roll a release out: stage → check → shift → read back → end-to-end checks, all functions as one.

    Whatever fails, every alias is put back to where it was. Runs as the environment's deployer. Prints a line a
    function: version, digest, and how long its answer took.
    """
    console = make_console()
    dist = DistDir(project_file.parent / "dist")
    release = release_id(given) if given else _made_here(dist)
    with timed(f"deploy {environment}", dist, console):
        roll_out(Reached(project_file, environment, console), release, older=older, dry_run=dry_run)


def _made_here(dist: DistDir) -> ReleaseId:
    try:
        return msgspec.json.decode(dist.release().read_bytes(), type=Release).id
    except FileNotFoundError:
        why = f"{dist.release()} does not exist"
    except msgspec.DecodeError as error:
        why = f"{dist.release()} does not read as a release: {error}"
    raise UsageError(
        "it is not said which release to deploy",
        why=why,
        remedy="make one with `lockage release`, or name one: --release ID",
    )
