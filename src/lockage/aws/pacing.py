"""Stays below a service's request rate instead of being refused by it."""

import threading
import time
from collections.abc import Callable

LAMBDA_CHANGES_PER_SECOND = 12.0
"""Lambda takes 15 control-plane requests a second for an account and Region together, and that cannot be raised
(https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html); a fifth is left to everybody else."""


class Pace:
    """A token bucket, shared by all that calls one account and Region.

    Args:
        rate: tokens a second.
        burst: tokens that a quiet time saves up.
        clock: seconds, monotonic.
        sleep: waits for seconds.
    """

    def __init__(
        self,
        rate: float = LAMBDA_CHANGES_PER_SECOND,
        *,
        burst: int = 3,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._rate, self._burst = rate, float(burst)
        self._clock, self._sleep = clock, sleep
        self._tokens, self._at = self._burst, clock()
        self._lock = threading.Lock()

    def take(self) -> None:
        """Wait until the next request fits."""
        with self._lock:
            now = self._clock()
            self._tokens = min(self._burst, self._tokens + (now - self._at) * self._rate)
            self._at = now
            self._tokens -= 1
            debt = -self._tokens / self._rate
        if debt > 0:
            self._sleep(debt)
