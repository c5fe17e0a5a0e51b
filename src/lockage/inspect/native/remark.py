"""One thing to say about one file."""

from typing import Literal

import msgspec

Kind = Literal["file", "link", "machine", "interpreter", "python", "library", "version", "order", "wheel"]
Weight = Literal["mistake", "doubt", "note"]


class Remark(msgspec.Struct, frozen=True, kw_only=True):
    """How a file does not fit, or why that could not be told."""

    path: str
    """Where the function sees it."""
    kind: Kind
    weight: Weight
    """A *mistake* will not work; a *doubt* could not be told; a *note* stops nothing."""
    needs: str
    """What the file needs, such as ``GLIBC_2.38 of libc.so.6``; empty where ``has`` says it all."""
    has: str
    """What it finds there instead."""
    remedy: str

    @property
    def sentence(self) -> str:
        """All but the path: ``needs GLIBC_2.38 of libc.so.6; Amazon Linux 2023 has GLIBC_2.34``."""
        return f"needs {self.needs}; {self.has}" if self.needs else self.has
