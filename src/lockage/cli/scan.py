"""``lockage scan``: the gate on the command line."""

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import get_args

import click

from lockage import github
from lockage.cli import sbom
from lockage.cli.images import chosen, needed
from lockage.cli.options import project_option
from lockage.config.load import load_project
from lockage.console import Console, Step
from lockage.errors import Inconclusive, UsageError
from lockage.gate import selftest, views
from lockage.gate.database import Choice, Databases, Prepared, read_handed
from lockage.gate.findings import Unreadable
from lockage.gate.fixture import Fixture
from lockage.gate.policy import SCANNER_CONFIG, Policy
from lockage.gate.policy import read as read_policy
from lockage.gate.refusal import Ruling, refusal
from lockage.gate.scan import Gate
from lockage.gate.subject import is_described
from lockage.gate.trees import lay_out
from lockage.model.dist import DistDir
from lockage.report.live import console as make_console
from lockage.report.timings import timed
from lockage.tools.cache import cache_dir
from lockage.tools.locked import Locked
from lockage.tools.several import several
from lockage.tools.trivy import Trivy

ADVISORIES = Path("sbom/fixture-advisories.yaml")

_folder = click.Path(path_type=Path, file_okay=False)


@click.command("scan")
@click.argument("names", nargs=-1)
@project_option
@click.option(
    "--database",
    type=click.Choice(get_args(Choice)),
    default="auto",
    show_default=True,
    help="Which vulnerability database serves; auto takes the fixture where the published one is out of reach.",
)
@click.option(
    "--findings",
    type=_folder,
    help="Scan nothing: decide from FOLDER/<name>/findings.json, which another step wrote. Needs --cache.",
)
@click.option("--cache", type=_folder, help="The Trivy cache folder whose database those findings were made with.")
@click.option(
    "--prepare",
    is_flag=True,
    help="Only make ready what another step scans with and scans: print the database's Trivy cache folder, and a line "
    "for each zip and layer, its name and the folder it was unpacked into.",
)
def command(
    names: tuple[str, ...],
    *,
    project_file: Path,
    database: Choice,
    findings: Path | None,
    cache: Path | None,
    prepare: bool,
) -> None:
    """Scan what was built and decide: pass, fail (exit code 10) or inconclusive (11).

    NAMES are images, zips and layers of lockage.yaml; all of them by default. Each one's findings.json and verdict.json
    are written beside it in dist/, and the findings that block are printed. A zip or layer without SBOMs of its own
    gets them first: they say what the scanner should have seen.
    """
    if (findings is None) != (cache is None):
        raise UsageError(
            "--findings and --cache belong together",
            why="a verdict names the database it rests on, so it must be the one that the findings were made with",
            remedy="give both, or neither",
        )
    console = make_console()
    project = load_project(project_file, files=False)
    root = project_file.parent
    dist = DistDir(root / "dist")
    with timed("scan", dist, console):
        trivy = Trivy(Locked().path("trivy"), needed(root / SCANNER_CONFIG))
        policy = read_policy(project, root)
        selftest.prove(policy)
        prepared = (
            Prepared(cache=cache, facts=read_handed(cache, _databases()))
            if cache
            else _database(trivy, root, policy, database, console)
        )
        meant = chosen(names, tuple(project.built))
        if prepare:
            _hand_over(prepared, dist, [name for name in meant if name not in project.images])
            return
        if findings is None:
            _describe(meant, dist, root, console)
        gate = Gate(dist, trivy, prepared, policy, _now)
        rulings = _examine(gate, meant, findings, console)
    _show(rulings)
    stop = refusal(rulings, project.gate.exceptions)
    if stop:
        raise stop


def _hand_over(prepared: Prepared, dist: DistDir, archives: Sequence[str]) -> None:
    """Tell others where the database and the trees are: on standard output, and to later steps of a GitHub job."""
    if isinstance(prepared.facts, Unreadable):
        raise Inconclusive(
            "no vulnerability database could be made ready",
            why=prepared.facts.reason,
            remedy="connect this machine, or give the project a fixture: sbom/fixture-advisories.yaml",
        )
    print(prepared.cache.absolute())
    github.set_output("cache", str(prepared.cache.absolute()))
    for name, tree in lay_out(dist, archives):
        print(name, tree.absolute())
        github.set_output(f"tree-{name}", str(tree.absolute()))


def _describe(names: Sequence[str], dist: DistDir, root: Path, console: Console) -> None:
    """Write the SBOMs that the gate cannot do without; where findings are handed over, so are they."""
    missing = [name for name in names if not is_described(dist.read_artifact(name), dist.cyclonedx(name))]
    if missing:
        sbom.describe(missing, dist, root, console)


def _examine(gate: Gate, names: Sequence[str], findings: Path | None, console: Console) -> list[Ruling]:
    """All artifacts, also after one that is stopped: one run names everything there is to mend."""

    def one(name: str) -> Ruling:
        with console.step(f"scan {name}") as step:
            return _rule(gate, name, findings, step)

    return several(one, names)


def _rule(gate: Gate, name: str, findings: Path | None, step: Step) -> Ruling:
    if findings is None and (standing := gate.standing(name)):
        step.reused(f"it, Trivy, its database and the policy are the same: {standing.verdict.outcome}")
        return standing
    ruling = gate.judge(name, findings / name / "findings.json") if findings else gate.examine(name)
    step.made(ruling.verdict.outcome)
    return ruling


def _show(rulings: Sequence[Ruling]) -> None:
    for ruling in rulings:
        print(views.summary(ruling.name, ruling.verdict))
        if ruling.verdict.blocking:
            print(views.blocking_table(ruling.verdict))
        github.add_summary(views.markdown(ruling.name, ruling.verdict))


def _database(trivy: Trivy, root: Path, policy: Policy, choice: Choice, console: Console) -> Prepared:
    cache = _databases()
    fixture = Fixture(root / ADVISORIES, Locked().lock.folder / "trivy-fixtures", cache)
    return Databases(cache, trivy, fixture.build, console, _now).prepare(choice, policy.max_age)


def _databases() -> Path:
    return cache_dir() / "trivy"


def _now() -> datetime:
    return datetime.now(UTC)
