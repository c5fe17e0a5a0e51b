"""One zip with a package, built by a process of its own that has its own ways.

The module is that process's program: ``python -m fakes.elsewhere PROJECT WHEEL``, its ways on standard input.
"""

import concurrent.futures.thread  # noqa: F401 - before the process becomes somebody who may not read it
import json
import os
import subprocess
import sys
import time
import zipfile
from pathlib import Path

import msgspec

from fakes import recipes
from fakes.builder import FakeBuildx, workshop
from lockage.build.execute import execute
from lockage.errors import LockageError
from lockage.plan.gather import SCRIPTS
from lockage.plan.recipe import Lock
from lockage.tools.buildx import Export
from lockage.tools.index import Index
from lockage.tools.process import run
from lockage.tools.uv import Uv

NOBODY = 65534
_DAY = 86_400


class Ways(msgspec.Struct, frozen=True, kw_only=True):
    """What a machine may have of its own."""

    umask: int = 0o022
    days: int = 0
    """How far its clock is ahead."""
    user: int | None = None
    """Whom the process becomes once it has imported everything. Nobody may have no right to run this Python, so then
    nothing is run: the wheel is unpacked, and bytecode made up, by the process itself."""
    closed: str = ""
    """A file of the project that nobody may read any more once the plan stands."""


def build(project: Path, wheel: Path, ways: Ways, **surroundings: str) -> str:
    """What the zip is, as ``artifact.json`` has it; else the error as people read it."""
    done = subprocess.run(  # noqa: S603 - this very module
        [sys.executable, "-m", "fakes.elsewhere", str(project), str(wheel)],
        input=msgspec.json.encode(ways),
        cwd=project,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[1]), **surroundings},
        capture_output=True,
        check=False,
    )
    return (done.stdout or done.stderr).decode()


class _Compiles(FakeBuildx):
    """Has this machine's Python do what the runtime's does in a container."""

    def export(self, export: Export) -> None:
        run([sys.executable, SCRIPTS / "wheels.py", export.contexts["trees"], export.output])


class _Unzips(Uv):
    """Unpacks the one wheel, which it opens at once."""

    def __init__(self, wheel: Path) -> None:
        self._wheel = zipfile.ZipFile(wheel)

    def install(self, lock: Path, into: Path, *, python: str, platform: str, index: Index | None = None) -> None:
        del lock, python, platform, index
        for member in self._wheel.infolist():
            path = Path(self._wheel.extract(member, into))
            path.chmod(path.stat().st_mode | (member.external_attr >> 16) & 0o111)


def _main(project: Path, wheel: Path, ways: Ways) -> int:
    now = time.time
    time.time = lambda: now() + ways.days * _DAY
    os.umask(ways.umask)
    runs = ways.user is None
    shop = workshop(project, _Compiles() if runs else FakeBuildx(), uv=Uv() if runs else _Unzips(wheel))
    plan = recipes.plan_of(project, recipes.archive(lock=Lock(path="requirements.lock", digest="")))
    if ways.closed:
        (project / ways.closed).chmod(0)
    if ways.user is not None:
        os.setgroups([])
        os.setgid(ways.user)
        os.setuid(ways.user)
    try:
        [artifact] = execute(plan, shop)
    except LockageError as error:
        sys.stderr.write(error.render())
        return 1
    sys.stdout.write(json.dumps(msgspec.to_builtins(artifact)))
    return 0


if __name__ == "__main__":
    sys.exit(_main(Path(sys.argv[1]), Path(sys.argv[2]), msgspec.json.decode(sys.stdin.buffer.read(), type=Ways)))
