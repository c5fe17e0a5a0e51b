"""A decision on one finding: the row that scorer stores, the message it publishes, the order that remediator reads.

Versions of the platform read each other's rows and messages, in both directions after a rollback. So fields are only
ever added, readers ignore what they do not know, and ``schema`` changes only if that can no longer hold.
"""

import json
from dataclasses import asdict, dataclass
from typing import Any, Literal, cast, get_args

from common import message

Outcome = Literal["allow", "review", "remediate"]
OUTCOMES: tuple[str, ...] = get_args(Outcome)
SCHEMA = 1
_TEXTS = ("finding_id", "account_id", "resource", "kind", "content", "policy", "decided_at")


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What the policy said about one content of one finding."""

    finding_id: str
    account_id: str
    resource: str
    kind: str
    decision: Outcome
    score: int
    """0 to 100."""
    reasons: tuple[str, ...]
    content: str
    """``sha256:…`` of the finding as received: a new content is a new decision."""
    policy: str
    """``sha256:…`` of the policy that decided."""
    decided_at: str
    """ISO time, UTC, microseconds always written: later sorts after earlier."""

    def row(self) -> dict[str, Any]:
        """As stored and as published."""
        return {**asdict(self), "reasons": list(self.reasons), "schema": SCHEMA}

    def message(self) -> str:
        """As published."""
        return json.dumps(self.row(), sort_keys=True)


def read_message(text: str) -> Decision:
    """A published decision.

    Raises:
        UnreadableMessageError: the text is no decision, or its schema is newer than this version.
    """
    value = message.load(text, "a decision", SCHEMA)
    wrong = message.wrong_texts(value, _TEXTS)
    if value.get("decision") not in OUTCOMES:
        wrong.append("decision")
    if type(value.get("score")) is not int:
        wrong.append("score")
    if not _is_texts(value.get("reasons")):
        wrong.append("reasons")
    message.refuse(wrong)
    return Decision(
        **{name: value[name] for name in _TEXTS},
        decision=cast("Outcome", value["decision"]),
        score=value["score"],
        reasons=tuple(value["reasons"]),
    )


def _is_texts(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(item, str) for item in value)
