"""What GitHub Actions shows of a run: annotations on the lines to mend, the step summary, values for later steps.

What writes, writes where the runner says; outside of GitHub Actions it does nothing.
Forms: https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands
"""

import os
import re
from pathlib import Path

from lockage.errors import LockageError

_PLACE = re.compile(r"^\s*(?P<file>[^:\s][^:]*):(?P<line>[1-9]\d*): (?P<text>.+)$", re.MULTILINE)
"""``lockage.yaml:12: images.base: …``, the form in which every message names a line."""


def annotations(error: LockageError, workspace: Path) -> list[str]:
    """Workflow commands that show an error: one on each line that its cause names, or one for the whole.

    Args:
        error: what failed.
        workspace: the checkout; files below it are named relative to it, as GitHub wants them.
    """
    places = [
        _command("error", match["text"], title=error.what, file=_relative(match["file"], workspace), line=match["line"])
        for match in _PLACE.finditer(error.why)
        if (workspace / match["file"]).is_file()  # else it is a host and a port
    ]
    return places or [_command("error", f"{error.why}\n{error.remedy}", title=error.what)]


def failure_summary(error: LockageError) -> str:
    """The error as Markdown, for the step summary."""
    fence = "`" * max(3, 1 + max(map(len, re.findall(r"`+", error.why)), default=0))
    return f"### Failed: {error.what}\n\n{fence}text\n{error.why.strip()}\n{fence}\n\n**Next:** {error.remedy}\n"


def report(error: LockageError) -> list[str]:
    """Add the error to the step summary; returns the annotations to print, none outside of GitHub Actions."""
    if os.environ.get("GITHUB_ACTIONS") != "true":
        return []
    add_summary(failure_summary(error))
    return annotations(error, Path(os.environ.get("GITHUB_WORKSPACE", ".")))


def add_summary(markdown: str) -> None:
    """Append Markdown to the step summary."""
    _append("GITHUB_STEP_SUMMARY", markdown)


def set_output(name: str, value: str) -> None:
    """Give later jobs a value of one line."""
    _append("GITHUB_OUTPUT", f"{name}={value}\n")


def _append(variable: str, text: str) -> None:
    target = os.environ.get(variable)
    if target:
        with Path(target).open("a", encoding="utf-8") as file:
            file.write(text)


def _command(name: str, message: str, **properties: str) -> str:
    listed = ",".join(f"{key}={_escape(value, ':,')}" for key, value in properties.items())
    return f"::{name} {listed}::{_escape(message)}"


def _escape(text: str, also: str = "") -> str:
    """Percent-encode what would end the command, or with ``also`` what would end a property."""
    for character in f"%\r\n{also}":
        text = text.replace(character, f"%{ord(character):02X}")
    return text


def _relative(file: str, workspace: Path) -> str:
    path = Path(file)
    return str(path.relative_to(workspace)) if path.is_relative_to(workspace) else file
