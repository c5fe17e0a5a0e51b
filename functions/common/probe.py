"""The probe: an event that every version answers before it gets traffic, without any effect on data.

A probe reaches a function only by ``lambda:InvokeFunction``. Nobody can forge one through a function URL or a queue:
there the event's top level is Lambda's, and what a caller sends is a string inside it.
"""

from collections.abc import Mapping
from typing import Any

from common import log


def requested(event: object) -> Mapping[str, Any] | None:
    """What a probe asks for, or None if the event is none."""
    if not isinstance(event, Mapping):
        return None
    request = event.get("lockage")
    return request if isinstance(request, Mapping) and request.get("probe") is True else None


def answer(name: str, **facts: object) -> dict[str, object]:
    """What a healthy version answers."""
    return {"name": name, "version": log.version(), "ok": True, **facts}
