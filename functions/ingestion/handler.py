"""Lambda's door to the ingestion."""

import functools
from datetime import UTC, datetime

from common import aws, log, probe
from common.settings import required
from ingestion.feed import NewItem, parse_event
from ingestion.store import Store


@functools.cache
def _store() -> Store:
    table, topic = required("ITEMS_TABLE", "ITEMS_TOPIC")
    return Store(aws.table(table), aws.client("sns"), topic)


def handle(event: object, context: log.Context) -> dict[str, object]:
    """Take ``{"items": [...]}`` in, in order, or answer a probe; sent again, it completes what is missing."""
    log.begin(context)
    store = _store()
    if probe.requested(event) is not None:
        return probe.answer("ingestion")
    return {"items": [_taken(store, new) for new in parse_event(event)]}


def _taken(store: Store, new: NewItem) -> dict[str, str]:
    news = store.take(new.item(datetime.now(UTC).isoformat(timespec="microseconds")))
    log.info("taken", item_id=new.id, source=new.source, news=news)
    return {"id": new.id, "recorded": "new" if news else "unchanged"}
