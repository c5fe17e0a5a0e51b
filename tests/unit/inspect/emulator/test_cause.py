"""Every way not to answer, as the emulator and the kernel tell it; the readings are real ones, shortened."""

import json
from typing import Any

import pytest

from lockage.inspect.emulator.call import Call
from lockage.inspect.emulator.cause import failure
from lockage.inspect.emulator.reading import Answer, Reading, Trace
from lockage.model.check import Failure

CALL = Call(function="api", handler="app.handler.handle", memory_mb=256, timeout_s=3, variables={}, event=b"{}")
INIT_FAILED = "21 Nov 2026 09:22:24,753 [ERROR] (rapid) Init failed error=Runtime exited with error: {} InvokeID=\n"
LOG = "START RequestId: 1 Version: $LATEST\nsaid\nEND RequestId: 1\nREPORT RequestId: 1\tInit Duration: 0.1 ms\t\n"


def reading(body: object = None, status: int = 200, **changes: Any) -> Reading:  # noqa: ANN401 - any field
    text = body if isinstance(body, str) else json.dumps(body)
    about: dict[str, Any] = {name: changes.pop(name) for name in ("killed", "tmp") if name in changes}
    fields: dict[str, Any] = {"status": status, "seconds": 0.1, "peak": 1, "killed": 0, "tmp": 0, "body": text, **about}
    return Reading(**{"answer": Answer(**fields), "running": True, "out": LOG, **changes})


def told(of: Reading, *, foreign: str = "") -> Failure:
    found = failure(CALL, of, foreign=foreign)
    assert found is not None
    return found


@pytest.mark.parametrize("body", [{"ok": True}, [], None, "x" * 10, {"statusCode": 404}, {"statusCode": "500"}])
def test_an_answer_is_no_failure(body: object) -> None:
    assert failure(CALL, reading(json.dumps(body))) is None


def test_a_missing_module_is_shown_with_its_traceback() -> None:
    said = {"errorType": "Runtime.ImportModuleError", "errorMessage": "Unable to import module 'app.handler': No mod…"}
    trace = Trace(
        traceback='  File "/var/task/app/handler.py", line 1\n    import nope\nModuleNotFoundError: No module n\n'
    )
    found = told(reading(said, 502, trace=trace))
    assert (found.kind, found.what) == ("import", "api does not import: ModuleNotFoundError: No module n")
    assert found.why == trace.traceback.strip()
    assert "by the lock" in found.remedy
    assert "app.handler imports" in found.remedy


def test_a_handler_of_a_module_that_is_not_there_is_told_so() -> None:
    said = {"errorType": "Runtime.ImportModuleError", "errorMessage": "Unable to import module 'app.handler': No mod…"}
    found = told(reading(said, 502, trace=Trace(traceback="ModuleNotFoundError: No module named 'app.handler'\n")))
    assert found.remedy == "correct functions.api.handler in lockage.yaml, or bring app.handler by the sources"


def test_an_import_that_cannot_be_repeated_shows_what_the_runtime_said() -> None:
    said = {"errorType": "Runtime.ImportModuleError", "errorMessage": "Unable to import module 'app': No module 'x'"}
    found = told(reading(said, 502))
    assert found.what == "api does not import: Unable to import module 'app': No module 'x'"
    assert found.why == "Unable to import module 'app': No module 'x'\nsaid"


@pytest.mark.parametrize(
    ("message", "what"),
    [
        (
            "ImportError: libxslt.so.1: cannot open shared object file: No such file or directory",
            "the library libxslt.so.1 does not load: it is not there",
        ),
        (
            "ImportError: /lib64/libc.so.6: version `GLIBC_2.38' not found (required by /var/task/x.so)",
            "the library /lib64/libc.so.6 does not load: it needs GLIBC_2.38",
        ),
        (
            "ImportError: /var/task/a/_a.cpython-313-x86_64-linux-gnu.so: undefined symbol: PyFoo",
            "the library /var/task/a/_a.cpython-313-x86_64-linux-gnu.so does not load: undefined symbol",
        ),
        (
            "OSError: /var/task/liba.so: invalid ELF header",
            "the library /var/task/liba.so does not load: invalid ELF header",
        ),
    ],
)
def test_a_native_library_that_does_not_load_is_named(message: str, what: str) -> None:
    said = {"errorType": "Runtime.ImportModuleError", "errorMessage": "Unable to import module"}
    found = told(reading(said, 502, trace=Trace(traceback=message)))
    assert (found.kind, found.what) == ("library", f"api does not import: {what}")
    assert message in found.why
    without_trace = told(reading({"errorType": "OSError", "errorMessage": message}, 502))
    assert without_trace.what == found.what


def test_an_extension_for_another_python_is_named_with_the_one_that_is_wanted() -> None:
    there = "/var/task/pydantic_core/_pydantic_core.cpython-311-x86_64-linux-gnu.so"
    trace = Trace(
        traceback="ModuleNotFoundError: No module named 'pydantic_core._pydantic_core'",
        unfit=(there,),
        wanted=".cpython-313-x86_64-linux-gnu.so",
    )
    found = told(reading({"errorType": "Runtime.ImportModuleError"}, 502, trace=trace))
    assert (found.kind, found.what) == (
        "library", "api does not import: native code is there for another Python or machine only",
    )  # fmt: skip
    assert found.why == f"{there}: here only {trace.wanted} is loaded\n{trace.traceback}"


