"""Where decisions are recorded and made known.

A decision is written down, published, then marked as published. Whatever breaks in between, the same event sent again
completes it; consumers may therefore see a decision twice and must not mind.
"""

from boto3.dynamodb.conditions import Attr

from common import log
from common.aws import Client, Table
from common.decision import Decision
from common.table import put_if


class Ledger:
    """The decisions table and topic.

    Args:
        table: a boto3 table with the key ``finding_id``.
        sns: a boto3 SNS client.
        topic: the topic's ARN.
    """

    def __init__(self, table: Table, sns: Client, topic: str) -> None:
        self._table = table
        self._sns = sns
        self._topic = topic

    def record(self, decision: Decision) -> bool:
        """Store and publish a decision; False if the same content was decided by the same policy before."""
        news = (
            Attr("finding_id").not_exists()
            | Attr("content").ne(decision.content)
            | Attr("policy").ne(decision.policy)
            | Attr("published").ne(True)  # noqa: FBT003 - boto3's way to compare
        )
        if not put_if(self._table, {**decision.row(), "published": False}, news):
            return False
        self._sns.publish(
            TopicArn=self._topic,
            Message=decision.message(),
            MessageAttributes={"decision": {"DataType": "String", "StringValue": decision.decision}},
        )
        if not put_if(self._table, {**decision.row(), "published": True}, Attr("decided_at").eq(decision.decided_at)):
            log.info("superseded while being published", finding_id=decision.finding_id)
        return True
