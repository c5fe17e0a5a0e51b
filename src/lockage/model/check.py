"""What came of running an artifact's functions where they will live, each on its probe."""

from typing import Literal

import msgspec

from lockage.model.ids import Digest
from lockage.model.verdict import Outcome

Kind = Literal["start", "import", "library", "handler", "memory", "timeout", "exit", "answer", "machine"]
"""How a function failed; *machine* when this one cannot execute it, which says nothing about the function."""


class Failure(msgspec.Struct, frozen=True, kw_only=True):
    """Why a function did not answer."""

    kind: Kind
    what: str
    why: str
    remedy: str


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
        if self.failure is None:
            return "pass"
        return "inconclusive" if self.failure.kind == "machine" else "fail"


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
    """Version of how functions are run."""
    functions: tuple[FunctionCheck, ...]
    """In the order of ``lockage.yaml``; every one that runs the artifact."""

    @property
    def outcome(self) -> Outcome:
        """*Pass* when every function passed; one that failed counts more than one of which nothing is known."""
        found = {one.outcome for one in self.functions}
        if "fail" in found:
            return "fail"
        return "inconclusive" if "inconclusive" in found else "pass"
