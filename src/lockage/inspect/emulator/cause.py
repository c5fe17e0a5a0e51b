"""Why a function gave no good answer, told from what was read of its run; pure.

Lambda shows a caller of all these one thing: an error, behind a function URL a 502.
"""

import re
from collections.abc import Mapping
from typing import Any

import msgspec

from lockage.inspect.emulator.call import Call
from lockage.inspect.emulator.reading import Answer, Reading, Trace
from lockage.model.check import Failure

_OK, _SERVER_ERROR = 200, 500
_MEGA = 1_000_000
_NOTABLE_TMP = 1_000_000
_TAIL_LINES = 30
_TIMED_OUT = "Task timed out"
_EXITED = re.compile(r"Runtime exited with error: ([^\n]+?)(?: InvokeID=\S*)?$", re.MULTILINE)
_LIBRARIES = (
    re.compile(r"(?P<library>[^\s:]+\.so[.\d]*): cannot open shared object file"),
    re.compile(r"(?P<library>\S+): version `(?P<needs>[^']+)' not found"),
    re.compile(
        r"(?P<library>\S+\.so[.\d]*): (?P<says>undefined symbol|invalid ELF header|wrong ELF class|file too short)"
    ),
)
_EMULATOR_LINES = re.compile(r"^(START|END|REPORT) RequestId: .*\n?", re.MULTILINE)
_HANDLER_ERRORS = {"Runtime.HandlerNotFound", "Runtime.MalformedHandlerName"}
_NEWLINE = "\n"


def failure(call: Call, reading: Reading, *, foreign: str = "") -> Failure | None:
    """Why there was no good answer; None when there was one.

    Args:
        call: what was asked.
        reading: what was read.
        foreign: the machine's platform where that is not the function's: what then does not start, or takes too long,
            says nothing about the function.
    """
    found = _failure(call, reading)
    if foreign and found and found.kind in {"start", "timeout"}:
        return Failure(
            kind="machine",
            what=f"{call.function} could not be tried on this machine ({foreign})",
            why=f"{found.what}\n{found.why}",
            remedy="check it on a machine of its own platform, or let this one emulate it (binfmt_misc and QEMU)",
        )
    return found


def _failure(call: Call, reading: Reading) -> Failure | None:
    answer = reading.answer
    if reading.out_of_memory or (answer and answer.killed):
        return _memory(call, answer)
    if answer is None:
        return _silent(call, reading)
    if answer.body.startswith(_TIMED_OUT):
        return _timeout(call, reading)
    said = _said(answer.body)
    return _native(call, reading, said) or _other(call, reading, answer, said)


def _memory(call: Call, answer: Answer | None) -> Failure:
    used = answer.tmp if answer else 0
    files = (
        f"; {used / _MEGA:.0f} MB of it are files under /tmp, which Lambda does not count"
        if used > _NOTABLE_TMP
        else ""
    )
    return Failure(
        kind="memory",
        what=f"{call.function} ran out of memory",
        why=f"the kernel killed its process at {call.memory_mb} MB{files}",
        remedy=f"raise functions.{call.function}.memory_mb, or hold less at one time; what is imported counts too",
    )


def _silent(call: Call, reading: Reading) -> Failure:
    if reading.running and "imed out" in reading.trouble:
        return _timeout(call, reading)
    return Failure(
        kind="start",
        what=f"{call.function} did not start",
        why=_tail(f"{reading.trouble}\n{reading.out}\n{reading.err}") or "its container ended without a word",
        remedy="the image needs python3, the entrypoint and the emulator of Lambda's base images; see what it printed",
    )


def _timeout(call: Call, reading: Reading) -> Failure:
    importing = "Init failed" in reading.err
    return Failure(
        kind="timeout",
        what=f"{call.function} gave no answer in {call.timeout_s} s",
        why=_tail("it was still importing" if importing else f"it had been imported\n{_log(reading)}"),
        remedy=f"raise functions.{call.function}.timeout_s, or let it do less. Importing counts here; on Lambda it has "
        "10 s of its own before",
    )


