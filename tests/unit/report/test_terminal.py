import io
import os
import pty
import re
import select
import sys
import time
from collections.abc import Callable, Iterator

import pytest
from rich.console import Console as Terminal

from lockage.console import Console
from lockage.report.live import console
from lockage.report.terminal import LiveView

WITHIN_SECONDS = 10.0
"""For what is drawn eight times a second."""


def shown(*, terminal: bool, **options: object) -> tuple[Console, io.StringIO]:
    stream = io.StringIO()
    return Console(LiveView(Terminal(file=stream, force_terminal=terminal, width=100, **options))), stream  # type: ignore[arg-type]  # any field by its name


def test_each_step_leaves_a_line_with_state_time_and_reason() -> None:
    told, stream = shown(terminal=False)
    with told.step("build platform") as step:
        step.reused("nothing changed")
    assert stream.getvalue().startswith("reused ")
    assert "s  build platform  nothing changed\n" in stream.getvalue()


def test_a_failure_is_marked_and_shows_the_first_line_of_its_cause() -> None:
    told, stream = shown(terminal=False)
    with pytest.raises(ValueError, match="first"), told.step("push"):
        raise ValueError("first\nsecond")
    assert stream.getvalue().startswith("failed ")
    assert "first" in stream.getvalue()
    assert "second" not in stream.getvalue()


def test_what_runs_is_shown_while_it_runs() -> None:
    told, stream = shown(terminal=True)
    deadline = time.monotonic() + WITHIN_SECONDS
    with told.step("roll out to preprod"):
        while "roll out to preprod" not in stream.getvalue():
            assert time.monotonic() < deadline, "nothing was shown"
            time.sleep(0.01)


class Screen:
    """A terminal, and all that was written to it."""

    def __init__(self) -> None:
        self._ours, theirs = pty.openpty()
        self.stream = os.fdopen(theirs, "w", encoding="utf-8")
        self._written = b""

    def until(self, shows: Callable[[str], bool]) -> str:
        """Wait for something to be shown; what was shown by then, without colours."""
        deadline = time.monotonic() + WITHIN_SECONDS
        while not shows(self._text()):
            left = deadline - time.monotonic()
            assert left > 0, self._text()
            if select.select([self._ours], [], [], left)[0]:
                self._written += os.read(self._ours, 1 << 16)
        return self._text()

    def close(self) -> None:
        self.stream.close()
        os.close(self._ours)

    def _text(self) -> str:
        return re.sub(r"\x1b\[[0-9;]*m|\x1b\[\?25[hl]|\r", "", self._written.decode(errors="ignore"))


@pytest.fixture
def screen(monkeypatch: pytest.MonkeyPatch) -> Iterator[Screen]:
    """A terminal of 100 columns, with colours."""
    for name in ("NO_COLOR", "FORCE_COLOR", "TTY_COMPATIBLE", "TTY_INTERACTIVE"):
        monkeypatch.delenv(name, raising=False)
    for name, value in {"TERM": "xterm-256color", "COLUMNS": "100", "LINES": "30"}.items():
        monkeypatch.setenv(name, value)
    opened = Screen()
    yield opened
    opened.close()


def test_a_person_sees_a_step_run_and_then_its_end_and_time_in_the_same_place(
    screen: Screen, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stderr", screen.stream)  # here: pytest sets its own again between a fixture and its test
    told = console()

    def ticks(text: str) -> bool:
        return len(set(re.findall(r"([\d.]+) s  roll out to preprod", text))) > 1

    with told.step("roll out to preprod") as step:
        screen.until(ticks)
        step.made("mixed for 0.2 s")
    text = screen.until(lambda text: text.endswith("mixed for 0.2 s\n"))
    stays = text.rpartition("\x1b[2K")[2]
    assert re.fullmatch(r"done +0\.\d\d s  roll out to preprod  mixed for 0\.2 s\n", stays), repr(text)


def test_no_color_is_respected(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    told, stream = shown(terminal=True)
    with told.step("plan"):
        pass
    assert "\x1b[32m" not in stream.getvalue()


def test_text_is_never_taken_for_markup() -> None:
    told, stream = shown(terminal=False)
    told.note("[red]exceptions[/red].yaml:3")
    assert stream.getvalue() == "[red]exceptions[/red].yaml:3\n"
