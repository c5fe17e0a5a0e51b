"""What the end-to-end checks of an environment found."""

from typing import Literal

import msgspec

from lockage.model.verdict import Outcome


class Check(msgspec.Struct, frozen=True, kw_only=True):
    """One check."""

    name: str
    """Module and function, such as ``test_scoring::test_a_finding_is_decided``."""
    outcome: Literal["passed", "failed", "skipped"]
    seconds: float
    message: str = ""
    """Why it failed or was skipped."""


class ChecksReport(msgspec.Struct, frozen=True, kw_only=True):
    """One run of an environment's checks, as ``dist/checks/<environment>.json`` holds it."""

    schema: Literal[1] = 1
    environment: str
    qualifier: str
    """The alias or version that was asked."""
    outcome: Outcome
    reason: str
    """Why the outcome is not *pass*; empty when it is."""
    checks: tuple[Check, ...]
