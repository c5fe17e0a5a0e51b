"""The workflows as values, for tests that hold what no runner on this machine enforces."""

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import yaml

ROOT = Path(__file__).parents[3]
FOLDER = ROOT / ".github" / "workflows"


class Step(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename="kebab"):
    """One step, either of an action or of a command."""

    id: str = ""
    name: str = ""
    if_: str = msgspec.field(name="if", default="")
    uses: str = ""
    with_: dict[str, str] = msgspec.field(name="with", default={})
    run: str = ""
    env: dict[str, str] = {}

    @property
    def action(self) -> str:
        """``owner/name``, empty for a command."""
        return self.uses.partition("@")[0]


class Job(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename="kebab"):
    """One job; ``uses`` names the workflow it calls in place of steps."""

    name: str
    uses: str = ""
    needs: str | list[str] = []
    if_: str = msgspec.field(name="if", default="")
    runs_on: str = ""
    timeout_minutes: str = ""
    environment: str = ""
    permissions: dict[str, str]
    outputs: dict[str, str] = {}
    strategy: dict[str, Any] = {}
    env: dict[str, str] = {}
    steps: list[Step] = []

    @property
    def before(self) -> tuple[str, ...]:
        """The jobs it waits for."""
        return (self.needs,) if isinstance(self.needs, str) else tuple(self.needs)

    @property
    def takes_a_role(self) -> bool:
        """Whether it may ask for a token of identity."""
        return "id-token" in self.permissions


class Workflow(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename="kebab"):
    """One file; every scalar is a string, as written."""

    name: str
    run_name: str = ""
    on: dict[str, Any]
    permissions: dict[str, str]
    concurrency: dict[str, str] = {}
    jobs: dict[str, Job]


class Pin(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An action's allowed commit and the tag that it is known by."""

    tag: str
    commit: str


def texts() -> dict[str, str]:
    """File name without its ending → the text."""
    return {path.stem: path.read_text() for path in sorted(FOLDER.glob("*.yml"))}


def workflows() -> dict[str, Workflow]:
    """File name without its ending → the workflow. Keys that the values above do not know are an error."""
    return {
        stem: msgspec.convert(yaml.load(text, yaml.BaseLoader), Workflow)  # noqa: S506 - makes strings only
        for stem, text in texts().items()
    }


def jobs() -> Iterator[tuple[str, Job]]:
    """``workflow.job`` and the job, for all workflows."""
    for stem, workflow in workflows().items():
        for key, job in workflow.jobs.items():
            yield f"{stem}.{key}", job


def pins() -> dict[str, Pin]:
    """Action → its pin, from ``.github/actions.toml``."""
    table = tomllib.loads((ROOT / ".github" / "actions.toml").read_text())
    return msgspec.convert(table, dict[str, Pin])


def sessions(command: str) -> list[str]:
    """The Nox sessions a ``./noxw`` command names."""
    match = re.search(r" -s ([a-z0-9 ]+?)(?: -- .*)?$", command)
    return match[1].split() if match else []
