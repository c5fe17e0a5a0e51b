"""What is recorded of an analysed item."""

from decimal import Decimal

from boto3.dynamodb.conditions import Attr

from analysis.opinion import Opinion
from common import log
from common.aws import Table
from common.item import Item
from common.table import put_if


class Records:
    """The analyses table.

    Args:
        table: a boto3 table with the key ``item_id``.
    """

    def __init__(self, table: Table) -> None:
        self._table = table

    def keep(self, item: Item, opinion: Opinion, model: str, now: str) -> bool:
        """Record an analysis once for each content of an item; False if that was done before.

        Topics repeat messages and change their order: an item that a later one overtook is dropped too.
        """
        row = {
            "schema": 1,
            "item_id": item.item_id,
            "content": item.content,
            "ingested_at": item.ingested_at,
            "sentiment": opinion.sentiment,
            "score": Decimal(str(opinion.score)),
            "model": model,
            "analysed_at": now,
            "version": log.version(),
        }
        news = Attr("item_id").not_exists() | (
            Attr("content").ne(item.content) & Attr("ingested_at").lt(item.ingested_at)
        )
        return put_if(self._table, row, news)
