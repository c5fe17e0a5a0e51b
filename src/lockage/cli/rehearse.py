"""``lockage rehearse``: the whole path on this machine."""

from pathlib import Path

import click

from lockage import github
from lockage.cli.options import project_option
from lockage.rehearsal.run import Rehearsal
from lockage.report.live import console
from lockage.report.summary import as_markdown, as_text


@click.command("rehearse")
@project_option
@click.option("--keep", is_flag=True, help="Leave everything up at the end, and say how to look at it and remove it.")
def command(*, project_file: Path, keep: bool) -> None:
    """Rehearse the whole path against an embedded AWS on this machine; no account and no credentials are needed.

    Three releases of the tree as it stands are built, scanned, pushed and rolled through every environment; the last
    one fails its end-to-end checks and goes no further; then the last environment is rolled back to the first release.
    What it proves it asks of the embedded AWS. The summary stands on standard output.
    """
    rehearsal = Rehearsal(project_file, console(), keep=keep)
    try:
        rehearsal.run()
    finally:
        if rehearsal.summary:
            click.echo(as_text(rehearsal.summary))
            github.add_summary(as_markdown(rehearsal.summary))
        if rehearsal.left:
            click.echo(rehearsal.left, err=True)
