"""Where items are kept and made known.

An item is written down, published, then marked as published. Whatever breaks in between, the same event sent again
completes it; who is told may therefore be told twice and must not mind.
"""

from boto3.dynamodb.conditions import Attr

from common import log
from common.aws import Client, Table
from common.item import Item
from common.table import put_if


class Store:
    """The items table and topic.

    Args:
        table: a boto3 table with the key ``item_id``.
        sns: a boto3 SNS client.
        topic: the topic's ARN.
    """

    def __init__(self, table: Table, sns: Client, topic: str) -> None:
        self._table = table
        self._sns = sns
        self._topic = topic

    def take(self, item: Item) -> bool:
        """Store and publish an item; False if the same content was taken before."""
        news = (
            Attr("item_id").not_exists() | Attr("content").ne(item.content) | Attr("published").ne(True)  # noqa: FBT003 - boto3's way to compare
        )
        if not put_if(self._table, {**item.row(), "published": False}, news):
            return False
        self._sns.publish(TopicArn=self._topic, Message=item.message())
        if not put_if(self._table, {**item.row(), "published": True}, Attr("ingested_at").eq(item.ingested_at)):
            log.info("superseded while being published", item_id=item.item_id)
        return True
