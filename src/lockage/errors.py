"""The errors a person can meet: each says what failed, why, and what to do next."""

from typing import ClassVar


class LockageError(Exception):
    """Root of every expected failure.

    Args:
        what: what failed, in one line.
        why: the cause, with the facts found (paths, digests, names); may span lines.
        remedy: what to do next.
    """

    exit_code: ClassVar[int] = 1

    def __init__(self, what: str, *, why: str, remedy: str) -> None:
        super().__init__(what)
        self.what = what
        self.why = why
        self.remedy = remedy

    def render(self) -> str:
        """The message as people read it: three labelled parts."""
        return f"error: {self.what}\n  why:  {_hang(self.why)}\n  next: {_hang(self.remedy)}"


class UsageError(LockageError):
    """The call or the configuration is wrong; nothing was done."""

    exit_code = 2


class GateFailed(LockageError):  # noqa: N818 - the gate's own word; it is an outcome before it is an error
    """The gate's verdict is *fail*: findings that no exception covers."""

    exit_code = 10


class Inconclusive(LockageError):  # noqa: N818 - a verdict's own word
    """A check could not tell; the line stops as if it had failed."""

    exit_code = 11


class ToolError(LockageError):
    """A program we run is missing, is not the locked one, or failed."""

    exit_code = 12


class AwsError(LockageError):
    """A service we call refused or did not settle in time."""

    exit_code = 13


class RolloutFailed(LockageError):  # noqa: N818 - an outcome: the environment was put back
    """A rollout did not reach its end; the environment is all-old."""

    exit_code = 14


def _hang(text: str) -> str:
    return text.strip().replace("\n", "\n        ")
