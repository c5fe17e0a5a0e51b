"""``lockage schema``: the published shape of every file that others rely on."""

import importlib
import json
from typing import Any

import click

from lockage.config import published

FORMATS = {
    "lockage.yaml": "lockage.config.schema:Project",
    "lockage.local.yaml": "lockage.config.schema:Local",
    "exceptions.yaml": "lockage.gate.exceptions:Exceptions",
    "artifact.json": "lockage.model.artifact:Artifact",
    "check.json": "lockage.model.check:ArtifactCheck",
    "verdict.json": "lockage.model.verdict:Verdict",
    "release.json": "lockage.model.release:Release",
    "current.json": "lockage.model.rollout:EnvironmentRecord",
    "journal.json": "lockage.model.rollout:Journal",
    "timings.json": "lockage.report.timings:Timings",
}
"""File → the value it holds; imported when asked for. In the store, a journal is ``rollouts/<env>/<n>.json``."""


def schema_text(name: str) -> str:
    """A file format's JSON schema, as it is published."""
    module, _, value = FORMATS[name].partition(":")
    type_: Any = getattr(importlib.import_module(module), value)
    return json.dumps(published.schema(name, type_), indent=2, ensure_ascii=False) + "\n"


def published_name(name: str) -> str:
    """The schema's file name in the reference: ``lockage.yaml`` → ``lockage.schema.json``."""
    return f"{name.removesuffix('.yaml').removesuffix('.json')}.schema.json"


@click.command("schema")
@click.argument("name", type=click.Choice(list(FORMATS)), metavar="FILE")
def command(name: str) -> None:
    """Print the JSON schema of FILE, such as lockage.yaml or verdict.json."""
    click.echo(schema_text(name), nl=False)
