"""Several things are worked on at once, as many as the machine bears; after Ctrl-C no program is left running."""

import os
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from typing import TypeVar

from lockage.tools.process import interrupt_all

T = TypeVar("T")
R = TypeVar("R")

_MOST = 4
"""A cataloguer or scanner holds some hundred megabytes, and reads much: more at once would only wait for the disk."""
_AGAIN_SECONDS = 0.1


def several(work: Callable[[T], R], items: Iterable[T]) -> list[R]:
    """The results in the order of the items. Nothing more is begun after a failure; what runs comes to its end.

    Args:
        work: what is done to each, in a thread; if it runs programs, by :func:`lockage.tools.process.run`.
        items: independent of each other.

    Raises:
        Exception: what the first item, in order, raised that failed.
    """
    with ThreadPoolExecutor(min(_MOST, os.cpu_count() or 1)) as pool:
        futures = [pool.submit(work, item) for item in items]
        try:
            return [future.result() for future in futures]
        except BaseException as error:
            pool.shutdown(wait=False, cancel_futures=True)
            if not isinstance(error, Exception):  # Ctrl-C, or a request to end
                _end([one for one in futures if not one.cancelled()])  # for which wait() would wait for ever
            raise


def _end(futures: "Sequence[Future[R]]") -> None:
    """Interrupt what they run, again and again: one may only be about to start its program."""
    while wait(futures, timeout=_AGAIN_SECONDS).not_done:
        interrupt_all()
