"""Options that several verbs share."""

from pathlib import Path

import click

project_option = click.option(
    "--project",
    "project_file",
    type=click.Path(path_type=Path, dir_okay=False),
    default=Path("lockage.yaml"),
    show_default=True,
    help="The project's configuration file.",
)
