"""A mistake in a configuration file, and the error that lists them all."""

from collections.abc import Iterable

import msgspec

from lockage.errors import UsageError

_REMEDY = "correct every line named above; nothing was done"


class Mistake(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that is wrong, and where."""

    line: int
    """In the file, from 1; 0 when the file as a whole is meant."""
    key: str
    """Dotted path, such as ``functions.scorer.grants[0].to``; empty for the file as a whole."""
    problem: str
    nearest: str = ""
    """The valid key or value closest to what was written; empty when nothing comes close."""
    remedy: str = ""
    """What to do about it, where correcting its line is not all that can be meant."""

    def render(self, file: str) -> str:
        """``lockage.yaml:12: functions.scorer: unknown key 'memroy_mb' (did you mean 'memory_mb'?)``."""
        place = f"{file}:{self.line}" if self.line else file
        key = f"{self.key}: " if self.key else ""
        hint = f" (did you mean {self.nearest!r}?)" if self.nearest else ""
        return f"{place}: {key}{self.problem}{hint}"


class ConfigError(UsageError):
    """A configuration file has mistakes; all of them are listed.

    Args:
        file: the file's name as the caller gave it.
        mistakes: at least one.
        remedy: what to do next, if not simply to correct them.
    """

    def __init__(self, file: str, mistakes: Iterable[Mistake], *, remedy: str = "") -> None:
        self.file = file
        self.mistakes = tuple(sorted(mistakes, key=lambda m: (m.line, m.key)))
        number = "1 mistake" if len(self.mistakes) == 1 else f"{len(self.mistakes)} mistakes"
        super().__init__(
            f"{file} has {number}",
            why="\n".join(m.render(file) for m in self.mistakes),
            remedy=remedy or "\n".join([_REMEDY, *dict.fromkeys(m.remedy for m in self.mistakes if m.remedy)]),
        )


def nearest(written: str, valid: Iterable[str]) -> str:
    """The valid word closest to what was written, or nothing when none is close."""
    import difflib  # noqa: PLC0415 - only needed when there is a mistake

    close = difflib.get_close_matches(written, sorted(valid), n=1, cutoff=0.6)
    return close[0] if close else ""
