"""What a process has started in the Docker engine; others work there too."""

import os
import time
from collections.abc import Sequence
from pathlib import Path

from lockage.tools.process import Running, run

_PATIENCE = 60.0
"""Seconds."""


def started_by(process: int | None = None) -> set[str]:
    """Containers that a process is to remove, this one's by default."""
    label = f"label=lockage.invoke={os.getpid() if process is None else process}"
    return set(run(["docker", "ps", "--all", "--quiet", "--filter", label]).stdout.split())


def hold_ctrl_c_leaves_nothing(command: Sequence[str | Path], log: Path, *, containers: int) -> None:
    """Interrupt a program as soon as it has so many containers, and hold that it ends so and takes all of them away."""
    running = Running(command, log=log)
    try:
        deadline = time.monotonic() + _PATIENCE
        while len(started_by(running.pid)) < containers:
            assert time.monotonic() < deadline, running.tail()
            assert running.ended() is None, running.tail()
            time.sleep(0.1)
    finally:
        running.stop()  # interrupts first, as Ctrl-C does
    assert running.ended() == 130, running.tail()
    assert started_by(running.pid) == set()
