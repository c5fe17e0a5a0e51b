import io
import subprocess
import sys

import pytest

from lockage.console import Console, PlainView
from lockage.report.live import console, shared
from lockage.report.terminal import LiveView


def test_a_person_sees_what_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    assert isinstance(console()._view, LiveView)  # noqa: SLF001 - which view was chosen is what the test asks


def test_without_a_person_nothing_is_imported_that_draws() -> None:
    asked = "import sys, lockage.report.live as live; live.console(); raise SystemExit('rich' in sys.modules)"
    subprocess.run([sys.executable, "-c", asked], check=True, capture_output=True)  # noqa: S603 - the test's own words


def test_a_pipe_gets_plain_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys.stderr, "isatty", lambda: False)
    assert isinstance(console()._view, PlainView)  # noqa: SLF001 - which view was chosen is what the test asks


def test_verbs_inside_of_another_share_its_console() -> None:
    told = Console(PlainView(io.StringIO()))
    with shared(told):
        assert console() is told
    assert console() is not told
