"""A program of the tools lock, as evidence names it."""

from typing import Literal

import msgspec

Source = Literal["release", "module"]


class UsedTool(msgspec.Struct, frozen=True, kw_only=True):
    """A program that was used, or that went into an artifact."""

    name: str
    """As in the tools lock."""
    version: str
    source: Source
    """Whether its bytes are its publisher's release, or were built from its Go module."""
    sha256: str
    """Of the program, 64 hex digits."""
