"""Zips against ``sam build`` and against the floor, in one run, on the same functions and the same wheels.

The functions are ten with three distinct locks between them; one has the dashboard's packages (40 MB, 2,500 files).
Wheels are in both sides' caches before a clock starts. The floor is ``uv pip install --target`` and deflating what it
wrote with the fastest library. What belongs to a wheel (bytecode, compressed contents) is worked out once per wheel and
user; what that costs with an empty store is told apart. A clock counts whole processes, their start included.
"""

import os
import resource
import shutil
import sys
import tempfile
import zipfile
import zlib
from collections.abc import Callable
from functools import cache
from pathlib import Path

from isal import isal_zlib
from shared.ground import ROOT, edit, seconds, told
from uv import find_uv_bin

from lockage.config.load import load_project
from lockage.errors import UsageError
from lockage.tools.cache import cache_dir
from lockage.tools.process import run

SAM = "aws-sam-cli==1.170.0"
PYTHON = "3.13"
TARGET = ("--python-version", PYTHON, "--python-platform", "x86_64-manylinux_2_34", "--only-binary", ":all:")
ROUNDS = 5
LOCKS = {
    "web": ("fastapi==0.121.3", "mangum", "sse-starlette", "pydantic==2.12.4", "boto3==1.41.0"),
    "aws": ("boto3==1.41.0", "requests"),
    "data": ("pydantic==2.12.4", "httpx", "pyyaml"),
}
TEN = ("web", "aws", "data", "web", "aws", "data", "web", "aws", "data", "aws")
HEAVY = ("scipy", "fonttools", "pillow")
PUBLIC = {"HOME": os.environ.get("HOME"), "SAM_CLI_TELEMETRY": "0"}
_MEGA = 1_000_000


class Project:
    """Functions of the same content, declared for both sides.

    Args:
        root: gets the project.
        locks: a lock's name for every function.
    """

    def __init__(self, root: Path, locks: tuple[str, ...]) -> None:
        self.root, self.names = root, [f"f{number}" for number in range(len(locks))]
        for name, lock in zip(self.names, locks, strict=True):
            self._function(name, lock)
        root.joinpath("lockage.yaml").write_text(_declared(self.names))
        root.joinpath("template.yaml").write_text(_template(self.names))
        run(["git", "init", "--quiet", root])

    def _function(self, name: str, lock: str) -> None:
        folder = self.root / "functions" / name
        folder.mkdir(parents=True)
        shutil.copy(locked(lock), folder / "requirements.lock")
        pins = [line.split()[0] for line in locked(lock).read_text().splitlines() if "==" in line and line[0].isalnum()]
        (folder / "requirements.txt").write_text("\n".join(pins) + "\n")
        (folder / "handler.py").write_text('"""A handler."""\n\n\ndef handle(event, context):\n    return event\n')
        (folder / "probe.json").write_text("{}\n")

    def lockage(self, **environment: str) -> None:
        """``lockage build``, as a person runs it."""
        run([Path(sys.executable).with_name("lockage"), "build"], cwd=self.root, env=environment)

    def touch(self, mark: str) -> None:
        """Change one line of one function."""
        edit(self.root / "functions" / self.names[0] / "handler.py", mark)

    def archive(self) -> Path:
        """What ours made of the first function."""
        return self.root / "dist" / self.names[0] / "archive.zip"


def locked(name: str) -> Path:
    """A lock of this benchmark, made once per user."""
    path = cache_dir() / "bench" / f"{name}.lock"
    if not path.is_file():
        path.parent.mkdir(parents=True, exist_ok=True)
        asked = path.with_suffix(".in")
        asked.write_text("\n".join(LOCKS.get(name, HEAVY)) + "\n")
        run([find_uv_bin(), "pip", "compile", "--quiet", "--generate-hashes", "--no-emit-index-url", *TARGET, asked,
             "--output-file", path])  # fmt: skip
    return path


def sam() -> Path:
    """SAM's command line in an environment of its own, made once per user."""
    place = cache_dir() / "bench" / SAM
    if not (place / "bin" / "sam").is_file():
        run([find_uv_bin(), "venv", "--quiet", "--clear", place])
        run(
            [
                find_uv_bin(),
                "pip",
                "install",
                "--quiet",
                "--compile-bytecode",
                "--python",
                place / "bin" / "python",
                SAM,
            ]
        )
    return place / "bin" / "sam"


@cache
def python() -> Path:
    """A Python of the functions' runtime, which SAM wants on the path; the version manager's too, active or not."""
    name = f"python{PYTHON}"
    for found in (shutil.which(name), *Path.home().glob(f".pyenv/versions/{PYTHON}*/bin/{name}")):
        if found and run([found, "-c", ""], ok=tuple(range(256))).code == 0:
            return Path(found)
    raise UsageError(f"there is no {name}", why="sam build refuses to work without it", remedy=f"install {name}")


def sam_build(project: Project, *options: str) -> None:
    """``sam build``, with the Python of the functions' runtime first on the path, as SAM wants it."""
    path = os.pathsep.join([str(python().parent), os.environ["PATH"]])
    run([sam(), "build", "--template", "template.yaml", *options], cwd=project.root, env={**PUBLIC, "PATH": path})


