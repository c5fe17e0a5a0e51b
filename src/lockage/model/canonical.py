"""One way to write a value as bytes, so that its hash can be its name."""

import hashlib
from typing import Any

import msgspec

from lockage.model.ids import Digest


def canonical(value: Any) -> bytes:  # noqa: ANN401 - any value msgspec can write
    """Compact JSON with sorted keys and no line end: equal values, equal bytes, on every machine."""
    return msgspec.json.encode(value, order="sorted")


def content_digest(value: Any) -> Digest:  # noqa: ANN401 - as above
    """SHA-256 of the canonical JSON."""
    return Digest(f"sha256:{hashlib.sha256(canonical(value)).hexdigest()}")
