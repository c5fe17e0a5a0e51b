"""The same functions for both sides: ours and SAM's command line, on the same wheels."""

import os
import shutil
import sys
from functools import cache
from pathlib import Path

from uv import find_uv_bin

from lockage.config.load import load_project
from lockage.errors import UsageError
from lockage.report import timings
from lockage.tools.cache import cache_dir
from lockage.tools.process import run
from shared.ground import ROOT, edit

SAM = "aws-sam-cli==1.170.0"
PYTHON = "3.13"
TARGET = ("--python-version", PYTHON, "--python-platform", "x86_64-manylinux_2_34", "--only-binary", ":all:")
LOCKS = {
    "web": ("fastapi==0.121.3", "mangum", "sse-starlette", "pydantic==2.12.4", "boto3==1.41.0"),
    "aws": ("boto3==1.41.0", "requests"),
    "data": ("pydantic==2.12.4", "httpx", "pyyaml"),
    "heavy": ("scipy==1.16.3", "numpy==2.3.5", "pillow==12.0.0", "fonttools==4.61.0"),
}
PUBLIC = {"HOME": os.environ.get("HOME"), "SAM_CLI_TELEMETRY": "0"}
LOCKAGE = Path(sys.executable).with_name("lockage")


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
        run([LOCKAGE, "build"], cwd=self.root, env=environment)

    def bytecode_seconds(self) -> float:
        """How long the last build compiled bytecode."""
        steps = timings.read(self.root / "dist" / "timings.json").verbs["build"].steps
        return sum(step.seconds for step in steps if step.name == "bytecode")

    def sam(self, *options: str, **environment: str) -> None:
        """``sam build``, with the Python of the functions' runtime first on the path, as SAM wants it."""
        path = os.pathsep.join([str(python().parent), os.environ["PATH"]])
        run(
            [sam(), "build", "--template", "template.yaml", *options],
            cwd=self.root,
            env={**PUBLIC, "PATH": path, **environment},
        )

    def clear(self) -> None:
        """Nothing stands on either side; what each keeps elsewhere stays."""
        for made in ("dist", ".aws-sam/build", ".aws-sam/build.toml"):
            _remove(self.root / made)

    def touch(self, mark: str) -> None:
        """Change one line of one function."""
        edit(self.root / "functions" / self.names[0] / "handler.py", mark)

    def archive(self, name: str) -> Path:
        """What ours made of a function."""
        return self.root / "dist" / name / "archive.zip"

    def built_by_sam(self, name: str) -> Path:
        """What SAM made of a function: a folder."""
        return self.root / ".aws-sam" / "build" / name.upper()

    def lock(self, name: str) -> Path:
        """A function's lock."""
        return self.root / "functions" / name / "requirements.lock"


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def locked(name: str) -> Path:
    """A lock of these benchmarks, made once per user."""
    path = cache_dir() / "bench" / f"{name}.lock"
    asked = path.with_suffix(".in")
    text = "\n".join(LOCKS[name]) + "\n"
    if not path.is_file() or asked.read_text() != text:
        path.parent.mkdir(parents=True, exist_ok=True)
        asked.write_text(text)
        run([find_uv_bin(), "pip", "compile", "--quiet", "--generate-hashes", "--no-emit-index-url", *TARGET, asked,
             "--output-file", path])  # fmt: skip
    return path


@cache
def sam() -> Path:
    """SAM's command line in an environment of its own, made once per user."""
    place = cache_dir() / "bench" / SAM
    if not (place / "bin" / "sam").is_file():
        uv = find_uv_bin()
        run([uv, "venv", "--quiet", "--clear", place])
        run([uv, "pip", "install", "--quiet", "--compile-bytecode", "--python", place / "bin" / "python", SAM])
    return place / "bin" / "sam"


@cache
def python() -> Path:
    """A Python of the functions' runtime, which SAM wants on the path; the version manager's too, active or not."""
    name = f"python{PYTHON}"
    for found in (shutil.which(name), *Path.home().glob(f".pyenv/versions/{PYTHON}*/bin/{name}")):
        if found and run([found, "-c", ""], ok=tuple(range(256))).code == 0:
            return Path(found)
    raise UsageError(f"there is no {name}", why="sam build refuses to work without it", remedy=f"install {name}")


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
        f"  {name.upper()}:\n    Type: AWS::Serverless::Function\n    Properties:\n"
        f"      CodeUri: functions/{name}/\n      Handler: handler.handle\n      Runtime: python{PYTHON}\n"
        "      Architectures: [x86_64]\n"
        for name in names
    )
    return f"Transform: AWS::Serverless-2016-10-31\nResources:\n{functions}"
