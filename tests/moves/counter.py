"""The project of two functions that move: one works a queue, one hears a topic, both count what comes to them."""

from collections.abc import Iterator
from typing import Any

from fakes.shop import dockerfile_of_runtime
from moves.project import LOCK, Files, declared

TABLE, KEY = "handled", "message"

HANDLER = '''\
"""Counts messages: a row each, and in it how often each function worked it."""

import os

import boto3


def handle(event, context):
    """Work messages; answer anything else with who answers."""
    function = os.environ["AWS_LAMBDA_FUNCTION_NAME"]
    if "Records" not in event:
        return {"function": function, "version": os.environ["AWS_LAMBDA_FUNCTION_VERSION"]}
    table = boto3.resource("dynamodb", region_name=os.environ["AWS_REGION"]).Table(os.environ["HANDLED_TABLE"])
    for record in event["Records"]:
        table.update_item(
            Key={"message": record["body"] if "body" in record else record["Sns"]["Message"]},
            UpdateExpression="ADD #function :one",
            ExpressionAttributeNames={"#function": function},
            ExpressionAttributeValues={":one": 1},
        )
    return {"batchItemFailures": []}
'''

RECEIVE = ["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"]
QUEUE: dict[str, Any] = {"trigger": {"queue": "orders"}}
TOPIC: dict[str, Any] = {"trigger": {"topic": "parcels"}}
URL: dict[str, Any] = {"url": True}
BUILT_FIRST = ("orders", "parcels")
BUILT = (*BUILT_FIRST, "orders-image", "parcels-zip")
"""The old functions' stay as long as anything may go back to them: with an image goes its repository."""


def releases() -> list[Files]:
    """The project's own files in each release."""
    same = {
        "functions/counter/__init__.py": '"""Counts."""\n',
        "functions/counter/handler.py": HANDLER,
        "functions/counter/probe.json": '{"lockage": {"probe": true}}\n',
        "images/counter/Dockerfile": dockerfile_of_runtime(),
    }
    return [{**same, "lockage.yaml": text} for text in _declarations()]


def _declarations() -> Iterator[str]:
    """As :mod:`moves.story` tells them."""
    zip_, image = _orders(zip="orders"), _orders(image="orders-image")
    other_image, other_zip = _parcels(image="parcels"), _parcels(zip="parcels-zip")
    old = {"orders": {**zip_, **QUEUE, **URL}, "parcels": {**other_image, **TOPIC, **URL}}
    new = {"orders-image": {**image, **QUEUE, **URL}, "parcels-zip": {**other_zip, **TOPIC, **URL}}
    yield _declared(BUILT_FIRST, old)
    yield _declared(BUILT, {"orders": {**image, **QUEUE, **URL}, "parcels": {**other_zip, **TOPIC, **URL}})
    yield _declared(BUILT, {**old, "orders-image": {**image, **URL}, "parcels-zip": {**other_zip, **URL}})
    yield _declared(BUILT, {**old, "orders": {**zip_, **URL}, **new})
    yield _declared(BUILT, {"orders": zip_, "parcels": other_image, **new})
    yield _declared(BUILT, new)


def _declared(built: tuple[str, ...], functions: dict[str, dict[str, Any]]) -> str:
    sources = {"requirements": LOCK, "sources": ["functions/counter"]}
    image = {"dockerfile": "images/counter/Dockerfile", **sources}
    return declared(
        images={name: {**image, "repository": name} for name in built if name in {"parcels", "orders-image"}},
        zips={name: sources for name in built if name in {"orders", "parcels-zip"}},
        functions=functions,
        resources={"tables": {TABLE: {"key": KEY}}, "queues": {"orders": {}}, "topics": {"parcels": {}}},
    )


def _orders(**packaging: str) -> dict[str, Any]:
    return _counter({"to": "queue.orders", "actions": RECEIVE}, **packaging)


def _parcels(**packaging: str) -> dict[str, Any]:
    return _counter(**packaging)


def _counter(*grants: dict[str, Any], **packaging: str) -> dict[str, Any]:
    return {
        **packaging,
        "handler": "counter.handler.handle",
        "timeout_s": 60,
        "environment": {"HANDLED_TABLE": f"${{table.{TABLE}}}"},
        "probe": "functions/counter/probe.json",
        "grants": [{"to": f"table.{TABLE}", "actions": ["dynamodb:UpdateItem"]}, *grants],
    }
