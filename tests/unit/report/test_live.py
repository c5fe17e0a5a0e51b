import io
import sys

import pytest
from rich.console import Console as Terminal

from lockage.console import Console, PlainView
from lockage.report.live import LiveView, console, shared


def shown(*, terminal: bool, **options: object) -> tuple[Console, io.StringIO]:
    stream = io.StringIO()
    return Console(LiveView(Terminal(file=stream, force_terminal=terminal, width=100, **options))), stream  # type: ignore[arg-type]


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
    with told.step("roll out to preprod"):
        while "roll out to preprod" not in stream.getvalue():
            pass


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


def test_a_pipe_gets_plain_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys.stderr, "isatty", lambda: False)
    assert isinstance(console()._view, PlainView)  # noqa: SLF001 - which view was chosen is what the test asks


def test_verbs_inside_of_another_share_its_console() -> None:
    told = Console(PlainView(io.StringIO()))
    with shared(told):
        assert console() is told
    assert console() is not told
