"""``lockage invoke``: one function, one event, where it will live."""

import os
import sys
from pathlib import Path

import click
import msgspec

from lockage.build.execute import execute
from lockage.cli.build import workshop
from lockage.cli.functions import hold_known
from lockage.cli.options import project_option
from lockage.cli.subjects import Subjects
from lockage.config.load import load_local, load_project
from lockage.errors import UsageError
from lockage.inspect.emulator.call import call
from lockage.inspect.emulator.invoke import invoke
from lockage.inspect.emulator.sandbox import Sandbox
from lockage.model.dist import DistDir
from lockage.plan.make import make_plan
from lockage.report.live import console as make_console
from lockage.tools.docker import Docker


@click.command("invoke")
@click.argument("name")
@click.argument("event", type=click.Path(path_type=Path, allow_dash=True, dir_okay=False))
@click.option(
    "--env", "variables", multiple=True, metavar="KEY[=VALUE]", help="Set a variable, or hand one on; repeat."
)
@project_option
def command(name: str, event: Path, *, variables: tuple[str, ...], project_file: Path) -> None:
    """Run function NAME on EVENT, a JSON file or - for standard input, in its image or from its zip and layers.

    Builds them first if their inputs changed. The container is read-only, without privileges, with the function's
    memory, and gone afterwards. Declared variables are set; references to resources become their names. Nothing of
    the caller's environment is handed on, credentials included, but what --env names.
    """
    project = load_project(project_file)
    hold_known(name, project)
    asked = call(name, project, _read(event), dict(_variable(text) for text in variables))
    console, docker = make_console(), Docker()
    dist = DistDir(project_file.parent / "dist")
    plan = make_plan(project_file, (project.runs(name),), docker)
    execute(plan, workshop(project_file, dist, console))
    subjects = Subjects(project, load_local(project_file), dist, docker)
    with console.step(f"invoke {name}"):
        said = invoke(asked, subjects.subject(dist.read_artifact(project.runs(name))), Sandbox(docker))
    console.note(said.log.strip())
    print(said.answer)


def _read(event: Path) -> bytes:
    try:
        content = sys.stdin.buffer.read() if str(event) == "-" else event.read_bytes()
        msgspec.json.decode(content)
    except OSError as error:
        raise UsageError(f"the event {event} cannot be read", why=str(error), remedy="name a JSON file") from error
    except msgspec.DecodeError as error:
        raise UsageError(f"the event {event} is not JSON", why=str(error), remedy="give one JSON value") from error
    return content


def _variable(text: str) -> tuple[str, str]:
    key, given, value = text.partition("=")
    if given:
        return key, value
    if key in os.environ:
        return key, os.environ[key]
    raise UsageError(
        f"{key} is not set here", why=f"--env {key} hands a variable on", remedy=f"write --env {key}=VALUE"
    )
