"""Runs one function on one event, for a person who wants to see what it says."""

import msgspec

from lockage.errors import LockageError
from lockage.inspect.emulator.call import Call
from lockage.inspect.emulator.cause import failure
from lockage.inspect.emulator.sandbox import Sandbox
from lockage.inspect.emulator.subject import Subject


class FunctionFailed(LockageError):  # noqa: N818 - an outcome
    """A function did not start, did not answer in time, or answered with an error."""


class Said(msgspec.Struct, frozen=True, kw_only=True):
    """What a function said."""

    answer: str
    """JSON as a rule."""
    log: str


def invoke(call: Call, subject: Subject, sandbox: Sandbox) -> Said:
    """Run a function on an event; it has a network, for it may be given credentials to use.

    Raises:
        FunctionFailed: no answer, or an error for an answer, with its cause.
    """
    with sandbox.unpacked(subject) as place:
        reading = sandbox.run(call, place, network=True)
    found = failure(call, reading)
    if found:
        remedy = f"{found.remedy}; what it lacks around it: --env KEY=VALUE"
        raise FunctionFailed(found.what, why=found.why, remedy=remedy)
    return Said(answer=reading.answer.body if reading.answer else "", log=reading.out)
