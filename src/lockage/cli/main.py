"""The command line: parse, call, render. A verb's module is imported when the verb is called, so help stays fast."""

import errno
import importlib
import sys
import traceback
from contextlib import suppress

import click

from lockage import github
from lockage.errors import LockageError, UsageError

VERBS = {
    "plan": ("lockage.cli.plan", "What a build would do, and why."),
    "explain": ("lockage.cli.explain", "Say whether a function should be an image, a zip or layered, and why."),
    "build": ("lockage.cli.build", "Build images, zips and layers into dist/."),
    "reproduce": ("lockage.cli.reproduce", "Build again without cache, elsewhere, and compare."),
    "invoke": ("lockage.cli.invoke", "Run one function on an event, where it will live."),
    "check": ("lockage.cli.check", "Run every function of what was built on its probe, where it will live."),
    "sbom": ("lockage.cli.sbom", "Write SBOMs of what was built."),
    "scan": ("lockage.cli.scan", "Scan what was built and decide: pass, fail or inconclusive."),
    "push": ("lockage.cli.push", "Push what passed, by digest, under the commit's tag."),
    "release": ("lockage.cli.release", "Write the release manifest of what was pushed."),
    "deploy": ("lockage.cli.deploy", "Roll a release out to an environment."),
    "e2e": ("lockage.cli.e2e", "Run the end-to-end checks against an environment."),
    "promote": ("lockage.cli.promote", "Roll the release an environment runs out to the next one."),
    "rollback": ("lockage.cli.rollback", "Move an environment's aliases back to an earlier release, and prove it."),
    "rehearse": ("lockage.cli.rehearse", "The whole path against an embedded AWS on this machine."),
    "tools": ("lockage.cli.tools", "Install and verify the locked tools."),
    "schema": ("lockage.cli.schema", "Print the JSON schema of a file format."),
}

_FULL = "free some space and run this again; no half-written file was put in place of a whole one"
_FORBIDDEN = "let this user write there, or set LOCKAGE_CACHE or TMPDIR to a folder that it may write"
_MACHINE = {
    errno.ENOSPC: ("the disk is full", _FULL),
    errno.EDQUOT: ("this user's share of the disk is full", _FULL),
    errno.EROFS: ("a file system that must be written is read-only", _FORBIDDEN),
    errno.EACCES: ("a file may not be read or written", _FORBIDDEN),
}
"""What the machine refuses, in words: what happened, and what to do."""


class LazyGroup(click.Group):
    """A group whose commands live in modules imported on use."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """All verbs, in the order of the path."""
        del ctx
        return list(VERBS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The verb's command, imported now."""
        del ctx
        if cmd_name not in VERBS:
            return None
        module, _ = VERBS[cmd_name]
        command: click.Command = importlib.import_module(module).command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The verbs and their one-line help, without importing any."""
        del ctx
        with formatter.section("Commands"):
            formatter.write_dl([(verb, summary) for verb, (_, summary) in VERBS.items()])


@click.command(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="lockage")
def cli() -> None:
    """Build, gate and release AWS Lambda functions as one reproducible, reversible release."""


def main_inner(arguments: list[str]) -> int:
    """Run the command line; expected failures are raised.

    Raises:
        LockageError: the verb failed in a way a person can act on.
    """
    result = cli.main(arguments, prog_name="lockage", standalone_mode=False)
    return result if isinstance(result, int) else 0


def main() -> None:
    """Entry point: prints expected failures and exits with their code."""
    try:
        code = main_inner(sys.argv[1:])
    except LockageError as error:
        click.echo("\n".join([error.render(), *github.report(error)]), err=True)
        code = error.exit_code
    except click.ClickException as error:
        error.show()
        code = error.exit_code
    except (click.Abort, KeyboardInterrupt):
        click.echo("interrupted; nothing half-written was kept", err=True)
        code = 130
    except OSError as error:
        code = _machine(error)
    except Exception:  # noqa: BLE001 - the last resort must not show a bare traceback as if it were an answer
        code = _defect()
    sys.exit(code)


def _machine(error: OSError) -> int:
    """A full disk, or a place that may not be written, is the machine's state and no defect."""
    if error.errno not in _MACHINE:
        return _defect()
    what, remedy = _MACHINE[error.errno]
    place = error.filename2 or error.filename or "the system names no file"
    told = UsageError(what, why=f"{place}: {error.strerror}", remedy=remedy)
    click.echo(told.render(), err=True)
    with suppress(OSError):  # the summary may lie on the same disk
        click.echo("\n".join(github.report(told)), err=True, nl=False)
    return told.exit_code


def _defect() -> int:
    traceback.print_exc()
    click.echo("error: this is a defect in lockage; please report it with the lines above", err=True)
    return 70
