"""The same bytes by another process: in another folder, by another user, with another umask, locale, home and day."""

import io
import json
import os
import tempfile
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from fakes.elsewhere import NOBODY, Ways, build
from fakes.index import PackageIndex, wheel

HANDLER = "functions/dashboard/handler.py"
FILES = {HANDLER: "def handle(event, context): ...\n", "functions/dashboard/probe.json": "{}\n"}
NAME = "ours-1.0-py3-none-any.whl"
SOMEBODY = NOBODY if os.geteuid() == 0 else None
"""Only root can become somebody else."""
ANOTHER = pytest.param(SOMEBODY, id="nobody", marks=pytest.mark.skipif(SOMEBODY is None, reason="needs root"))


def packed() -> bytes:
    """A wheel with what a machine could show in: modules, a name beyond ASCII, a program."""
    files = {"ours/__init__.py": "ONE = 1\n", "ours/two.py": "TWO = {1, 2}\n", "ours/zwölf.txt": "12", "ours/run": "#!"}
    made = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(wheel("ours", "1.0", files))) as given, zipfile.ZipFile(made, "w") as archive:
        for member in given.infolist():
            content = given.read(member)
            member.external_attr = (0o100755 if member.filename == "ours/run" else 0o100644) << 16
            archive.writestr(member, content)
    return made.getvalue()


class Machine:
    """What both have: an index with the wheel, and a folder for each."""

    def __init__(self, root: Path, index: PackageIndex) -> None:
        self._root, self._index = root, index
        self.wheel = root / NAME
        self.wheel.write_bytes(packed())
        self.wheel.chmod(0o644)
        self._hashed = index.add("ours", NAME, packed())

    def project(self, path: str, *, second: int = 0) -> Path:
        """The project's files, all of one moment."""
        root = self._root / path
        for name, content in {**FILES, "requirements.lock": f"ours==1.0 {self._hashed}\n"}.items():
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            (root / name).write_text(content)
            os.utime(root / name, (second, second))
        if SOMEBODY is not None:
            os.chown(root, SOMEBODY, SOMEBODY)
        return root

    def build(self, project: Path, ways: Ways, **surroundings: str) -> str:
        """What comes of it there, with caches that are empty."""
        caches = {"UV_CACHE_DIR": str(project / ".uv"), "LOCKAGE_CACHE": str(project / ".lockage")}
        return build(project, self.wheel, ways, UV_DEFAULT_INDEX=self._index.url, **caches, **surroundings)


@pytest.fixture
def machine() -> Iterator[Machine]:
    """In a folder that everybody may use: pytest's own are closed to others."""
    index, usual = PackageIndex(), os.umask(0o022)
    try:
        with tempfile.TemporaryDirectory() as folder:
            Path(folder).chmod(0o755)
            yield Machine(Path(folder), index)
    finally:
        os.umask(usual)
        index.close()


ELSEWHERE = {"LC_ALL": "C", "LANG": "C", "TZ": "Asia/Tokyo", "PYTHONHASHSEED": "7", "SOURCE_DATE_EPOCH": "1"}


@pytest.mark.parametrize("user", [pytest.param(None, id="the same user"), ANOTHER])
def test_a_zip_with_a_package_is_the_same_bytes_everywhere(machine: Machine, user: int | None) -> None:
    here, there = machine.project("here"), machine.project("a/much/deeper place", second=86_400)
    (there / "home").mkdir()
    first = json.loads(machine.build(here, Ways(user=user and os.geteuid()), LC_ALL="C.UTF-8", PYTHONHASHSEED="1"))
    ways = Ways(umask=0o077, days=400, user=user)
    again = json.loads(machine.build(there, ways, HOME=str(there / "home"), USER="nobody", **ELSEWHERE))
    assert again == first
    archives = [root / "dist/dashboard/archive.zip" for root in (here, there)]
    assert archives[0].read_bytes() == archives[1].read_bytes()
    with zipfile.ZipFile(archives[1]) as archive:
        assert {one.filename: one.external_attr >> 16 for one in archive.infolist()}.items() >= {
            HANDLER.removeprefix("functions/"): 0o100644,
            "ours/run": 0o100755,
            "ours/zwölf.txt": 0o100644,
        }.items()
        assert any(name.endswith(".pyc") for name in archive.namelist())


def test_a_file_that_whoever_builds_may_not_read_is_named(machine: Machine) -> None:
    """By the system itself: root reads everything, so the process becomes nobody."""
    project = machine.project("here")
    said = machine.build(project, Ways(user=SOMEBODY, closed=HANDLER))
    assert said.splitlines()[-3:] == [
        f"error: {HANDLER} cannot be read",
        "  why:  Permission denied",
        "  next: let whoever builds read it (chmod u+r), or have git ignore it if nothing needs it",
    ]
    assert [path.name for path in (project / "dist").iterdir()] == [".lock"]
