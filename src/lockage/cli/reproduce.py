"""``lockage reproduce``: the same inputs, the same bytes, shown."""

import shutil
import tempfile
from pathlib import Path

import click
import msgspec

from lockage.build.reproduce import rebuild, reproduce
from lockage.cli.build import workshop
from lockage.cli.options import project_option
from lockage.cli.originals import Released, Remote
from lockage.config.load import LOCAL_NAME, load_project
from lockage.config.schema import Project
from lockage.console import Console
from lockage.errors import UsageError
from lockage.model.dist import DistDir
from lockage.model.ids import Digest, release_id
from lockage.model.release import Release
from lockage.plan.make import make_plan
from lockage.report.live import console as make_console
from lockage.report.timings import timed
from lockage.tools.docker import Docker
from lockage.tools.git import Git


@click.command("reproduce")
@click.argument("names", nargs=-1)
@click.option(
    "--release", "reference", help="Rebuild this release instead: its id, or a file such as dist/release.json."
)
@project_option
def command(names: tuple[str, ...], *, reference: str | None, project_file: Path) -> None:
    """Build artifacts twice without cache, from two directories, and compare their digests.

    NAMES are images, zips and layers of lockage.yaml; all of them by default. What stands in dist/ with equal inputs is
    compared too. With --release, what that release holds is built once from its commit and compared with its digests;
    an id is looked up in the release store. On a difference the first file that differs is named, and what such a
    difference likely comes of; a released artifact that does not stand in dist/ is fetched for that. Whatever is made
    is made anew; what is fetched by hash may come from this machine's caches. Prints a line an artifact: name, digest,
    equal.
    """
    console = make_console()
    dist = DistDir(project_file.parent / "dist")
    with timed("reproduce", dist, console):
        if reference is None:
            found = _tree(names, project_file, dist, console)
        else:
            _hold_no_names(names)
            remote = Remote(project_file)
            found = _released(_read(reference, remote), remote, project_file, console)
    for name, digest in found.items():
        print(f"{name} {digest} equal")


def _tree(names: tuple[str, ...], project_file: Path, dist: DistDir, console: Console) -> dict[str, Digest]:
    with console.step("plan"):
        plan = make_plan(project_file, names, Docker())
    artifacts = reproduce(plan, workshop(project_file, dist, console))
    return {artifact.name: artifact.digest for artifact in artifacts}


def _released(release: Release, remote: Remote, project_file: Path, console: Console) -> dict[str, Digest]:
    if release.dirty:
        raise UsageError(
            f"release {release.id[:12]} cannot be built again",
            why=f"its tree held changes that the commit {release.commit[:12]} does not, and nobody has them",
            remedy="commit before you release: then anyone can build it again",
        )
    with tempfile.TemporaryDirectory(prefix="lockage-release-") as place:
        file = Git(project_file.parent).clone(release.commit, Path(place) / "tree") / project_file.name
        _take_local(project_file, file)
        with console.step("plan"):
            wanted = held(release, load_project(file))
            plan = make_plan(file, tuple(wanted), Docker())
        standing, fetched = DistDir(project_file.parent / "dist"), DistDir(Path(place) / "released")
        originals = Released(release, standing, fetched, remote, console)
        rebuild(plan, workshop(file, DistDir(file.parent / "dist"), console), wanted, originals)
    return wanted


def held(release: Release, project: Project) -> dict[str, Digest]:
    """What a release holds: artifact → digest.

    Args:
        release: the manifest.
        project: as its commit declares it.
    """
    functions = {project.runs(one.name): one.artifact for one in release.functions}
    return {**{one.name: one.artifact for one in release.layers}, **functions}


def _read(reference: str, remote: Remote) -> Release:
    path = Path(reference)
    if not path.is_file():
        release = release_id(reference)
        return remote.store.release(release)
    try:
        return msgspec.json.decode(path.read_bytes(), type=Release)
    except msgspec.DecodeError as error:
        raise UsageError(
            f"{path} is not a release", why=str(error), remedy="name a release's manifest, or its id of 64 hex digits"
        ) from error


def _take_local(project_file: Path, clone: Path) -> None:
    """This machine's own configuration is no part of any commit."""
    local = project_file.with_name(LOCAL_NAME)
    if local.is_file():
        shutil.copy(local, clone.with_name(LOCAL_NAME))


def _hold_no_names(names: tuple[str, ...]) -> None:
    if names:
        raise UsageError(
            "a release is built again as a whole",
            why=f"--release and the names {', '.join(names)} were given",
            remedy="leave the names out, or leave --release out",
        )
