"""One process at a time in a folder that several share."""

import fcntl
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

from lockage.tools.process import hold_wanted

_POLL_SECONDS = 0.05


@contextmanager
def alone(folder: Path) -> Iterator[None]:
    """Make the folder and hold its lock file; others wait. However this process ends, the kernel lets go of it.

    Whoever waits can be given up meanwhile (:func:`lockage.tools.process.given_up`).

    What is made in the folder is made under ``.part-…`` and renamed; such parts of processes that were killed are
    removed here.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / ".lock").open("w") as file:
        while not _taken(file):
            hold_wanted()
            time.sleep(_POLL_SECONDS)
        for left in folder.glob(".part-*"):
            shutil.rmtree(left)
        yield


def _taken(file: TextIO) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
