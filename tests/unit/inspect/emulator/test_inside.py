"""What runs beside a function: the program that asks the emulator, and the one that imports again."""

import io
import os
import socketserver
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from lockage.inspect.emulator.inside import ask
from lockage.inspect.emulator.reading import Trace, parse_answer, parse_trace

TRACE = Path(ask.__file__).with_name("trace.py")


@contextmanager
def emulator(answer: bytes) -> Iterator[tuple[int, list[bytes]]]:
    """Answers once as the emulator does; its port, and what it got."""
    got: list[bytes] = []

    class Handler(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            head = b"".join(iter(self.rfile.readline, b"\r\n"))
            length = int(head.split(b"Content-Length: ")[1].split(b"\r\n")[0])
            got.extend([head.split(b"\r\n")[0], self.rfile.read(length)])
            self.wfile.write(answer)

    with socketserver.TCPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield server.server_address[1], got
        server.shutdown()
        thread.join()


def test_the_event_is_posted_and_the_answer_comes_back_as_it_is(
    monkeypatch: pytest.MonkeyPatch, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    with emulator(b"HTTP/1.0 502 Bad Gateway\r\nDate: x\r\n\r\n{\n}\r\n\r\n") as (port, got):
        monkeypatch.setattr(ask, "PORT", port)
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b'{"a": 1}')))
        ask.main("5")
    assert got == [b"POST /2015-03-31/functions/function/invocations HTTP/1.0", b'{"a": 1}']
    answer = parse_answer(capsysbinary.readouterr().out.decode())
    assert (answer.status, answer.body, answer.killed) == (502, "{\n}\r\n\r\n", 0)
    assert answer.seconds > 0
    assert answer.peak > 1_000_000


def test_an_emulator_that_never_listens_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ask, "PORT", 1)
    monkeypatch.setattr(ask, "START_SECONDS", 0.0)
    with pytest.raises(ConnectionRefusedError):
        ask.ask(b"{}", 1)


@pytest.mark.parametrize(
    ("found", "killed"),
    [
        ({"memory.events": "low 0\noom 2\noom_kill 1\n"}, 1),
        ({"memory.oom_control": "oom_kill_disable 0\nunder_oom 0\noom_kill 2\n"}, 2),
        ({"memory.events": "low 0\n", "memory.oom_control": "oom_kill 3\n"}, 3),
        ({}, 0),
    ],
)
def test_kills_are_read_in_either_version_of_control_groups(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, found: dict[str, str], killed: int
) -> None:
    for name, content in found.items():
        (tmp_path / name).write_text(content)
    monkeypatch.setattr(ask, "KILLS", [str(tmp_path / name) for name in ("memory.events", "memory.oom_control")])
    assert ask.killed() == killed


def test_a_process_that_has_ended_holds_nothing() -> None:
    assert ask.status("0") == {}


def traced(task: Path, module: str, files: dict[str, str]) -> Trace:
    for name, content in files.items():
        (task / name).parent.mkdir(parents=True, exist_ok=True)
        (task / name).write_text(content)
    done = subprocess.run(  # noqa: S603 - the test's own words
        [sys.executable, "-c", TRACE.read_text(), module],
        check=False, capture_output=True, text=True, env={**os.environ, "LAMBDA_TASK_ROOT": str(task)},
    )  # fmt: skip
    return parse_trace(done.returncode, done.stdout, done.stderr)


def test_a_module_that_imports_leaves_nothing_to_say(tmp_path: Path) -> None:
    assert traced(tmp_path, "app.handler", {"app/handler.py": ""}) == Trace()


def test_a_traceback_begins_in_the_function_s_own_code(tmp_path: Path) -> None:
    files = {"app/handler.py": "import app.other\n", "app/other.py": "\nimport nope_nope\n"}
    found = traced(tmp_path, "app.handler", files)
    assert found.traceback.splitlines()[0] == f'  File "{tmp_path}/app/handler.py", line 1, in <module>'
    assert found.traceback.endswith("ModuleNotFoundError: No module named 'nope_nope'\n")
    assert (found.unfit, found.crash) == ((), "")


@pytest.mark.parametrize("code", ["import pkg._core\n", "from pkg import _core\n", "from . import _core\n"])
def test_native_files_for_another_python_are_named(tmp_path: Path, code: str) -> None:
    files = {"pkg/__init__.py": code, "pkg/_core.cpython-27-x86_64-linux-gnu.so": "", "pkg/_corelate.so": ""}
    found = traced(tmp_path, "pkg", files)
    assert found.unfit == (f"{tmp_path}/pkg/_core.cpython-27-x86_64-linux-gnu.so",)
    assert found.wanted.startswith(f".cpython-{sys.version_info.major}{sys.version_info.minor}")


def test_a_module_that_ends_python_is_caught(tmp_path: Path) -> None:
    found = traced(tmp_path, "app", {"app.py": "import sys\nsys.exit(3)\n"})
    assert found.traceback.endswith("SystemExit: 3\n")


def test_a_crash_says_where(tmp_path: Path) -> None:
    found = traced(tmp_path, "app", {"app.py": "import os\nimport signal\nos.kill(os.getpid(), signal.SIGSEGV)\n"})
    assert found.crash.startswith("Fatal Python error: Segmentation fault")
    assert f'File "{tmp_path}/app.py", line 3' in found.crash


def test_what_was_printed_at_import_does_not_hide_the_cause(tmp_path: Path) -> None:
    found = traced(tmp_path, "app", {"app.py": "print('hello')\nimport nope_nope\n"})
    assert found.traceback.endswith("ModuleNotFoundError: No module named 'nope_nope'\n")
