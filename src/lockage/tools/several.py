"""Several things are worked on at once, as many as the machine bears; after Ctrl-C no program is left running."""

import os
import signal
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import FIRST_EXCEPTION, Future, ThreadPoolExecutor, wait
from typing import TypeVar

from lockage.tools.process import given_up, interrupt_all

T = TypeVar("T")
R = TypeVar("R")

_MOST = 4
"""A cataloguer or scanner holds some hundred megabytes, and reads much: more at once would only wait for the disk."""
_AGAIN_SECONDS = 0.1
_PATIENCE = ((signal.SIGINT, 5.0), (signal.SIGTERM, 3.0), (signal.SIGKILL, float("inf")))
"""What programs are sent, and how long each gets before the next."""


def several(work: Callable[[T], R], items: Iterable[T]) -> list[R]:
    """The results in the order of the items. Nothing more is begun after a failure; what runs comes to its end.

    Args:
        work: what is done to each, in a thread; if it runs programs, by :func:`lockage.tools.process.run`.
        items: independent of each other.

    Raises:
        Exception: what the first item, in order, raised that failed.
    """
    threads: set[int] = set()

    def one(item: T) -> R:
        threads.add(threading.get_ident())
        return work(item)

    with ThreadPoolExecutor(min(_MOST, os.cpu_count() or 1)) as pool:
        futures = [pool.submit(one, item) for item in items]
        try:
            wait(futures, return_when=FIRST_EXCEPTION)
            pool.shutdown(wait=False, cancel_futures=True)
            return _results(futures)
        except BaseException as error:
            pool.shutdown(wait=False, cancel_futures=True)
            if not isinstance(error, Exception):  # Ctrl-C, or a request to end
                with given_up(threads):
                    _end(futures)
            raise


def _results(futures: "Sequence[Future[R]]") -> list[R]:
    """Of what was begun; what was interrupted is raised before what failed."""
    begun = [one for one in futures if not one.cancelled()]
    while wait(begun, timeout=_AGAIN_SECONDS).not_done:
        if interrupt := next((error for one in begun if (error := _interrupt(one))), None):
            raise interrupt
    return [one.result() for one in begun]


def _interrupt(future: "Future[R]") -> BaseException | None:
    error = future.exception() if future.done() else None
    return error if error is not None and not isinstance(error, Exception) else None


def _end(futures: "Sequence[Future[R]]") -> None:
    """Interrupt what they run, each program once: one may only be about to start its own."""
    begun = [one for one in futures if not one.cancelled()]
    for number, patience in _PATIENCE:
        told, until = interrupt_all(number), time.monotonic() + patience
        while wait(begun, timeout=_AGAIN_SECONDS).not_done and time.monotonic() < until:
            told |= interrupt_all(number, but=told)
        if not wait(begun, timeout=0).not_done:
            return