def _native(call: Call, reading: Reading, said: Mapping[str, Any]) -> Failure | None:
    """Native code that does not load."""
    if reading.answer and reading.answer.status == _OK:
        return None  # it imported; what it says later is its own matter
    trace = reading.trace or Trace()
    if trace.unfit:
        why = f"{', '.join(trace.unfit)}: here only {trace.wanted} is loaded\n{trace.traceback}"
        return _library(call, "native code is there for another Python or machine only", why)
    text = trace.traceback or str(said.get("errorMessage", ""))
    found = next((match for pattern in _LIBRARIES if (match := pattern.search(text))), None)
    if found is None:
        return None
    parts = found.groupdict()
    says = f"it needs {parts['needs']}" if "needs" in parts else parts.get("says", "it is not there")
    return _library(call, f"the library {parts['library']} does not load: {says}", text)


def _library(call: Call, what: str, why: str) -> Failure:
    return Failure(
        kind="library",
        what=f"{call.function} does not import: {what}",
        why=_tail(why),
        remedy="bring the library with what needs it, from a wheel for this runtime and platform; what the system of "
        "a build machine has, Lambda has not",
    )


def _other(call: Call, reading: Reading, answer: Answer, said: Mapping[str, Any]) -> Failure | None:
    """By the name that the runtime gives an error."""
    kind = str(said.get("errorType", ""))
    if not answer.body.strip() or kind == "Runtime.ExitError":
        return _exit(call, reading, str(said.get("errorMessage", "")))
    if kind in _HANDLER_ERRORS or _not_callable(kind, said):
        return _handler(call, said)
    if answer.status != _OK and not kind.startswith("Function."):
        return _import(call, reading, str(said.get("errorMessage", "")))
    status = said.get("statusCode", _OK)
    if kind or (isinstance(status, int) and status >= _SERVER_ERROR):
        return _bad_answer(call, reading, said)
    return None


def _exit(call: Call, reading: Reading, message: str) -> Failure:
    exited = _EXITED.search(f"{message}\n{reading.err}")
    trace = reading.trace or Trace()
    return Failure(
        kind="exit",
        what=f"the process of {call.function} ended: {exited[1] if exited else 'nobody says how'}",
        why=_tail(f"{trace.crash}\n{trace.traceback}\n{_log(reading)}"),
        remedy="a handler returns or raises, and nothing it imports ends Python; a crash is in native code",
    )


def _handler(call: Call, said: Mapping[str, Any]) -> Failure:
    return Failure(
        kind="handler",
        what=f"the handler of {call.function} cannot be called",
        why=f"{call.handler}: {said.get('errorMessage', '')}",
        remedy=f"name a function of that module under functions.{call.function}.handler, or mend the module",
    )


def _not_callable(kind: str, said: Mapping[str, Any]) -> bool:
    """What the runtime's client says, in its own frame and no other, when the handler is not a function."""
    return (
        kind == "TypeError"
        and str(said.get("errorMessage", "")).endswith("is not callable")
        and all("awslambdaric" in str(frame) for frame in said.get("stackTrace", ()))
    )


def _import(call: Call, reading: Reading, message: str) -> Failure:
    traced, module = (reading.trace or Trace()).traceback.strip(), call.handler.rpartition(".")[0]
    last = traced.rpartition(_NEWLINE)[2] or message
    itself = last.endswith(f"No module named '{module}'")
    return Failure(
        kind="import",
        what=f"{call.function} does not import: {last}",
        why=_tail(traced or f"{message}\n{_log(reading)}"),
        remedy=f"correct functions.{call.function}.handler in lockage.yaml, or bring {module} by the sources"
        if itself
        else f"bring what {module} imports: a package by the lock, a folder by the sources",
    )


def _bad_answer(call: Call, reading: Reading, said: Mapping[str, Any]) -> Failure:
    message, log = str(said.get("errorMessage", "")), _log(reading)
    where = "" if "Traceback" in log else "".join(map(str, said.get("stackTrace", ())))
    what = said.get("errorType") or f"status {said['statusCode']}"
    return Failure(
        kind="answer",
        what=f"{call.function} answered with an error: {what}",
        why=_tail(f"{message or said.get('body', '')}\n{where}\n{log}"),
        remedy="mend the function, or the event it was given",
    )


def _said(body: str) -> dict[str, Any]:
    """An answer's fields; none when it is no JSON object."""
    try:
        said = msgspec.json.decode(body)
    except msgspec.DecodeError:
        return {}
    return said if isinstance(said, dict) else {}


def _log(reading: Reading) -> str:
    """What the function printed, without the emulator's lines about it."""
    return _EMULATOR_LINES.sub("", reading.out).strip()


def _tail(text: str) -> str:
    return _NEWLINE.join(line for line in text.strip().splitlines()[-_TAIL_LINES:] if line.strip())
