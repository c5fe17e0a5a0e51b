"""``lockage explain``: image, zip or layers, and why."""

import json
import tempfile
import zipfile
from datetime import UTC, datetime
from pathlib import Path

import click

from lockage import github
from lockage.cli.functions import hold_known
from lockage.cli.natives import inspection
from lockage.cli.options import project_option
from lockage.config.load import load_project
from lockage.errors import LockageError, UsageError
from lockage.inspect.native import LAYERS, TASK, NativeInspection, Root, Target, inspect_native
from lockage.inspect.native.systems import system_for
from lockage.model.dist import DistDir
from lockage.plan.packaging import measurements as measuring
from lockage.plan.packaging.compare import DEPLOYMENTS, beside, compare
from lockage.plan.packaging.decide import decide
from lockage.plan.packaging.gather import Gathered, Inspected, gather
from lockage.plan.packaging.parts import Parts, parts
from lockage.report import compare as comparing
from lockage.report import explain as explaining
from lockage.report.live import console as make_console

SYSTEM_TYPES = ("pkg:apk/", "pkg:deb/", "pkg:rpm/")


@click.command("explain")
@click.argument("function")
@click.option("--compare", "side_by_side", is_flag=True, help="Also put its packagings side by side, as measured.")
@project_option
def command(function: str, *, side_by_side: bool, project_file: Path) -> None:
    """Say whether FUNCTION should be an image, a zip or layered: which figures decide, and what would change that.

    Figures come from what stands in dist/, from git's last 30 days and from lockage.yaml; what nobody measured is
    named, and never guessed. Nothing is built and nothing is changed: packaging is declared.
    """
    project = load_project(project_file)
    hold_known(function, project)
    root = project_file.parent
    dist, made_of = DistDir(root / "dist"), parts(project, function)
    kept = measuring.kept(dist, function)
    gathered = gather(function, project, root, datetime.now(UTC), _inspected(made_of, dist), kept)
    decision = decide(gathered.facts)
    print(explaining.as_text(decision))
    github.add_summary(explaining.as_markdown(decision))
    if side_by_side:
        builds = gathered.facts.code_changes or DEPLOYMENTS
        comparison = compare(beside(function, kept, gathered.standing), builds)
        print(f"\n{comparing.as_text(comparison)}")
        github.add_summary(comparing.as_markdown(comparison))
    _tell(gathered, explaining.contradiction(decision))


def _tell(gathered: Gathered, contradiction: str) -> None:
    console = make_console()
    if gathered.unbuilt:
        names = " ".join(gathered.unbuilt)
        console.note(f"not built here, so not measured: {names}; build with: ./noxw -s build -- {names}")
    if contradiction:
        console.note(f"warning: {contradiction}")


def _inspected(made_of: Parts, dist: DistDir) -> Inspected:
    """What the artifacts in ``dist/`` tell; nothing of them where one is missing."""
    target = Target(python=made_of.runtime.removeprefix("python"), platform=made_of.platform)
    packages = _packages(made_of, dist)
    system = None if packages is None else sum(1 for purl in packages if purl.startswith(SYSTEM_TYPES))
    native = _native(made_of, dist, target)
    return Inspected(
        glibc=native[0],
        glibc_offered=_minor(system_for(target).glibc),
        native_objects=native[1],
        packages=None if packages is None else len(packages),
        os_packages=system,
    )


def _packages(made_of: Parts, dist: DistDir) -> set[str] | None:
    """Package URLs in the SBOMs of all artifacts; None where one has none."""
    documents = [dist.cyclonedx(name) for name in made_of.artifacts]
    if not all(path.is_file() for path in documents):
        return None
    components = (one for path in documents for one in json.loads(path.read_bytes()).get("components", []))
    return {one["purl"] for one in components if one.get("purl") and not one["purl"].startswith("pkg:oci/")}


def _native(made_of: Parts, dist: DistDir, target: Target) -> tuple[int | None, int | None]:
    """The highest GLIBC 2.x that what it runs from needs, and how many native objects that holds."""
    if made_of.declared == "image":
        image = dist.find_artifact(made_of.artifacts[0])
        try:
            return _figures(inspection(image, dist) if image else None)
        except LockageError:  # what cannot be read, or looked up, was not measured; `lockage check` says why
            return None, None
    archives = [dist.archive(name) for name in made_of.artifacts]
    if not all(path.is_file() for path in archives):
        return None, None
    with tempfile.TemporaryDirectory(prefix="lockage-explain-") as folder:
        roots = [Root(Path(folder, str(number)), LAYERS if number else TASK) for number in range(len(archives))]
        for root, archive in zip(roots, archives, strict=True):
            _unpack(archive, root.path)
        return _figures(inspect_native(roots, target))


def _figures(found: NativeInspection | None) -> tuple[int | None, int | None]:
    """None for what could not be told."""
    return (None if found.doubts else _minor(found.glibc), found.objects) if found else (None, None)


def _unpack(archive: Path, folder: Path) -> None:
    try:
        with zipfile.ZipFile(archive) as packed:
            packed.extractall(folder)
    except zipfile.BadZipFile as error:
        raise UsageError(
            f"{archive} cannot be unpacked",
            why=str(error),
            remedy=f"build it again: ./noxw -s build -- {archive.parent.name}",
        ) from error


def _minor(version: str) -> int:
    """``2.34`` as 34; 0 for none."""
    return int(version.partition(".")[2] or 0)
