"""A finding: what a scanner says is wrong with one resource of one account."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from common.fields import ACCOUNT_ID, InvalidInputError, flag, mistakes_of, one_of, text

SEVERITIES = ("LOW", "MEDIUM", "HIGH", "CRITICAL")
MOST_FINDINGS = 100

_REQUIRED = {
    "id": text(r"[A-Za-z0-9][A-Za-z0-9._:/-]{0,127}", "1 to 128 of A-Z a-z 0-9 . _ : / -"),
    "account_id": ACCOUNT_ID,
    "resource": text(r"[\x21-\x7e]{1,512}", "1 to 512 visible ASCII characters, such as an ARN"),
    "kind": text(r"[a-z][a-z0-9-]{0,63}", "a lower case word with dashes, such as public-storage"),
    "severity": one_of(*SEVERITIES),
}
_OPTIONAL = {"exposed": flag, "exploited": flag, "production": flag}


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One finding, as the policy sees it."""

    id: str
    account_id: str
    resource: str
    kind: str
    severity: str
    exposed: bool = False
    """Reachable from the internet."""
    exploited: bool = False
    """Known to be exploited."""
    production: bool = False
    """In an account that serves customers."""

    def document(self) -> dict[str, Any]:
        """The policy's input."""
        return asdict(self)

    def content(self) -> str:
        """``sha256:…`` over all fields, absent ones as their defaults."""
        canonical = json.dumps(self.document(), sort_keys=True, separators=(",", ":"))
        return f"sha256:{hashlib.sha256(canonical.encode()).hexdigest()}"


def parse_event(event: object) -> tuple[Finding, ...]:
    """The findings of an event ``{"findings": [...]}``, all of them or none.

    Raises:
        InvalidInputError: at least one is malformed; every mistake of every finding is named.
    """
    findings = event.get("findings") if isinstance(event, Mapping) else None
    if not isinstance(findings, list) or not 0 < len(findings) <= MOST_FINDINGS:
        raise InvalidInputError([f"the event must be an object with `findings`, a list of 1 to {MOST_FINDINGS}"])
    mistakes = [
        mistake
        for number, finding in enumerate(findings)
        for mistake in mistakes_of(finding, _REQUIRED, _OPTIONAL, f"findings[{number}]")
    ]
    if mistakes:
        raise InvalidInputError(mistakes)
    return tuple(Finding(**finding) for finding in findings)
