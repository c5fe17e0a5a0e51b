"""The reference functions in every packaging: starts, memory, bursts, builds, uploads, deployments, sizes, cost.

Prints them side by side and puts them into ``dist/packaging.json``, for ``lockage explain --compare``. With ``--page``
it also writes ``docs/explanation/figures.json`` and the page that is made of it; with ``--render`` it measures nothing
and makes the page again.
"""

import sys

sys.path.append(sys.path.pop(0))  # or packaging.py, which is beside this file, stands for the package of that name

import argparse
import tempfile
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import msgspec
from msgspec.structs import replace
from shared import data, page, variants
from shared.built import Builds
from shared.emulated import Starts, measure
from shared.ground import ROOT, edit, seconds
from shared.hosted import Hosted, hosted
from shared.variants import VARIANTS, Variant

from lockage.config.load import load_local, load_project
from lockage.console import Console
from lockage.model.dist import DistDir, write
from lockage.model.packaging import Burst, Change, Measured, Measurements
from lockage.plan.bases import find_base
from lockage.plan.packaging.compare import compare, percentile
from lockage.plan.packaging.measurements import keep
from lockage.report.compare import as_text
from lockage.tools.docker import Docker

CONTAINERS, AGAIN = 16, 5
"""Cold starts a function, and warm ones in each of its containers."""
CHANGES = 3
CALLS = 20
"""At one moment."""
DATA, PAGE = ROOT / "docs/explanation/figures.json", ROOT / "docs/explanation/figures.md"


class Served(msgspec.Struct, frozen=True, kw_only=True):
    """What one function did in the embedded AWS."""

    upload_s: float
    sent: int
    """Bytes, for a changed line."""
    changes: tuple[Change, ...]
    burst: Burst


def measure_all(work: Path, console: Console) -> tuple[Measurements, ...]:
    """Everything, one after another: nothing that is measured runs beside anything else."""
    root = work / "project"
    variants.make(root)
    file = root / "lockage.yaml"
    builds = Builds(file, console)
    builds.all()
    build_s = {one.name: round(builds.without_cache(one), 3) for one in VARIANTS}
    builds.describe()
    sizes = {one.name: builds.measured(one) for one in VARIANTS}
    with console.step("cold and warm starts"):
        starts = measure(file, VARIANTS, CONTAINERS, AGAIN, Docker())
    with console.step("uploads, deployments, bursts"), hosted(file, work) as aws:
        served = serve(aws, root, builds)
    columns = {
        name: _column(replace(one, build_s=build_s[name]), starts[name], served[name]) for name, one in sizes.items()
    }
    return together(columns, setting(file).words)


def serve(aws: Hosted, root: Path, builds: Builds) -> dict[str, Served]:
    """Upload everything, deploy it once, then change it a few times, by turns, and at last call it."""
    upload_s = {one.name: seconds(partial(aws.upload, one.name)) for one in VARIANTS}
    aws.make_functions()
    for one in VARIANTS:
        aws.deploy(one)
    sent: dict[str, int] = {}
    changes: dict[str, list[Change]] = {one.name: [] for one in VARIANTS}
    for number in range(CHANGES):
        for handler in dict.fromkeys(one.handler for one in VARIANTS):
            edit(root / handler, f"round {number}")
        for one in VARIANTS:
            change, sent[one.name] = _changed(one, aws, builds)
            changes[one.name].append(change)
    bursts = {one.name: aws.burst(one, CALLS) for one in VARIANTS}
    return {
        name: Served(upload_s=round(taken, 3), sent=sent[name], changes=tuple(changes[name]), burst=bursts[name])
        for name, taken in upload_s.items()
    }


def _changed(variant: Variant, aws: Hosted, builds: Builds) -> tuple[Change, int]:
    """A line is another one already: from here to the alias, and the bytes that were sent."""
    sent: list[int] = []
    change = Change(
        build_s=round(builds.again(variant), 3),
        upload_s=round(seconds(lambda: sent.append(aws.upload(variant.name))), 3),
        deploy_s=round(seconds(partial(aws.deploy, variant)), 3),
    )
    return change, sum(sent)


def _column(sizes: Measured, starts: Starts, served: Served) -> Measured:
    return replace(
        sizes,
        change=served.sent,
        cold_starts_ms=starts.cold_ms,
        warm_starts_ms=starts.warm_ms,
        memory_mb=starts.memory_mb,
        burst=served.burst,
        upload_s=served.upload_s,
        changes=served.changes,
    )


def together(columns: Mapping[str, Measured], words: str) -> tuple[Measurements, ...]:
    """By function."""
    return tuple(
        Measurements(
            function=function,
            measured=tuple(columns[one.name] for one in VARIANTS if one.function == function),
            setting=words,
        )
        for function in dict.fromkeys(one.function for one in VARIANTS)
    )


def setting(project_file: Path) -> data.Setting:
    """What this machine and its engine are."""
    docker = Docker()
    machine, engine = docker.machine(), docker.engine()
    [reference] = load_project(project_file).runtimes.values()
    base = find_base(reference, load_local(project_file), docker)
    return data.Setting(
        cpus=machine.cpus,
        memory=machine.memory,
        platform=machine.platform,
        engine=engine.version,
        runtime=reference,
        runtime_digest=base.digest,
        stands_in=bool(base.second_source),
    )


def hold_bursts(functions: tuple[Measurements, ...]) -> None:
    """Hold that every call of every burst was answered.

    Raises:
        SystemExit: one timed out or failed.
    """
    bursts = {f"{one.function} as {column.packaging}": column.burst for one in functions for column in one.measured}
    unanswered = [name for name, burst in bursts.items() if burst and (burst.errors or burst.timeouts)]
    if unanswered:
        raise SystemExit(f"missed: of a burst of calls some were not answered by {', '.join(unanswered)}")


def tell(functions: tuple[Measurements, ...]) -> None:
    """Print all of it, put it where explaining looks, and say how much later an image starts."""
    dist = DistDir(ROOT / "dist")
    for one in functions:
        keep(dist, one)
        print(f"{as_text(compare(one))}\n")
    starts = {column.packaging: percentile(column.cold_starts_ms, 50) for column in functions[0].measured}
    for way in ("image", "layers"):
        print(f"ratio figures-cold-start-{way}-to-zip {(starts[way] or 0) / (starts['zip'] or 1):.2f}")


def main() -> None:
    """Measure, or make the page again."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--page", action="store_true", help="also write the data and the page of the documentation")
    parser.add_argument("--render", action="store_true", help="only make the page again, from the data that is there")
    asked = parser.parse_args()
    if not asked.render:
        with tempfile.TemporaryDirectory() as work:
            functions = measure_all(Path(work), Console())
        tell(functions)
        hold_bursts(functions)
        if asked.page:
            today = datetime.now(UTC).date().isoformat()
            data.keep(DATA, data.Figures(date=today, setting=setting(ROOT / "lockage.yaml"), functions=functions))
    if asked.render or asked.page:
        write(PAGE, page.render(data.read(DATA)).encode())


if __name__ == "__main__":
    main()
