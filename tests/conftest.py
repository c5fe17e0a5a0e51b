"""What every kind of test stands on."""

import signal
from typing import Any

import pytest

# A shell that starts a job in the background leaves it deaf to Ctrl-C, and so all that it starts. Tests that press
# Ctrl-C mean the terminal's own, wherever they run.
signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:  # noqa: ANN401 - pytest-xdist has no types
    """Where tests are run by several processes, those that share what is costly to make are run by one of them.

    Groups are begun in the order of the command line, so that the longest need not come last.
    """
    from xdist.scheduler import LoadScopeScheduling  # noqa: PLC0415 - where end-to-end checks run alone, there is none

    scheduler = LoadScopeScheduling(config, log)
    scheduler._split_scope = group  # noqa: SLF001 - what its subclasses are for
    return scheduler


def group(nodeid: str) -> str:
    """All workflows, which share one release; a folder of integration tests; else a file."""
    path = nodeid.partition("::")[0]
    folders = path.split("/")
    depth = {"workflows": 2, "integration": 3}.get(folders[1] if len(folders) > 1 else "")
    return "/".join(folders[:depth])
