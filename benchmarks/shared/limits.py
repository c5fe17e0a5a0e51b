"""Figures and what they are held to: each is printed as it comes, and all are compared when they are there."""

from collections.abc import Mapping
from typing import NamedTuple


class Limit(NamedTuple):
    """What a figure may be."""

    figure: float
    least: bool
    """Whether it may not be below the limit, rather than not above it."""

    def holds(self, figure: float) -> bool:
        """Whether a figure is within it; one that is no number is not."""
        return figure >= self.figure if self.least else figure <= self.figure

    def __str__(self) -> str:
        return f"at {'least' if self.least else 'most'} {self.figure:g}"


def at_least(figure: float) -> Limit:
    """For what should be much."""
    return Limit(figure, least=True)


def at_most(figure: float) -> Limit:
    """For what should be little."""
    return Limit(figure, least=False)


class Figures:
    """The figures of one run.

    Args:
        limits: what each is held to; there are no others.
    """

    def __init__(self, limits: Mapping[str, Limit]) -> None:
        self._limits, self._found = limits, dict[str, float]()

    def ratio(self, what: str, figure: float) -> None:
        """Print one."""
        if what not in self._limits:
            raise ValueError(f"{what} is held to nothing")
        self._found[what] = figure
        print(f"ratio {what} {figure:.2f}", flush=True)

    def hold(self) -> None:
        """Compare all of them.

        Raises:
            SystemExit: naming all that are not within their limits, or not there.
        """
        missed = [self._missed(what, limit) for what, limit in self._limits.items() if not self._holds(what, limit)]
        if missed:
            raise SystemExit("\n".join(missed))

    def _holds(self, what: str, limit: Limit) -> bool:
        return what in self._found and limit.holds(self._found[what])

    def _missed(self, what: str, limit: Limit) -> str:
        found = f"{self._found[what]:.3f}" if what in self._found else "not measured"
        return f"missed {what}: {found}, and should be {limit}"
