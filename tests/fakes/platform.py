"""The services the platform's functions call, with memory and with the services' own traps.

A fake stands where boto3's object would: same method names, same argument names, same errors.
"""

import hashlib
from collections.abc import Mapping
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

from boto3.dynamodb.conditions import ConditionBase
from botocore.exceptions import ClientError

Row = dict[str, Any]


def refusal(code: str, operation: str = "Any") -> ClientError:
    """What boto3 raises when a service answers with an error."""
    return ClientError({"Error": {"Code": code, "Message": f"refused: {code}"}}, operation)


class Failing:
    """Raises what is put into ``failures``, one a call, before the call has any effect; None lets a call pass."""

    def __init__(self) -> None:
        self.failures: list[Exception | None] = []
        self.calls = 0

    def _call(self) -> None:
        self.calls += 1
        failure = self.failures.pop(0) if self.failures else None
        if failure is not None:
            raise failure


class FakeTable(Failing):
    """A DynamoDB table: numbers come back as Decimal, floats are refused, conditions hold on the stored row."""

    def __init__(self, key: str) -> None:
        super().__init__()
        self._key = key
        self.rows: dict[str, Row] = {}

    def put_item(self, *, Item: Row, ConditionExpression: ConditionBase | None = None) -> None:  # noqa: N803 - boto3's own names
        self._call()
        stored = self.rows.get(Item[self._key], {})
        if ConditionExpression is not None and not _holds(ConditionExpression, stored):
            raise refusal("ConditionalCheckFailedException", "PutItem")
        self.rows[Item[self._key]] = {name: _stored(value) for name, value in Item.items()}

    def get_item(self, *, Key: Mapping[str, str], ConsistentRead: bool = False) -> dict[str, Row]:  # noqa: N803 - boto3's own names
        self._call()
        assert ConsistentRead, "a read just after a write must be consistent"
        row = self.rows.get(Key[self._key])
        return {} if row is None else {"Item": dict(row)}

    def scan(self, *, Limit: int, ExclusiveStartKey: Mapping[str, str] | None = None) -> dict[str, Any]:  # noqa: N803 - boto3's own names
        """In an order of its own, as DynamoDB's is; a page that is full names its last key even if nothing follows."""
        self._call()
        keys = sorted(self.rows, key=_hashed)
        after = None if ExclusiveStartKey is None else _hashed(ExclusiveStartKey[self._key])
        page = [key for key in keys if after is None or _hashed(key) > after][:Limit]
        last = {"LastEvaluatedKey": {self._key: page[-1]}} if len(page) == Limit else {}
        return {"Items": [dict(self.rows[key]) for key in page], **last}


class FakeTopic(Failing):
    """An SNS client that keeps what was published."""

    def __init__(self) -> None:
        super().__init__()
        self.published: list[dict[str, Any]] = []

    def publish(self, **message: Any) -> dict[str, str]:  # noqa: ANN401 - as boto3 takes it
        self._call()
        self.published.append(message)
        return {"MessageId": str(len(self.published))}


class FakeSecrets(Failing):
    """A Secrets Manager client with one secret."""

    def __init__(self, value: str) -> None:
        super().__init__()
        self.value = value

    def get_secret_value(self, *, SecretId: str) -> dict[str, str]:  # noqa: N803 - boto3's own names
        del SecretId
        self._call()
        return {"SecretString": self.value}


class FakeQueues(Failing):
    """An SQS client: knows which queues the caller may send to; refuses a batch of nothing, but only after that."""

    def __init__(self, *, allowed: tuple[str, ...] = ()) -> None:
        super().__init__()
        self.meta = SimpleNamespace(endpoint_url="https://sqs.eu-central-1.amazonaws.com")
        self.asked: list[str] = []
        self._allowed = allowed

    def send_message_batch(self, *, QueueUrl: str, Entries: list[dict[str, Any]]) -> None:  # noqa: N803 - boto3's own names
        self._call()
        self.asked.append(QueueUrl)
        assert not Entries, "a proof of refusal must not be able to send anything"
        if QueueUrl.rsplit("/", 1)[1] not in self._allowed:
            raise refusal("AccessDenied", "SendMessageBatch")
        raise refusal("AWS.SimpleQueueService.EmptyBatchRequest", "SendMessageBatch")


def context(request_id: str = "request-1", function: str = "platform-scorer") -> SimpleNamespace:
    """Lambda's context object."""
    arn = f"arn:aws:lambda:eu-central-1:111111111111:function:{function}:live"
    return SimpleNamespace(aws_request_id=request_id, invoked_function_arn=arn)


def _hashed(key: str) -> bytes:
    """A table's rows stand in the order of their keys' hashes."""
    return hashlib.sha256(key.encode()).digest()


def _stored(value: object) -> object:
    if isinstance(value, float):
        raise TypeError("Float types are not supported. Use Decimal types instead.")
    return Decimal(value) if type(value) is int else value


def _holds(condition: ConditionBase, row: Row) -> bool:
    expression = condition.get_expression()
    operator, values = expression["operator"], expression["values"]
    if operator == "AND":
        return all(_holds(part, row) for part in values)
    if operator == "OR":
        return any(_holds(part, row) for part in values)
    present = row.get(values[0].name)
    if operator == "attribute_not_exists":
        return present is None
    return _compares(operator, present, values[1])


def _compares(operator: str, present: Any, wanted: Any) -> bool:  # noqa: ANN401 - any stored value
    """DynamoDB's rule for an absent attribute: it differs from everything, and no other comparison holds."""
    if present is None:
        return operator == "<>"
    return bool({"=": present == wanted, "<>": present != wanted, "<": present < wanted}[operator])
