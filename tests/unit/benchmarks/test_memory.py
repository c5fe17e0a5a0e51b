import sys
from pathlib import Path

import pytest
from shared.memory import most_memory

from lockage.errors import ToolError

MEGABYTE = 1_000_000
HOLD = "import sys, time; held = b'x' * {}; {}; time.sleep(0.3)"


def measured(code: str, tmp_path: Path) -> int:
    return most_memory([sys.executable, "-c", code], cwd=tmp_path, env={})


def test_what_a_program_starts_counts_with_it(tmp_path: Path) -> None:
    child = HOLD.format(60 * MEGABYTE, "0")
    start = f"__import__('subprocess').run([sys.executable, '-c', {child!r}])"
    assert 100 * MEGABYTE < measured(HOLD.format(40 * MEGABYTE, start), tmp_path) < 150 * MEGABYTE


def test_a_program_that_fails_has_no_figure(tmp_path: Path) -> None:
    with pytest.raises(ToolError) as caught:
        measured("raise SystemExit('it is broken')", tmp_path)
    assert "it is broken" in caught.value.why
