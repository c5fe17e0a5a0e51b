"""Work on several things at the same time that can be left at once: nothing waits for what is still under way."""

from collections.abc import Callable, Iterable
from concurrent.futures import Future
from queue import Empty, SimpleQueue
from threading import Event, Thread
from typing import TypeVar

T = TypeVar("T")
R = TypeVar("R")


def together(work: Callable[[T], R], items: Iterable[T], workers: int) -> list[R]:
    """The results in the order of the items.

    The threads are daemons: after a failure or Ctrl-C nothing more is begun, and neither the caller nor the end of
    the process waits, perhaps for 15 minutes, until Lambda has answered what was asked last. So the work must change
    nothing.

    Raises:
        Exception: what the first item, in order, raised that failed.
    """
    if workers == 1:
        return [work(item) for item in items]
    waiting: SimpleQueue[tuple[Future[R], T]] = SimpleQueue()
    futures: list[Future[R]] = []
    for item in items:
        futures.append(Future())
        waiting.put((futures[-1], item))
    stop = Event()
    for _ in range(min(workers, len(futures))):
        Thread(target=_serve, args=(work, waiting, stop), daemon=True).start()
    try:
        return [future.result() for future in futures]
    finally:
        stop.set()


def _serve(work: Callable[[T], R], waiting: "SimpleQueue[tuple[Future[R], T]]", stop: Event) -> None:
    while not stop.is_set():
        try:
            future, item = waiting.get_nowait()
        except Empty:
            return
        try:
            future.set_result(work(item))
        except BaseException as error:  # noqa: BLE001 - the caller is told, whatever it is
            future.set_exception(error)
