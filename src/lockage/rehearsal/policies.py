"""IAM statements and policy documents as values."""

from collections.abc import Mapping
from typing import Any, Literal

import msgspec


class Statement(msgspec.Struct, frozen=True, kw_only=True):
    """One statement of an identity, trust or resource policy."""

    sid: str
    actions: tuple[str, ...]
    resources: tuple[str, ...] = ()
    """ARNs; empty in a trust policy."""
    principals: Mapping[str, tuple[str, ...]] = {}
    """``AWS``, ``Service`` or ``Federated`` → who; empty in an identity policy."""
    conditions: Mapping[str, Mapping[str, tuple[str, ...]]] = {}
    """Operator → key → values, any of which holds."""
    effect: Literal["Allow", "Deny"] = "Allow"


def document(statements: tuple[Statement, ...]) -> dict[str, Any]:
    """The policy document IAM takes, as plain data."""
    return {"Version": "2012-10-17", "Statement": [_plain(statement) for statement in statements]}


def document_json(statements: tuple[Statement, ...]) -> str:
    """The policy document as the text that API calls take."""
    return msgspec.json.encode(document(statements)).decode()


def _plain(statement: Statement) -> dict[str, Any]:
    plain: dict[str, Any] = {
        "Sid": statement.sid,
        "Effect": statement.effect,
        "Action": list(statement.actions),
    }
    if statement.resources:
        plain["Resource"] = list(statement.resources)
    if statement.principals:
        plain["Principal"] = {kind: list(who) for kind, who in statement.principals.items()}
    if statement.conditions:
        plain["Condition"] = {
            operator: {key: list(values) for key, values in keys.items()}
            for operator, keys in statement.conditions.items()
        }
    return plain
