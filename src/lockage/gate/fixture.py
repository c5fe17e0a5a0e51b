"""Builds the fixture database from ``sbom/fixture-advisories.yaml``, once for each content, into the per-user cache."""

import hashlib
import tempfile
from pathlib import Path
from typing import Any

import msgspec
import yaml

from lockage.errors import ToolError
from lockage.gate.database import SecondSource
from lockage.tools import go
from lockage.tools.exclusive import alone
from lockage.tools.process import run

_PROGRAM = "trivy-fixtures"
_LANGUAGES = {"pip", "go"}
_NAME_DIGITS = 16


class Fixture:
    """The fixture of one project.

    Args:
        advisories: the YAML.
        module: folder of the Go module that turns it into a database.
        root: folder in the per-user cache.
    """

    def __init__(self, advisories: Path, module: Path, root: Path) -> None:
        self._advisories = advisories
        self._module = module
        self._root = root

    def build(self) -> Path:
        """Make the database unless it is there already; returns its Trivy cache folder.

        Raises:
            ToolError: there is no YAML, or it could not be turned into a database.
        """
        try:
            content = self._advisories.read_bytes()
        except OSError as error:
            raise ToolError(
                "there is no fixture database",
                why=f"{self._advisories}: {error.strerror}",
                remedy="connect this machine, so that the published database can be downloaded",
            ) from error
        builder = self._builder()
        home = self._root / "fixture" / _named(builder.parent.name.encode(), content)
        with alone(self._root / "fixture"):
            if not home.is_dir():
                self._make(builder, content, home)
        return home

    def _make(self, builder: Path, content: bytes, home: Path) -> None:
        with tempfile.TemporaryDirectory(prefix=".part-", dir=home.parent) as part:
            database = Path(part) / "made" / "db"
            database.mkdir(parents=True)
            run([builder, self._advisories.absolute(), database])
            mark = _mark(yaml.safe_load(content))
            (database / "second-source.json").write_bytes(msgspec.json.encode(mark, order="deterministic"))
            database.parent.rename(home)

    def _builder(self) -> Path:
        """The program, built once from its module: its ``go.sum`` names every byte it is made of."""
        sources = [self._module / name for name in ("go.mod", "go.sum", "main.go")]
        program = self._root / _PROGRAM / _named(*(source.read_bytes() for source in sources)) / _PROGRAM
        with alone(self._root / _PROGRAM):
            if not program.is_file():
                go.need()
                with tempfile.TemporaryDirectory(prefix=".part-", dir=self._root / _PROGRAM) as part:
                    made = Path(part) / _PROGRAM
                    go.build(".", made, self._module)
                    program.parent.mkdir(exist_ok=True)
                    made.rename(program)
        return program


def _named(*parts: bytes) -> str:
    hashed = hashlib.sha256()
    for part in parts:
        hashed.update(hashlib.sha256(part).digest())
    return hashed.hexdigest()[:_NAME_DIGITS]


def _mark(content: dict[str, Any]) -> SecondSource:
    advisories = content["advisories"]
    places = {affected["in"] for advisory in advisories for affected in advisory["affects"]}
    return SecondSource(
        second_source=f"fixture database of {len(advisories)} advisories, collected {content['collected']}",
        systems=tuple(sorted(places - _LANGUAGES)),
    )
