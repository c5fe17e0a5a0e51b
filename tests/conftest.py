"""What every kind of test stands on."""

import signal
from pathlib import Path

import pytest

UNIT = Path(__file__).parent / "unit"

# A shell that starts a job in the background leaves it deaf to Ctrl-C, and so all that it starts. Tests that press
# Ctrl-C mean the terminal's own, wherever they run.
signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Where tests are run by several processes, each folder that needs the Docker engine is run by one of them."""
    for item in items:
        if not item.path.is_relative_to(UNIT):
            item.add_marker(pytest.mark.xdist_group(item.path.relative_to(UNIT.parent).parts[0]))
