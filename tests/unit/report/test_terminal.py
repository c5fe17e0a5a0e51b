import io

import pytest
from rich.console import Console as Terminal

from lockage.console import Console
from lockage.report.terminal import LiveView


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
