"""Lambda's door to the remediator."""

import functools
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from common import aws, log, probe
from common.settings import required
from remediator.order import read_order, record


@functools.cache
def _table() -> aws.Table:
    (name,) = required("REMEDIATIONS_TABLE")
    return aws.table(name)


def handle(event: Mapping[str, Any], context: log.Context) -> dict[str, object]:
    """Work a batch of queue messages, or answer a probe.

    Gives the ids of the messages that failed, so that only these come back (the event source mapping must have
    ``ReportBatchItemFailures``).
    """
    log.begin(context)
    table = _table()
    if probe.requested(event) is not None:
        return probe.answer("remediator")
    failed = [message["messageId"] for message in event["Records"] if not _worked(table, message)]
    return {"batchItemFailures": [{"itemIdentifier": identifier} for identifier in failed]}


def _worked(table: aws.Table, message: Mapping[str, Any]) -> bool:
    try:
        order = read_order(message["body"])
        news = record(table, order, datetime.now(UTC).isoformat(timespec="microseconds"))
    except Exception:  # noqa: BLE001 - whatever is wrong with one message must not bring its neighbours back too
        log.failure("message failed", message_id=message["messageId"])
        return False
    log.info("remediated" if news else "nothing to remediate any more", finding_id=order.finding_id)
    return True
