"""Answers that are asked for before they are needed: an engine takes its time to say what it is."""

from collections.abc import Callable
from threading import Thread
from typing import Generic, TypeVar

T = TypeVar("T")


class Ahead(Generic[T]):
    """An answer that is on its way; call it to have it.

    Args:
        ask: gives the answer; runs at once, beside whoever will want it.
    """

    def __init__(self, ask: Callable[[], T]) -> None:
        self._ask = ask
        self._answer: T
        self._error: BaseException | None = None
        self._thread = Thread(target=self._work, daemon=True)
        self._thread.start()

    def __call__(self) -> T:
        """The answer, as soon as it is there; raises what asking raised."""
        self._thread.join()
        if self._error is not None:
            raise self._error
        return self._answer

    def _work(self) -> None:
        try:
            self._answer = self._ask()
        except BaseException as error:  # noqa: BLE001 - it is whoever wants the answer that is told
            self._error = error
