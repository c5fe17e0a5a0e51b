"""Lambda's door to the analysis."""

import functools
import os
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from analysis.record import Records
from common import aws, log, probe
from common.fields import InvalidInputError, mistakes_of
from common.item import LONGEST_TEXT, read_message
from common.settings import required

if TYPE_CHECKING:
    from analysis.model import Model

_SAMPLE = "What a wonderful day."


def _text(value: object) -> str:
    fine = isinstance(value, str) and value.strip() and len(value) <= LONGEST_TEXT
    return "" if fine else f"must be a text of 1 to {LONGEST_TEXT} characters"


@functools.cache
def _model() -> "Model":
    from analysis.model import Files, Model  # noqa: PLC0415 - its imports are the model's own, and heavy

    return Model(Files.below(Path(__file__).parents[1]))


@functools.cache
def _records() -> Records:
    (table,) = required("ANALYSES_TABLE")
    return Records(aws.table(table))


def handle(event: Mapping[str, Any], context: log.Context) -> dict[str, Any]:
    """Analyse the items that a topic delivers; or judge ``{"text": "…"}``, or answer a probe, without any effect."""
    log.begin(context)
    records = _records()
    if probe.requested(event) is not None:
        return probe.answer("analysis", model=_model().name, **_judged(_SAMPLE))
    if "Records" not in event:
        return _judged(_asked(event))
    return {"analyses": [_analysed(records, record["Sns"]["Message"]) for record in event["Records"]]}


def _analysed(records: Records, message: str) -> dict[str, Any]:
    """What came of one message. What fails, fails the invocation: Lambda then delivers the same event again."""
    item = read_message(message)
    opinion = _model().judge(item.text)
    news = records.keep(item, opinion, _model().name, datetime.now(UTC).isoformat(timespec="microseconds"))
    log.info("analysed", item_id=item.item_id, sentiment=opinion.sentiment, score=opinion.score, news=news)
    return {"item_id": item.item_id, "sentiment": opinion.sentiment, "recorded": "new" if news else "unchanged"}


def _asked(event: Mapping[str, Any]) -> str:
    if mistakes := mistakes_of(event, {"text": _text}, {}):
        raise InvalidInputError(mistakes)
    return str(event["text"])


def _judged(text: str) -> dict[str, Any]:
    opinion = _model().judge(text)
    return {"sentiment": opinion.sentiment, "score": opinion.score}


if "AWS_LAMBDA_RUNTIME_API" in os.environ:
    # Within Lambda's init, which has a whole processor whatever the function's memory.
    _model()
