"""The items, a page at a time."""

from dataclasses import dataclass

from common.aws import Table
from common.table import Row

_SHOWN = ("item_id", "source", "text", "ingested_at")


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """Some items, and where the next page begins."""

    items: list[Row]
    next: str | None
    """Id of the last item of this page; None when there is nothing more."""


class Items:
    """The items table, in its own order: steady from one page to the next, and no order of time.

    Args:
        table: a boto3 table with the key ``item_id``.
    """

    def __init__(self, table: Table) -> None:
        self._table = table

    def page(self, limit: int, after: str | None) -> Page:
        """At most ``limit`` items, of those that follow the one with the id ``after``."""
        start = {} if after is None else {"ExclusiveStartKey": {"item_id": after}}
        found = self._table.scan(Limit=limit, **start)
        shown = [{name: row[name] for name in _SHOWN if name in row} for row in found["Items"]]
        return Page(items=shown, next=found.get("LastEvaluatedKey", {}).get("item_id"))
