"""Zips against ``sam build`` and against the floor, in one run, on the same functions and the same wheels.

The functions are ten with three distinct locks between them; one has the dashboard's packages (40 MB, 2,500 files).
Wheels are in both sides' caches before a clock starts, and what an earlier round made is gone. The floor is ``uv pip
install --target`` and deflating what it wrote with the fastest library. What belongs to a wheel (bytecode, compressed
contents) is worked out once per wheel and user; what that costs with an empty store is told apart, and so is what SAM's
``--cached`` costs with nothing cached. A clock counts whole processes, their start included.

Ends with an exit code other than 0 if a figure is not within its limit, when all have been printed.
"""

import shutil
import sys
import tempfile
import zipfile
import zlib
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import NamedTuple

from isal import isal_zlib
from shared.ground import seconds, told
from shared.limits import Figures, at_least, at_most
from shared.memory import most_memory
from shared.sides import LOCKAGE, TARGET, Project
from uv import find_uv_bin

from lockage.errors import UsageError
from lockage.tools.process import run

ONE_ROUNDS = 5
ROUNDS = 3
TEN = ("web", "aws", "data", "web", "aws", "data", "web", "aws", "data", "aws")
MEMORY_MB = 300
HEAVY_MB = (240, 262)
"""What a package of about 250 MB weighs; Lambda takes 262."""
_MEGA = 1_000_000

LIMITS = {
    "packaging-memory-of-its-300-mb": at_most(1),
    "packaging-one-zip-sam-to-ours": at_least(8),
    "packaging-one-zip-ours-to-floor": at_most(1.5),
    "packaging-ten-sam-to-ours": at_least(25),
    "packaging-one-line-sam-to-ours": at_least(25),
    **{f"packaging-size-of-{lock}-ours-to-zlib-6": at_most(1.03) for lock in dict.fromkeys(TEN)},
}


class Side(NamedTuple):
    """One of those that are compared."""

    name: str
    before: Callable[[], object]
    """What is done before the clock starts."""
    work: Callable[[], object]


def by_turns(what: str, rounds: int, *sides: Side) -> list[float]:
    """Measure every side once a round, so that a busy machine is busy for all of them; each one's median."""
    times: dict[str, list[float]] = {side.name: [] for side in sides}
    for _ in range(rounds):
        for side in sides:
            side.before()
            times[side.name].append(seconds(side.work))
    return [told(f"{what}: {name}", found) for name, found in times.items()]


def memory(work: Path, figures: Figures) -> None:
    """The most memory that a package of about 250 MB takes, with an empty store.

    That of Lockage and all that it starts; the engine, whose container compiles bytecode, is not its child.
    """
    heavy = Project(work / "heavy", ("heavy",))
    most = most_memory([LOCKAGE, "build"], cwd=heavy.root, env={"LOCKAGE_CACHE": str(work / "heavy-cache")})
    with zipfile.ZipFile(heavy.archive("f0")) as archive:
        unpacked = sum(one.file_size for one in archive.infolist()) / _MEGA
    if not HEAVY_MB[0] <= unpacked <= HEAVY_MB[1]:
        raise UsageError(
            f"the heavy package weighs {unpacked:.0f} MB",
            why="what is promised is promised of about 250 MB",
            remedy="choose other packages for it",
        )
    print(f"memory for a package of {unpacked:.0f} MB: at most {most / _MEGA:.0f} MB in Lockage and all it starts")
    figures.ratio("packaging-memory-of-its-300-mb", most / _MEGA / MEMORY_MB)


def empty(what: str, project: Project, work: Path) -> None:
    """Tell what an empty store costs, and how much of that is compiling bytecode."""
    whole, bytecode = [], []
    for number in range(ROUNDS):
        project.clear()
        store = str(work / f"{project.root.name}-cache-{number}")
        whole.append(seconds(partial(project.lockage, LOCKAGE_CACHE=store)))
        bytecode.append(project.bytecode_seconds())
    told(f"{what}: lockage build, empty store", whole)
    told(f"{what}: of that, compiling bytecode", bytecode)
    project.clear()
    nowhere = {name: str(work / f"{project.root.name}-{name}") for name in ("LOCKAGE_CACHE", "UV_CACHE_DIR")}
    told(f"{what}: lockage build, empty store, no wheel", [seconds(partial(project.lockage, **nowhere))])
    pips = str(work / f"{project.root.name}-pip")
    told(f"{what}: sam build, no wheel", [seconds(partial(project.sam, PIP_CACHE_DIR=pips))])


