"""What came of holding an artifact's native code to its runtime, and of running its functions on their probes."""

from typing import Literal

import msgspec

from lockage.model.ids import Digest
from lockage.model.verdict import Outcome

Kind = Literal[
    "start", "import", "library", "handler", "memory", "timeout", "exit", "answer", "native", "machine", "doubt"
]
"""What failed: how a function did, or *native* code. Two say nothing of what was checked: this *machine* cannot execute
it, and native code of which it could not be told: a *doubt*."""

_UNKNOWN = {"machine", "doubt"}


class Failure(msgspec.Struct, frozen=True, kw_only=True):
    """Why a function did not answer, or native code does not fit."""

    kind: Kind
    what: str
    why: str
    remedy: str

    @property
    def outcome(self) -> Outcome:
        """What it says of what was checked."""
        return "inconclusive" if self.kind in _UNKNOWN else "fail"


class NativeCheck(msgspec.Struct, frozen=True, kw_only=True):
    """An artifact's native code, its layers' included, held to the runtime that AWS gives it."""

    summary: str
    """What was found, in a line."""
    failure: Failure | None = None
    """Why it stops, with everything that is wrong with it."""


class FunctionCheck(msgspec.Struct, frozen=True, kw_only=True):
    """One function, run on its probe."""

    function: str
    asked: Digest
    """Over what decides how it is run: handler, memory, timeout, variables, and the probe's bytes."""
    failure: Failure | None = None
    """None when it answered."""
    cold_ms: int = 0
    """Milliseconds to the first answer, import included, the container's own start not; 0 without an answer."""
    memory_mb: int = 0
    """Megabytes (10^6 bytes) that its processes held at most; 0 when that could not be read."""

    @property
    def outcome(self) -> Outcome:
        """Whether it imports and answers where it will live."""
        return self.failure.outcome if self.failure else "pass"


class ArtifactCheck(msgspec.Struct, frozen=True, kw_only=True):
    """``dist/<name>/check.json``: all functions of an image or a zip, run."""

    schema: Literal[1] = 1
    name: str
    artifact: Digest
    """Of the image or zip."""
    layers: tuple[Digest, ...] = ()
    """Of the layers under a zip, in Lambda's order."""
    runtime: str = ""
    """Of a zip: the image it was run in, as ``lockage.yaml`` pins it."""
    runtime_digest: str = ""
    """Of a zip: the digest of the image that it really was run in."""
    second_source: str = ""
    """Why this may serve a rehearsal only: what stood in for the runtime's image. An image's is in its inputs."""
    rules: str
    """Version of how native code is held, and functions are run."""
    native: NativeCheck | None = None
    """None before it was looked at."""
    functions: tuple[FunctionCheck, ...]
    """In the order of ``lockage.yaml``; every one that runs the artifact."""

    @property
    def failures(self) -> tuple[Failure, ...]:
        """All that stops it."""
        found = (self.native, *self.functions)
        return tuple(one.failure for one in found if one and one.failure)

    @property
    def outcome(self) -> Outcome:
        """*Pass* when nothing stops it; what failed counts more than that of which nothing is known."""
        found = {one.outcome for one in self.failures}
        if "fail" in found:
            return "fail"
        return "inconclusive" if "inconclusive" in found else "pass"
