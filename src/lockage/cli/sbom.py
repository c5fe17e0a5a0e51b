"""``lockage sbom``: what is inside what was built."""

from collections.abc import Sequence
from pathlib import Path

import click

from lockage.cli.images import chosen, needed
from lockage.cli.options import project_option
from lockage.config.load import load_project
from lockage.console import Console, Step
from lockage.inspect.describe import Describer
from lockage.model.dist import DistDir
from lockage.model.sbom import Sbom
from lockage.report.live import console as make_console
from lockage.report.timings import timed
from lockage.tools.locked import Locked
from lockage.tools.several import several
from lockage.tools.syft import Syft

CONFIG = Path("sbom/syft.yaml")


@click.command("sbom")
@click.argument("names", nargs=-1)
@project_option
def command(names: tuple[str, ...], *, project_file: Path) -> None:
    """Write the SBOMs of what was built beside it in dist/: CycloneDX 1.6, SPDX 2.3, and a small package-level one.

    They are written only when the lock, the SBOM and the metadata inside agree on every Python package.

    NAMES are images, zips and layers of lockage.yaml; all of them by default.
    """
    console = make_console()
    project = load_project(project_file, files=False)
    root = project_file.parent
    dist = DistDir(root / "dist")
    with timed("sbom", dist, console):
        describe(chosen(names, tuple(project.built)), dist, root, console)


def describe(names: Sequence[str], dist: DistDir, root: Path, console: Console) -> None:
    """Write artifacts' SBOMs, a step each and several at once; those that stand are reused.

    Args:
        names: of the artifacts.
        dist: where they are.
        root: the project's folder, where its locks and Syft's configuration are.
        console: where the steps are shown.

    Raises:
        LockageError: as :meth:`lockage.inspect.describe.Describer.describe`.
    """
    describer = Describer(dist, root, Syft(Locked().path("syft"), needed(root / CONFIG)))

    def one(name: str) -> Sbom:
        with console.step(f"sbom {name}") as step:
            return _describe(describer, name, step)

    for name, sbom in zip(names, several(one, names), strict=True):
        if sbom.second_source:
            console.note(f"{name}: its SBOMs are good for rehearsals only: {sbom.second_source}")


def _describe(describer: Describer, name: str, step: Step) -> Sbom:
    standing = describer.standing(name)
    if standing is not None:
        step.reused("it, its lock, Syft and its configuration are the same")
        return standing
    sbom = describer.describe(name)
    system = f", {sbom.os_packages} of them the system's" if sbom.os_packages else ""
    step.made(f"{_count(sbom.packages)}{system}; lock, SBOM and metadata agree: {_count(sbom.agreed)}")
    return sbom


def _count(packages: int) -> str:
    return f"{packages or 'no'} package{'' if packages == 1 else 's'}"