@pytest.mark.parametrize(
    "said",
    [
        {"errorType": "Runtime.HandlerNotFound", "errorMessage": "Handler 'handle' missing on module 'app.handler'"},
        {
            "errorType": "TypeError",
            "errorMessage": "'int' object is not callable",
            "stackTrace": ['  File "/var/runtime/awslambdaric/bootstrap.py", line 178, in handle_event_request\n'],
        },
    ],
)
def test_a_handler_that_is_not_there_or_no_function_is_told_from_an_error(said: dict[str, Any]) -> None:
    found = told(reading(said, 502 if "Runtime" in said["errorType"] else 200))
    assert (found.kind, found.what) == ("handler", "the handler of api cannot be called")
    assert found.why == f"app.handler.handle: {said['errorMessage']}"
    assert "functions.api.handler" in found.remedy


def test_a_call_of_what_is_no_function_inside_the_handler_is_an_error_of_its_own() -> None:
    frames = ['  File "/var/runtime/awslambdaric/bootstrap.py"\n', '  File "/var/task/app/handler.py"\n']
    said = {"errorType": "TypeError", "errorMessage": "'int' object is not callable", "stackTrace": frames}
    assert told(reading(said)).kind == "answer"


@pytest.mark.parametrize("changes", [{"killed": 1}, {"out_of_memory": True}])
def test_memory_is_named_whatever_else_was_said(changes: dict[str, object]) -> None:
    said = {"errorType": "Runtime.ExitError", "errorMessage": "Runtime exited with error: signal: killed"}
    found = told(reading(said, 502, tmp=100_000_000, **changes))
    assert (found.kind, found.what) == ("memory", "api ran out of memory")
    assert found.why == (
        "the kernel killed its process at 256 MB; 100 MB of it are files under /tmp, which Lambda does not count"
    )
    assert "functions.api.memory_mb" in found.remedy


def test_memory_is_named_when_the_emulator_itself_was_killed() -> None:
    found = told(Reading(out_of_memory=True, trouble="exit 137"))
    assert (found.kind, found.why) == ("memory", "the kernel killed its process at 256 MB")


@pytest.mark.parametrize(
    ("err", "why"), [(INIT_FAILED.format("errReset"), "it was still importing"), ("", "it had been imported\nsaid")]
)
def test_a_timeout_says_what_the_function_was_doing(err: str, why: str) -> None:
    found = told(reading("Task timed out after 3.00 seconds", err=err))
    assert (found.kind, found.what, found.why) == ("timeout", "api gave no answer in 3 s", why)
    assert "functions.api.timeout_s" in found.remedy
    assert "10 s of its own" in found.remedy


def test_an_emulator_that_says_nothing_in_time_is_a_timeout_too() -> None:
    assert told(Reading(running=True, trouble="TimeoutError: timed out")).kind == "timeout"


@pytest.mark.parametrize("how", ["exit status 3", "signal: segmentation fault"])
def test_a_process_that_ended_says_how_and_where(how: str) -> None:
    trace = Trace(crash='Fatal Python error: Segmentation fault\n  File "/var/task/app/handler.py", line 2')
    found = told(reading("", 502, err=INIT_FAILED.format(how), trace=trace))
    assert (found.kind, found.what) == ("exit", f"the process of api ended: {how}")
    assert found.why == f"{trace.crash}\nsaid"
    inside = {"errorType": "Runtime.ExitError", "errorMessage": f"RequestId: 1 Error: Runtime exited with error: {how}"}
    assert told(reading(inside, 502)).what == found.what


def test_an_error_for_an_answer_has_its_trace_once() -> None:
    said = {"errorType": "KeyError", "errorMessage": "'x'", "stackTrace": ["  File handler.py, line 3\n"]}
    assert told(reading(said)).why == "'x'\n  File handler.py, line 3\nsaid"
    logged = told(reading(said, out="[ERROR] KeyError: 'x'\nTraceback (most recent call last):\n  File handler.py\n"))
    assert (logged.kind, logged.what) == ("answer", "api answered with an error: KeyError")
    assert logged.why == "'x'\n[ERROR] KeyError: 'x'\nTraceback (most recent call last):\n  File handler.py"


@pytest.mark.parametrize(
    ("said", "status", "what"),
    [
        ({"statusCode": 500, "body": "oh"}, 200, "status 500"),
        ({"errorType": "Function.ResponseSizeTooLarge", "errorMessage": "6 MB"}, 502, "Function.ResponseSizeTooLarge"),
        ({"errorType": "Runtime.MarshalError", "errorMessage": "set"}, 200, "Runtime.MarshalError"),
    ],
)
def test_other_bad_answers_are_told_by_their_name(said: dict[str, Any], status: int, what: str) -> None:
    found = told(reading(said, status))
    assert (found.kind, found.what) == ("answer", f"api answered with an error: {what}")


def test_what_does_not_start_shows_all_that_was_said() -> None:
    found = told(Reading(trouble="docker failed", out="o", err="exec format error"))
    assert (found.kind, found.what, found.why) == ("start", "api did not start", "docker failed\no\nexec format error")
    assert told(Reading()).why == "its container ended without a word"


def test_another_machine_s_function_that_does_not_start_is_no_failure_of_its_own() -> None:
    found = told(Reading(trouble="exec format error"), foreign="linux/amd64")
    assert (found.kind, found.what) == ("machine", "api could not be tried on this machine (linux/amd64)")
    assert found.why == "api did not start\nexec format error"
    assert "QEMU" in found.remedy
    slow = reading("Task timed out after 3.00 seconds")
    assert told(slow, foreign="linux/amd64").kind == "machine"
    assert told(reading({"errorType": "KeyError"}), foreign="linux/amd64").kind == "answer"
