"""What every kind of test stands on."""

import signal
from pathlib import Path

import pytest

UNIT = Path(__file__).parent / "unit"
REHEARSING = tuple(Path(__file__).parent / folder for folder in ("rehearsal", "workflows"))

# A shell that starts a job in the background leaves it deaf to Ctrl-C, and so all that it starts. Tests that press
# Ctrl-C mean the terminal's own, wherever they run.
signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Where tests are run by several processes, two share the Docker engine: one rehearses, one does all the rest."""
    for item in items:
        if not item.path.is_relative_to(UNIT):
            rehearses = any(item.path.is_relative_to(folder) for folder in REHEARSING)
            item.add_marker(pytest.mark.xdist_group("rehearsals" if rehearses else "engine"))
