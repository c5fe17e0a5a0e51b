"""One process at a time in a folder that several share."""

import fcntl
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def alone(folder: Path) -> Iterator[None]:
    """Make the folder and hold its lock file; others wait. However this process ends, the kernel lets go of it.

    What is made in the folder is made under ``.part-…`` and renamed; such parts of processes that were killed are
    removed here.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / ".lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        for left in folder.glob(".part-*"):
            shutil.rmtree(left)
        yield
