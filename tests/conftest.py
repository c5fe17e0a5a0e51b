"""What every kind of test stands on."""

import signal
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from xdist.remote import Producer
    from xdist.scheduler import Scheduling

# A shell that starts a job in the background leaves it deaf to Ctrl-C, and so all that it starts. Tests that press
# Ctrl-C mean the terminal's own, wherever they run.
signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: "Producer") -> "Scheduling":
    """Where tests are run by several processes, those that share what is costly to make are run by one of them.

    Groups are begun in the order of the command line, so that the longest need not come last.
    """
    from xdist.scheduler import LoadScopeScheduling  # noqa: PLC0415 - where end-to-end checks run alone, there is none

    class ByGroup(LoadScopeScheduling):
        def _split_scope(self, nodeid: str) -> str:
            return group(nodeid)

    return ByGroup(config, log)


def group(nodeid: str) -> str:
    """All workflows, which share one release; a folder of integration tests; else a file."""
    path = nodeid.partition("::")[0]
    folders = path.split("/")
    depth = {"workflows": 2, "integration": 3}.get(folders[1] if len(folders) > 1 else "")
    return "/".join(folders[:depth])
