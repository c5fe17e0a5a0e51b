"""The command line: parse, call, render. A verb's module is imported when the verb is called, so help stays fast."""

import importlib
import sys
import traceback

import click

from lockage import github
from lockage.errors import LockageError

VERBS = {
    "plan": ("lockage.cli.plan", "What a build would do, and why."),
    "build": ("lockage.cli.build", "Build images into dist/."),
    "reproduce": ("lockage.cli.reproduce", "Build again without cache, elsewhere, and compare."),
    "invoke": ("lockage.cli.invoke", "Run one function on an event in its real image."),
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
    except Exception:  # noqa: BLE001 - the last resort must not show a bare traceback as if it were an answer
        traceback.print_exc()
        click.echo("error: this is a defect in lockage; please report it with the lines above", err=True)
        code = 70
    sys.exit(code)
