"""Performs the story of functions that move; whatever it holds to be true, it asks of the embedded AWS."""

import json
import threading
import time
import urllib.request
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from botocore.exceptions import ClientError
from moves.counter import KEY, TABLE
from moves.story import (
    PLACE,
    Called,
    Flow,
    Flows,
    Meanwhile,
    NotCalled,
    NothingLeft,
    Protected,
    Scene,
    Stands,
)

from lockage.rehearsal.difference import ProtectedError
from lockage.rehearsal.perform import Performer

Worked = dict[str, int]
"""Function → how often it worked a message."""

PATIENCE_SECONDS = 120.0
POLL_SECONDS = 0.05
PAUSE_SECONDS = 0.1
"""Between two messages, so that a function's one container keeps up with them."""
PROBE = {"lockage": {"probe": True}}


class Mover:
    """Performs scenes; acts of a rehearsal are the performer's.

    Args:
        performer: of the same project.
    """

    def __init__(self, performer: Performer) -> None:
        self._performer, self._witness = performer, performer.witness()
        self._owner = self._witness.operator(PLACE)
        self._project = self._witness.project.project
        self._sent: dict[str, tuple[Worked, ...]] = {}
        """Message → what may have become of it."""

    def perform(self, scenes: Iterable[Scene]) -> None:
        """Perform scenes in order; the first that goes otherwise ends it."""
        for scene in scenes:
            match scene:
                case Flows(by=by):
                    self._come(self._send(by) for _ in range(2))
                case Meanwhile():
                    self._meanwhile(scene)
                case Protected():
                    self._protected(scene)
                case Called(function=function):
                    assert self._call(function) == {"function": self._named(function), "version": self._alias(function)}
                case NotCalled(function=function):
                    self._has_no_url(function)
                case Stands(function=function):
                    reply = self._witness.invoke(PLACE, function, PROBE)
                    assert (reply.failed, reply.version) == (False, self._alias(function)), reply
                case NothingLeft():
                    self._nothing_left()
                case _:
                    self._performer.perform([scene])

    def _send(self, *flows: Flow) -> list[str]:
        """One message to each source, which may come to where any of the flows leads; returns them."""
        messages = []
        for source in flows[0]:
            message = f"{source} {len(self._sent)}"
            self._sent[message] = tuple({self._named(function): 1 for function in flow[source]} for flow in flows)
            self._publish(source, message)
            messages.append(message)
        time.sleep(PAUSE_SECONDS)
        return messages

    def _publish(self, source: str, message: str) -> None:
        kind, _, name = source.partition(".")
        if kind == "queue":
            sqs = self._owner.client("sqs")
            sqs.send_message(QueueUrl=sqs.get_queue_url(QueueName=self._named(name))["QueueUrl"], MessageBody=message)
        else:
            topic = f"arn:aws:sns:{self._owner.region}:{self._owner.account}:{self._named(name)}"
            self._owner.client("sns").publish(TopicArn=topic, Message=message)

    def _come(self, sent: Iterable[list[str]]) -> None:
        """Wait until every message was worked as it may be."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        for message in [message for messages in sent for message in messages]:
            while (worked := self._worked(message)) not in self._sent[message]:
                assert time.monotonic() < deadline, f"{message}: {worked}, not one of {self._sent[message]}"
                time.sleep(POLL_SECONDS)

    def _worked(self, message: str) -> Worked:
        row = self._witness.row(PLACE, TABLE, message) or {}
        return {function: int(times) for function, times in row.items() if function != KEY}

    def _meanwhile(self, scene: Meanwhile) -> None:
        with self._sending(scene.before, scene.after) as sent:
            self._performer.perform([scene.act])
        self._come(sent)

    @contextmanager
    def _sending(self, *flows: Flow) -> Iterator[list[list[str]]]:
        """Inside, messages are sent one after another; the first is on its way when it begins."""
        sent, ended = [self._send(*flows)], threading.Event()

        def send() -> None:
            while not ended.is_set():
                sent.append(self._send(*flows))

        sender = threading.Thread(target=send)
        sender.start()
        try:
            yield sent
        finally:
            ended.set()
            sender.join()

    def _protected(self, scene: Protected) -> None:
        before = self._witness.state(PLACE)
        try:
            self._performer.perform([scene.act])
        except ProtectedError as error:
            named = [line.partition(":")[0] for line in error.why.splitlines()]
            assert sorted(named) == sorted(self._named(function) for function in scene.functions)
            assert self._witness.state(PLACE) == before
        else:
            raise AssertionError("it was applied")

    def _call(self, function: str) -> Any:  # noqa: ANN401 - any JSON value
        published = self._owner.client("ssm").get_parameter(Name=f"/{self._project}/url/{function}")
        direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with direct.open(published["Parameter"]["Value"], timeout=30) as answer:
            return json.load(answer)

    def _has_no_url(self, function: str) -> None:
        found = self._owner.client("lambda").list_function_url_configs(FunctionName=self._named(function))
        assert found["FunctionUrlConfigs"] == []
        try:
            self._call(function)
        except ClientError as error:
            assert error.response["Error"]["Code"] == "ParameterNotFound"  # noqa: PT017 - what it is says the code
        else:
            raise AssertionError("it is published still")

    def _alias(self, function: str) -> str:
        named = {"FunctionName": self._named(function), "Name": self._witness.place(PLACE).alias}
        return str(self._owner.client("lambda").get_alias(**named)["FunctionVersion"])

    def _nothing_left(self) -> None:
        for message, acceptable in self._sent.items():
            assert self._worked(message) in acceptable, message
        sqs = self._owner.client("sqs")
        for queue in ("orders", "orders-dead"):
            url = sqs.get_queue_url(QueueName=self._named(queue))["QueueUrl"]
            held = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
            assert {held[f"ApproximateNumberOfMessages{which}"] for which in ("", "NotVisible", "Delayed")} == {"0"}

    def _named(self, name: str) -> str:
        return f"{self._project}-{name}"
