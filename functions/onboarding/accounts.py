"""The accounts that were registered."""

from datetime import datetime

from boto3.dynamodb.conditions import Attr

from common.aws import Table
from common.fields import ACCOUNT_ID, InvalidInputError, mistakes_of, printable, text
from common.table import Row, put_if

_REQUIRED = {
    "account_id": ACCOUNT_ID,
    "name": printable(64),
    "contact": text(r"[^@\s\x00-\x1f]{1,64}@[A-Za-z0-9.-]{1,255}", "an e-mail address"),
}
_SHOWN = ("account_id", "name", "contact", "registered_at")


class TakenError(Exception):
    """The account is registered with other details."""


def parse(value: object) -> Row:
    """A registration.

    Raises:
        InvalidInputError: every mistake in it.
    """
    mistakes = mistakes_of(value, _REQUIRED, {})
    if mistakes or not isinstance(value, dict):
        raise InvalidInputError(mistakes)
    return value


class Accounts:
    """The accounts table.

    Args:
        table: a boto3 table with the key ``account_id``.
    """

    def __init__(self, table: Table) -> None:
        self._table = table

    def register(self, account: Row, now: datetime) -> tuple[Row, bool]:
        """Register an account; gives it as stored, and whether it is new. The same registration again changes nothing.

        Raises:
            TakenError: it is registered with another name or contact.
        """
        row = {**account, "registered_at": now.isoformat(timespec="seconds"), "schema": 1}
        if put_if(self._table, row, Attr("account_id").not_exists()):
            return _shown(row), True
        stored = self.get(account["account_id"])
        if stored is None or any(stored.get(name) != value for name, value in account.items()):
            raise TakenError(account["account_id"])
        return stored, False

    def get(self, account_id: str) -> Row | None:
        """An account as it was registered."""
        row = self._table.get_item(Key={"account_id": account_id}, ConsistentRead=True).get("Item")
        return None if row is None else _shown(row)


def _shown(row: Row) -> Row:
    return {name: row[name] for name in _SHOWN if name in row}
