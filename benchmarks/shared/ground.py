"""The ground that both sides of a comparison stand on: a project to change, a registry to push to, a clock."""

import shutil
import socket
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import Any
from uuid import uuid4

import msgspec

from lockage.tools.crane import Crane, Login
from lockage.tools.locked import Locked
from lockage.tools.process import Running, run

ROOT = Path(__file__).parents[2]
LOCKAGE = Path(sys.executable).with_name("lockage")
HANDLER = Path("functions/remediator/handler.py")
PLATFORM = "platform"
_START_SECONDS = 10


def copy_project(into: Path) -> None:
    """This repository's own project, in a git tree of its own."""
    into.mkdir(parents=True)
    for folder in ("images", "functions", "layers"):
        shutil.copytree(ROOT / folder, into / folder, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "lockage.yaml", into)
    run(["git", "init", "--quiet", into])


def copy_platform(into: Path) -> dict[str, Any]:
    """The project with the platform's image and its functions alone; what its lockage.yaml declares."""
    copy_project(into)
    declared = platform_alone(msgspec.yaml.decode((into / "lockage.yaml").read_bytes()))
    declare(into, declared)
    return declared


def platform_alone(declared: dict[str, Any]) -> dict[str, Any]:
    """Of what a lockage.yaml declares: base, platform, and the functions that run it."""
    images = {name: declared["images"][name] for name in ("base", PLATFORM)}
    functions = {name: one for name, one in declared["functions"].items() if one.get("image") == PLATFORM}
    rest = {key: value for key, value in declared.items() if key not in {"layers", "zips"}}
    return {**rest, "images": images, "functions": functions}


def declare(root: Path, declared: dict[str, Any]) -> None:
    """Write a project's lockage.yaml."""
    (root / "lockage.yaml").write_bytes(msgspec.json.encode(declared))  # JSON is YAML too


def build(root: Path, *names: str) -> None:
    """``lockage build``, as a person runs it."""
    run([LOCKAGE, "build", *names], cwd=root)


def edit(file: Path, mark: str) -> None:
    """Change one line: the file's first, into one that no earlier run has made BuildKit know."""
    rest = file.read_text().partition("\n")[2]
    file.write_text(f'"""Edited: {mark}, {uuid4().hex}."""\n{rest}')


def seconds(work: Callable[[], object]) -> float:
    """How long something takes."""
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def told(what: str, times: Sequence[float]) -> float:
    """Print a side's times and give their median."""
    middle = median(times)
    print(f"{what:<44} median {middle:6.2f} s   all {' '.join(f'{value:.2f}' for value in times)}")
    return middle


class LocalRegistry:
    """An empty registry on loopback, and how to push to it."""

    def __init__(self, host: str, crane: Crane) -> None:
        self.host = host
        self._crane = crane

    def push(self, layout: Path, repository: str, tag: str) -> int:
        """Push an image; the bytes of the blobs that went over the wire."""
        login = Login(host=self.host, token="bm9ib2R5Og==")  # noqa: S106 - nobody, without password
        sent = self._crane.push(layout, f"{self.host}/{repository}:{tag}", login)
        return sum((layout / "blobs" / digest.replace(":", "/")).stat().st_size for digest in sent)


@contextmanager
def local_registry() -> Iterator[LocalRegistry]:
    """Crane's own registry in memory, gone afterwards."""
    crane = Locked().path("crane")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        host = f"127.0.0.1:{probe.getsockname()[1]}"
    with tempfile.TemporaryDirectory() as work:
        server = Running([crane.path, "registry", "serve", "--address", host], log=Path(work) / "log")
        try:
            _wait(host, server)
            yield LocalRegistry(host, Crane(crane))
        finally:
            server.stop()


def _wait(host: str, server: Running) -> None:
    deadline = time.monotonic() + _START_SECONDS
    while server.ended() is None and time.monotonic() < deadline:
        try:
            with urllib.request.urlopen(f"http://{host}/v2/", timeout=1):
                return
        except OSError:
            time.sleep(0.05)
    raise SystemExit(f"the local registry did not start: {server.tail()}")
