"""How a release's artifacts weigh against the release before it. Pure."""

from collections.abc import Iterable, Mapping

import msgspec

from lockage.model.release import Release, Weight

_MEGA = 1_000_000


class Trend(msgspec.Struct, frozen=True, kw_only=True):
    """One artifact, now and before."""

    now: Weight
    before: Weight | None
    """None where the release before had no such artifact, or did not say what it weighed."""

    @property
    def cells(self) -> tuple[str, str, str, str]:
        """Name, size, unpacked and packages, each with its change."""
        now, before = self.now, self.before
        return (
            now.name,
            _megabytes(now.size, before.size if before else None),
            _megabytes(now.unpacked, before.unpacked if before else None),
            f"{now.packages}{_change(now.packages, before.packages if before else None, '{:+d}')}",
        )


HEAD = ("artifact", "to push", "unpacked", "packages")
"""Of :attr:`Trend.cells`."""


def trends(release: Release, before: Release | None) -> tuple[Trend, ...]:
    """Every artifact of a release beside what it was in the one before."""
    known: Mapping[str, Weight] = {one.name: one for one in before.weights} if before else {}
    return tuple(Trend(now=one, before=known.get(one.name)) for one in release.weights)


def as_lines(found: Iterable[Trend]) -> list[str]:
    """A line an artifact, for a terminal."""
    return [
        f"{name}: {size} to push, {unpacked} unpacked, {packages} packages"
        for name, size, unpacked, packages in (one.cells for one in found)
    ]


def as_markdown(found: Iterable[Trend]) -> str:
    """A table for GitHub's step summary; empty without artifacts."""
    rows = [f"| {' | '.join(one.cells)} |" for one in found]
    return "\n".join([f"| {' | '.join(HEAD)} |", f"|{' --- |' * len(HEAD)}", *rows, ""]) if rows else ""


def _megabytes(now: int, before: int | None) -> str:
    return f"{now / _MEGA:.1f} MB{_change(now / _MEGA, None if before is None else before / _MEGA, '{:+.1f}')}"


def _change(now: float, before: float | None, form: str) -> str:
    if before is None:
        return " (new)"
    return f" ({form.format(now - before)})" if now != before else " (=)"
