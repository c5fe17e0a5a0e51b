"""``lockage build``: images, zips and layers into ``dist/``."""

from pathlib import Path

import click

from lockage import github
from lockage.build.bases import Bases
from lockage.build.execute import execute
from lockage.build.image import Workshop
from lockage.build.packages import Packages
from lockage.build.packs import PackStore
from lockage.cli import handed
from lockage.cli.options import project_option
from lockage.config.load import load_project
from lockage.console import Console
from lockage.model.dist import DistDir
from lockage.plan.make import make_plan
from lockage.report.live import console as make_console
from lockage.report.timings import timed
from lockage.tools.buildx import Buildx, choose
from lockage.tools.cache import cache_dir
from lockage.tools.docker import Docker
from lockage.tools.locked import Locked
from lockage.tools.uv import Uv


@click.command("build")
@click.argument("names", nargs=-1)
@project_option
def command(names: tuple[str, ...], *, project_file: Path) -> None:
    """Build images, zips and layers into dist/, and what they are built upon; what stands with equal inputs is reused.

    NAMES are images, zips and layers of lockage.yaml; all of them by default. Prints a line an artifact: name and
    digest. In GitHub Actions the output `artifacts` tells a publisher what was built.
    """
    console = make_console()
    dist = DistDir(project_file.parent / "dist")
    with timed("build", dist, console):
        with console.step("plan"):
            plan = make_plan(project_file, names, Docker())
        artifacts = execute(plan, workshop(project_file, dist, console))
    for artifact in artifacts:
        print(f"{artifact.name} {artifact.digest}")
    github.set_output("artifacts", handed.told(dist, [artifact.name for artifact in artifacts]))


def workshop(project_file: Path, dist: DistDir, console: Console) -> Workshop:
    """What building takes, on this machine."""
    docker = Docker()
    buildx = Buildx(lambda: choose(docker.engine()))
    return Workshop(
        root=project_file.parent.resolve(),
        dist=dist,
        cache=cache_dir(),
        buildx=buildx,
        bases=Bases(docker, buildx, load_project(project_file).project),
        uv=Uv(),
        packages=Packages(PackStore(cache_dir() / "packs"), Uv()),
        tools=Locked(),
        console=console,
    )
