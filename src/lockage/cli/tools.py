"""``lockage tools``: install, list and verify the locked tools."""

import os
from collections.abc import Sequence
from pathlib import Path

import click

from lockage import github
from lockage.console import Console
from lockage.errors import UsageError
from lockage.tools.handed import Handed, hand_over, told
from lockage.tools.locked import Locked, Tool

_FOLDER = click.Path(path_type=Path, file_okay=False)


@click.group()
def command() -> None:
    """Install and verify the locked tools."""


@command.command()
@click.argument("names", nargs=-1)
@click.option("--on-path", is_flag=True, help="Put them on the path of the GitHub job's later steps.")
@click.option(
    "--hand-over",
    "hand_over_to",
    type=_FOLDER,
    help="Also copy them to FOLDER/<name>/ for a later job, which the output `tools` tells their hashes.",
)
@click.option(
    "--handed",
    type=_FOLDER,
    envvar="LOCKAGE_TOOLS",
    show_envvar=True,
    help="Take them from there, and download and build nothing.",
)
@click.option(
    "--expect",
    metavar="NAME=DIGEST,…",
    default="",
    envvar="LOCKAGE_TOOLS_EXPECT",
    show_envvar=True,
    help="What is handed over, as the job that made it told: of those no other is taken.",
)
@click.option("--no-build", is_flag=True, help="Install what needs no Go; print the names of the others, a line each.")
def install(
    names: tuple[str, ...],
    *,
    on_path: bool,
    hand_over_to: Path | None,
    handed: Path | None,
    expect: str,
    no_build: bool,
) -> None:
    """Install tools into the per-user cache: NAMES, or all.

    A release is taken by its two checksums. Where it cannot be downloaded the tool is built from its Go module, and
    the line says so. A download with another checksum is refused. What stands is kept, with --handed only where it is
    what was told: to try a release again, delete the tool's folder.
    """
    if no_build and hand_over_to:
        raise UsageError(
            "--no-build and --hand-over exclude each other",
            why="what is left to be built could not be handed over, and a later job builds nothing",
            remedy="run it without --no-build; scripts/golang makes a Go answer",
        )
    from lockage.tools.install import Installer  # noqa: PLC0415 - urllib3 costs 60 ms, and other verbs need none

    locked = Locked()
    taken = Handed(folder=handed, programs=told(expect)) if handed else None
    installer = Installer(locked, Console(), handed=taken)
    if no_build:
        for name in installer.install_released(names or tuple(locked.lock.pins)):
            print(name)
        return
    tools = installer.install(names or tuple(locked.lock.pins))
    if on_path:
        _put_on_path(tools)
    if hand_over_to:
        github.set_output("tools", hand_over(tools, hand_over_to))


@command.command(name="list")
def list_() -> None:
    """What is locked and what is installed, a line each."""
    locked = Locked()
    for name, pin in locked.lock.pins.items():
        tool = locked.recorded(name)
        print(_line(tool) if tool else f"{name:<12}{pin.version:<10}not installed")


@command.command()
@click.argument("names", nargs=-1)
def verify(names: tuple[str, ...]) -> None:
    """Hash installed tools and hold them against the lock: NAMES, or all that are installed."""
    locked = Locked()
    for name in names or [name for name in locked.lock.pins if locked.recorded(name)]:
        print(_line(locked.path(name)))


@command.command(context_settings={"ignore_unknown_options": True, "allow_interspersed_args": False})
@click.argument("name")
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
def run(name: str, arguments: tuple[str, ...]) -> None:
    """Verify one tool and become it: NAME and its own ARGUMENTS."""
    tool = Locked().path(name)
    os.execv(tool.path, [name, *arguments])  # noqa: S606 - the door is for programs that return


def _line(tool: Tool) -> str:
    return f"{tool.name:<12}{tool.version:<10}{tool.source:<9}sha256:{tool.sha256}  {tool.path}"


def _put_on_path(tools: Sequence[Tool]) -> None:
    """Append the tools' folders to the file that GitHub reads later steps' path from."""
    file = os.environ.get("GITHUB_PATH")
    if not file:
        raise UsageError(
            "there is no path to put the tools on",
            why="GITHUB_PATH is not set, so this is not a step of a GitHub job",
            remedy="run it without --on-path; `lockage tools list` shows where the tools are",
        )
    with Path(file).open("a") as path:
        path.writelines(f"{tool.path.parent}\n" for tool in tools)
