"""``lockage sbom``: what is inside the images that were built."""

from pathlib import Path

import click

from lockage.cli.images import chosen, needed
from lockage.cli.options import project_option
from lockage.config.load import load_project
from lockage.inspect.describe import Describer
from lockage.model.dist import DistDir
from lockage.report.live import console as make_console
from lockage.report.timings import timed
from lockage.tools.locked import Locked
from lockage.tools.syft import Syft

CONFIG = Path("sbom/syft.yaml")


@click.command("sbom")
@click.argument("names", nargs=-1)
@project_option
def command(names: tuple[str, ...], *, project_file: Path) -> None:
    """Write the SBOMs of what was built, as CycloneDX 1.6 and SPDX 2.3, beside each image in dist/.

    NAMES are images of lockage.yaml; all of them by default.
    """
    console = make_console()
    project = load_project(project_file, files=False)
    root = project_file.parent
    dist = DistDir(root / "dist")
    with timed("sbom", dist, console):
        describer = Describer(dist, Syft(Locked().path("syft"), needed(root / CONFIG)))
        for name in chosen(names, tuple(project.images)):
            with console.step(f"sbom {name}") as step:
                sbom = describer.standing(name)
                if sbom is not None:
                    step.reused("the image, Syft and its configuration are the same")
                else:
                    sbom = describer.describe(name)
                    step.made(f"{sbom.packages} packages, {sbom.os_packages} of them the system's")
            if sbom.second_source:
                console.note(f"{name}: its SBOMs are good for rehearsals only: {sbom.second_source}")
