"""What was read of one run: the answer, the container, the logs, and a second import where the first one failed."""

import msgspec


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """What the emulator said."""

    status: int
    """HTTP's: 200 also for a function that raised, 502 for one that never got so far."""
    seconds: float
    peak: int
    """Bytes that the function's processes held at most, those that had ended not counted."""
    killed: int
    """Processes that the kernel killed for want of memory."""
    tmp: int
    """Bytes under ``/tmp``, which here is memory."""
    body: str


class Trace(msgspec.Struct, frozen=True, kw_only=True):
    """What a second import of the handler's module said."""

    traceback: str = ""
    """Empty when it imported."""
    unfit: tuple[str, ...] = ()
    """Of a missing module: native files of its name, for another Python or machine."""
    wanted: str = ""
    """With them: the end of the name that this Python and machine look for."""
    crash: str = ""
    """Where it crashed, if it did."""


class Reading(msgspec.Struct, frozen=True, kw_only=True):
    """One run."""

    answer: Answer | None = None
    running: bool = False
    """Whether the container ran still when all was read."""
    out_of_memory: bool = False
    """Whether the kernel killed anything in it."""
    trouble: str = ""
    """Without an answer: what whoever asked was told."""
    out: str = ""
    """What the function printed, and the emulator's lines about it."""
    err: str = ""
    """What else the emulator said."""
    trace: Trace | None = None


def parse_answer(printed: str) -> Answer:
    """From what ``inside/ask.py`` printed."""
    head, _, body = printed.partition("\n")
    status, seconds, peak, killed, tmp = head.split()
    return Answer(
        status=int(status), seconds=float(seconds), peak=int(peak), killed=int(killed), tmp=int(tmp), body=body
    )


def parse_trace(code: int, stdout: str, stderr: str) -> Trace:
    """From what ``inside/trace.py`` printed."""
    try:
        return msgspec.json.decode(stdout.rpartition("\n")[2], type=Trace)
    except msgspec.DecodeError:
        return Trace(crash=stderr.strip() or f"importing it ended the process with code {code}")
