"""``lockage rollback``: aliases back to a release that was good."""

from pathlib import Path

import click

from lockage import github
from lockage.cli.options import project_option
from lockage.cli.reach import Reached, dry_run_option, environment_option, proof_lines, proof_table
from lockage.model.dist import DistDir
from lockage.model.ids import release_id
from lockage.report.live import console as make_console
from lockage.report.timings import timed
from lockage.rollout.rollback import RolledBack, preview, rollback

PREVIOUS = "previous"


@click.command("rollback")
@environment_option
@click.option(
    "--to", "given", default=PREVIOUS, show_default=True, help="A release's id; previous is the last good one."
)
@click.option(
    "--from", "leaves", help="The id of the release to leave; another one than what runs is refused, and nothing moved."
)
@click.option("--reason", help="Why; it stands in the journal and beside the abandoned release.")
@dry_run_option
@project_option
def command(
    environment: str, given: str, leaves: str | None, reason: str | None, *, dry_run: bool, project_file: Path
) -> None:
    """Move every alias of an environment back to a release that was good there, and prove it.

    Needs no build, no push, no scanner and no GitHub. Runs as the environment's rollback role, which may move aliases
    and nothing else. Prints a line a function: version, digest, and how long its answer took.
    """
    if not dry_run and not (reason or "").strip():
        raise click.UsageError("Missing option '--reason': whoever reads the journal must learn why.")
    console = make_console()
    to, leaving = None if given == PREVIOUS else release_id(given), release_id(leaves) if leaves else None
    with timed(f"rollback {environment}", DistDir(project_file.parent / "dist"), console):
        site = Reached(project_file, environment, console).site()
        if dry_run:
            preview(site, to, print, leaves=leaving)
            return
        done = rollback(site, to=to, reason=(reason or "").strip(), leaves=leaving)
    _tell(done)


def _tell(done: RolledBack) -> None:
    for line in proof_lines(done.proofs):
        print(line)
    print(f"{done.environment} runs release {done.release}")
    left = "\n".join(f"{name}: not in this release; its alias stays where it is" for name in done.left)
    if left:
        print(left)
    if done.abandoned:
        print(f"release {done.abandoned} is marked bad")
    github.add_summary(
        f"### {done.environment} is back at `{done.release[:12]}`\n\n{proof_table(done.proofs)}\n{left}\n"
    )
