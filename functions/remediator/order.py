"""What a message on the remediation queue orders, and how it is recorded."""

from boto3.dynamodb.conditions import Attr

from common import log
from common.aws import Table
from common.decision import Decision, read_message
from common.message import UnreadableMessageError
from common.table import put_if

REMEDIES = {
    "public-storage": "block-public-access",
    "open-port": "close-port",
    "stale-key": "deactivate-key",
}
"""Kind of finding → what is done about it; the policy lets only these kinds come here."""


def read_order(body: str) -> Decision:
    """The decision in a queue message.

    The subscription delivers it raw: the body is what scorer published.

    Raises:
        UnreadableMessageError: this is no decision to remediate something we have a remedy for.
    """
    decision = read_message(body)
    if decision.decision != "remediate":
        raise UnreadableMessageError(f"the decision is {decision.decision}, not remediate")
    if decision.kind not in REMEDIES:
        raise UnreadableMessageError(f"there is no remedy for the kind {decision.kind}")
    return decision


def record(table: Table, order: Decision, now: str) -> bool:
    """Record a remediation once for each content of a finding; False if that was done before.

    Queues repeat messages and change their order: an order that a later one overtook is dropped too.
    """
    row = {
        "schema": 1,
        "finding_id": order.finding_id,
        "account_id": order.account_id,
        "resource": order.resource,
        "remedy": REMEDIES[order.kind],
        "score": order.score,
        "content": order.content,
        "decided_at": order.decided_at,
        "remediated_at": now,
        "version": log.version(),
    }
    news = Attr("finding_id").not_exists() | (
        Attr("content").ne(order.content) & Attr("decided_at").lt(order.decided_at)
    )
    return put_if(table, row, news)