def one_zip(one: Project, work: Path, figures: Figures) -> None:
    """One function, against SAM and against the floor."""
    target = work / "floor"
    ours, least, theirs = by_turns(
        "one zip",
        ONE_ROUNDS,
        Side("lockage build", one.clear, one.lockage),
        Side("uv pip install, isal", lambda: shutil.rmtree(target, ignore_errors=True), lambda: floor(one, target)),
        Side("sam build", one.clear, one.sam),
    )
    figures.ratio("packaging-one-zip-sam-to-ours", theirs / ours)
    figures.ratio("packaging-one-zip-ours-to-floor", ours / least)


def floor(project: Project, target: Path) -> None:
    """Install and deflate; nothing is even written as an archive."""
    run([find_uv_bin(), "pip", "install", "--quiet", "--python", sys.executable, *TARGET, "--target", target,
         "--require-hashes", "--no-deps", "--requirements", project.lock("f0")])  # fmt: skip
    for path in target.rglob("*"):
        if path.is_file():
            packer = isal_zlib.compressobj(1, isal_zlib.DEFLATED, -15)
            packer.compress(path.read_bytes())
            packer.flush()


def ten_zips(ten: Project, figures: Figures) -> None:
    """Ten functions."""
    ours, theirs = by_turns(
        "ten functions",
        ROUNDS,
        Side("lockage build", ten.clear, ten.lockage),
        Side("sam build --parallel", ten.clear, lambda: ten.sam("--parallel")),
    )
    figures.ratio("packaging-ten-sam-to-ours", theirs / ours)


def one_line(ten: Project, figures: Figures) -> None:
    """One line of one of ten."""
    cached = ("--parallel", "--cached")
    told("ten functions: sam build, nothing cached", [seconds(lambda: ten.sam(*cached))])
    ten.lockage()
    marks = (f"round {number}" for number in range(2 * ROUNDS))
    ours, theirs = by_turns(
        "one line of one of ten",
        ROUNDS,
        Side("lockage build", lambda: ten.touch(next(marks)), ten.lockage),
        Side("sam build --cached", lambda: ten.touch(next(marks)), lambda: ten.sam(*cached)),
    )
    figures.ratio("packaging-one-line-sam-to-ours", theirs / ours)


def sizes(ten: Project, figures: Figures) -> None:
    """Of every lock: the archive against what zlib makes of the same files at level 6, and the same versions."""
    for lock in dict.fromkeys(TEN):
        name = ten.names[TEN.index(lock)]
        with zipfile.ZipFile(ten.archive(name)) as archive:
            packed = sum(one.compress_size for one in archive.infolist())
            zlibs = sum(len(zlib.compress(archive.read(one), 6, -15)) for one in archive.infolist())
            installed = {one.filename.split("/")[0] for one in archive.infolist() if ".dist-info/" in one.filename}
        figures.ratio(f"packaging-size-of-{lock}-ours-to-zlib-6", packed / zlibs)
        others = {path.name for path in ten.built_by_sam(name).glob("*.dist-info")}
        if not installed or installed != others:
            raise UsageError(
                f"of {lock}, the two sides installed other versions",
                why=", ".join(sorted(installed ^ others)) or "neither installed any",
                remedy="mend the lock",
            )
        print(f"of {lock}, both sides installed the same {len(installed)} packages in the same versions")


def main() -> None:
    """All of it."""
    figures = Figures(LIMITS)
    with tempfile.TemporaryDirectory() as place:
        work = Path(place)
        memory(work, figures)
        one, ten = Project(work / "one", ("web",)), Project(work / "ten", TEN)
        for project in (one, ten):  # from now on all wheels are at hand
            project.lockage()
            project.sam("--parallel")
        empty("one zip", one, work)
        empty("ten functions", ten, work)
        print("sam build keeps nothing but wheels, unless --cached; that with nothing cached is told below")
        one_zip(one, work, figures)
        ten_zips(ten, figures)
        one_line(ten, figures)
        sizes(ten, figures)
    figures.hold()


if __name__ == "__main__":
    main()