def floor(project: Project, work: Path) -> None:
    """Install and deflate; nothing is even written as an archive."""
    target = work / "floor"
    shutil.rmtree(target, ignore_errors=True)
    lock = project.root / "functions" / project.names[0] / "requirements.lock"
    run([find_uv_bin(), "pip", "install", "--quiet", "--python", sys.executable, *TARGET, "--target", target,
         "--require-hashes", "--no-deps", "--requirements", lock])  # fmt: skip
    for path in target.rglob("*"):
        if path.is_file():
            packer = isal_zlib.compressobj(1, isal_zlib.DEFLATED, -15)
            packer.compress(path.read_bytes())
            packer.flush()


def fresh(project: Project) -> Callable[[], None]:
    """Nothing stands, so all is built; packs are kept."""

    def build() -> None:
        shutil.rmtree(project.root / "dist", ignore_errors=True)
        project.lockage()

    return build


def compare(work: Path) -> None:
    """Print every ratio."""
    one, ten = Project(work / "one", ("web",)), Project(work / "ten", TEN)
    empty = str(work / "empty-cache")
    print(f"empty store, wheels at hand: one zip {seconds(lambda: one.lockage(LOCKAGE_CACHE=empty)):.2f} s")
    for project in (one, ten):
        project.lockage()
        sam_build(project)
    ours, theirs, least = [], [], []
    for _ in range(ROUNDS):
        ours.append(seconds(fresh(one)))
        least.append(seconds(lambda: floor(one, work)))
        theirs.append(seconds(lambda: sam_build(one)))
    mine = told("one zip: lockage build", ours)
    ratio("packaging-one-zip-sam-to-ours", told("one zip: sam build", theirs) / mine)
    ratio("packaging-one-zip-ours-to-floor", mine / told("one zip: uv pip install, isal", least))
    ours = [seconds(fresh(ten)) for _ in range(ROUNDS)]
    mine = told("ten functions: lockage build", ours)
    theirs = [seconds(lambda: sam_build(ten, "--parallel")) for _ in range(2)]
    ratio("packaging-ten-sam-to-ours", told("ten functions: sam build --parallel", theirs) / mine)
    one_line(ten)
    sizes(one)


def one_line(ten: Project) -> None:
    """One line of one of ten, by turns."""
    sam_build(ten, "--parallel", "--cached")
    ours, theirs = [], []
    for number in range(3):
        ten.touch(f"for ours, round {number}")
        ours.append(seconds(ten.lockage))
        ten.touch(f"for sam, round {number}")
        theirs.append(seconds(lambda: sam_build(ten, "--parallel", "--cached")))
    mine = told("one line of one of ten: lockage build", ours)
    ratio("packaging-one-line-sam-to-ours", told("one line of one of ten: sam build --cached", theirs) / mine)


def sizes(project: Project) -> None:
    """The archive against what zlib makes of the same files at level 6, and the same versions on both sides."""
    with zipfile.ZipFile(project.archive()) as archive:
        packed = sum(one.compress_size for one in archive.infolist())
        zlibs = sum(len(zlib.compress(archive.read(one), 6, -15)) for one in archive.infolist())
        installed = {one.filename.split("/")[0] for one in archive.infolist() if ".dist-info/" in one.filename}
    ratio("packaging-size-ours-to-zlib-6", packed / zlibs)
    built = project.root / ".aws-sam" / "build" / "F0"
    others = {path.name for path in built.glob("*.dist-info")}
    if installed != others:
        raise UsageError("the two sides installed other versions", why=str(installed ^ others), remedy="mend the locks")
    print(f"both sides installed the same {len(installed)} packages")


def memory(work: Path) -> None:
    """The most memory that building a large zip takes, with an empty store; only this process's children count."""
    heavy = Project(work / "heavy", ("heavy",))
    project = load_project(heavy.root / "lockage.yaml")
    heavy.lockage(LOCKAGE_CACHE=str(work / "heavy-cache"))
    with zipfile.ZipFile(heavy.archive()) as archive:
        unpacked = sum(one.file_size for one in archive.infolist())
    most = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024
    print(f"memory for a package of {unpacked / _MEGA:.0f} MB ({project.project}): at most {most / _MEGA:.0f} MB")


def ratio(what: str, figure: float) -> None:
    """Print one result."""
    print(f"ratio {what} {figure:.2f}")


def _declared(names: list[str]) -> str:
    runtimes = load_project(ROOT / "lockage.yaml", files=False).runtimes
    zips = "".join(
        f"  {name}: {{requirements: functions/{name}/requirements.lock, sources: [functions/{name}], budget_mb: 262}}\n"
        for name in names
    )
    functions = "".join(
        f"  {name}: {{zip: {name}, handler: {name}.handler.handle, probe: functions/{name}/probe.json}}\n"
        for name in names
    )
    return (
        f"version: 1\nproject: bench\nruntimes:\n  python{PYTHON}: {runtimes[f'python{PYTHON}']}\nzips:\n{zips}"
        f"functions:\n{functions}registry: {{account: '222222222222', region: eu-central-1, store: bench-releases}}\n"
        "environments:\n  prod: {account: '222222222222', region: eu-central-1}\n"
    )


def _template(names: list[str]) -> str:
    functions = "".join(
        f"  F{name[1:]}:\n    Type: AWS::Serverless::Function\n    Properties:\n      CodeUri: functions/{name}/\n"
        f"      Handler: handler.handle\n      Runtime: python{PYTHON}\n      Architectures: [x86_64]\n"
        for name in names
    )
    return f"Transform: AWS::Serverless-2016-10-31\nResources:\n{functions}"


def main() -> None:
    """All of it."""
    with tempfile.TemporaryDirectory() as work:
        memory(Path(work))
        compare(Path(work))


if __name__ == "__main__":
    main()
