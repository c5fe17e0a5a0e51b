import os
import signal
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from lockage.errors import ToolError
from lockage.tools.process import Running, given_up, interrupt_all, run


def python(code: str) -> list[str]:
    return [sys.executable, "-c", code]


def test_both_streams_come_back_however_long() -> None:
    done = run(python("import sys; sys.stderr.write('e' * 300_000); sys.stdout.write('o' * 300_000)"))
    assert (len(done.stdout), len(done.stderr), done.code) == (300_000, 300_000, 0)


def test_a_missing_program_is_named_with_the_path_searched(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(ToolError, match="no-such-program was not found") as caught:
        run(["no-such-program"])
    assert "/nowhere" in caught.value.why
    assert "noxw" in caught.value.remedy


def test_a_failure_shows_its_output_and_how_to_repeat_it() -> None:
    with pytest.raises(ToolError, match="failed with exit code 3") as caught:
        run(python("import sys; print('the cause', file=sys.stderr); sys.exit(3)"))
    assert caught.value.why == "the cause"
    assert "run it by hand" in caught.value.remedy


def test_expected_codes_are_answers() -> None:
    assert run(python("raise SystemExit(3)"), ok=(0, 3)).code == 3


def test_none_removes_a_key_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOCKAGE_TEST_KEY", "1")
    done = run(python("import os; print(os.environ.get('LOCKAGE_TEST_KEY'))"), env={"LOCKAGE_TEST_KEY": None})
    assert done.stdout.strip() == "None"


def test_standard_input_is_fed_or_closed() -> None:
    read = python("import sys; print(repr(sys.stdin.read()))")
    assert run(read, stdin="text").stdout.strip() == "'text'"
    assert run(read).stdout.strip() == "''"


def test_a_file_is_fed_whole(tmp_path: Path) -> None:
    (tmp_path / "input").write_bytes(b"\xff" * 300_000)
    counted = run(python("import sys; print(len(sys.stdin.buffer.read()))"), stdin=tmp_path / "input")
    assert counted.stdout.strip() == "300000"


def test_what_hangs_is_stopped_with_all_it_started(tmp_path: Path) -> None:
    child = f"import os, time; open({str(tmp_path / 'pid')!r}, 'w').write(str(os.getpid())); time.sleep(60)"
    parent = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {child!r}])"
    with pytest.raises(ToolError, match="did not finish in 2 s"):
        run(python(parent), timeout=2)
    assert not alive(int((tmp_path / "pid").read_text()))


def test_an_interrupt_stops_the_program_and_passes_on(tmp_path: Path) -> None:
    code = f"import os, time; open({str(tmp_path / 'pid')!r}, 'w').write(str(os.getpid())); time.sleep(60)"
    threading.Thread(target=interrupt_when, args=(tmp_path / "pid",), daemon=True).start()
    with pytest.raises(KeyboardInterrupt):
        run(python(code))
    assert not alive(int((tmp_path / "pid").read_text()))


def wait_for(marker: Path) -> str:
    deadline = time.monotonic() + 10
    while not (marker.exists() and marker.read_text()):
        assert time.monotonic() < deadline, f"{marker} was not written"
        time.sleep(0.01)
    return marker.read_text()


@pytest.mark.parametrize("end", [Running.stop, Running.kill])
def test_what_runs_in_the_background_ends_with_all_it_started(tmp_path: Path, end: Callable[[Running], None]) -> None:
    child = f"import os, time; open({str(tmp_path / 'pid')!r}, 'w').write(str(os.getpid())); time.sleep(60)"
    running = Running(
        python(f"import subprocess, sys; subprocess.run([sys.executable, '-c', {child!r}])"), log=tmp_path / "log"
    )
    pid = int(wait_for(tmp_path / "pid"))
    assert running.ended() is None
    end(running)
    end(running)
    assert running.ended() is not None
    wait_until_gone(pid)


def test_a_background_programs_output_is_in_its_log(tmp_path: Path) -> None:
    running = Running(python("import sys; print('out'); sys.exit('why')"), log=tmp_path / "log")
    while running.ended() is None:
        time.sleep(0.01)
    assert running.ended() == 1
    assert set(running.tail().splitlines()) == {"out", "why"}


def test_a_missing_background_program_is_named(tmp_path: Path) -> None:
    with pytest.raises(ToolError, match="no-such-program was not found"):
        Running(["no-such-program"], log=tmp_path / "log")


def interrupt_when(marker: Path) -> None:
    while not (marker.exists() and marker.read_text()):
        time.sleep(0.01)
    os.kill(os.getpid(), signal.SIGINT)


def wait_until_gone(pid: int) -> None:
    deadline = time.monotonic() + 10
    while alive(pid):
        assert time.monotonic() < deadline, f"{pid} is still there"
        time.sleep(0.01)


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    stat = Path(f"/proc/{pid}/stat").read_text()
    return stat.rpartition(")")[2].split()[0] != "Z"


def test_in_a_thread_that_was_given_up_no_program_begins(tmp_path: Path) -> None:
    with given_up({threading.get_ident()}), pytest.raises(KeyboardInterrupt):
        run(["touch", tmp_path / "begun"])
    assert not (tmp_path / "begun").exists()
    run(["touch", tmp_path / "begun"])
    assert (tmp_path / "begun").exists()


def test_how_a_program_ends_that_was_given_up_says_nothing_about_it(tmp_path: Path) -> None:
    """Not that it failed: who reads that may write it down."""
    caught: list[BaseException] = []

    def work() -> None:
        try:
            run(["sh", "-c", f"touch {tmp_path}/begun; exec sleep 600"])
        except BaseException as error:  # noqa: BLE001 - whatever it is
            caught.append(error)

    worker = threading.Thread(target=work)
    worker.start()
    while not (tmp_path / "begun").exists():
        time.sleep(0.01)
    with given_up({worker.ident or 0}):
        interrupt_all()
        worker.join(30)
    assert [type(error) for error in caught] == [KeyboardInterrupt]
