"""Checks of what comes from outside: every mistake of an object at once, in words its sender can act on."""

import re
from collections.abc import Callable, Mapping

Check = Callable[[object], str]
"""Takes a value and says what it must be; empty when it is that."""


class InvalidInputError(ValueError):
    """Input that was refused as a whole; nothing was done with it."""

    def __init__(self, mistakes: list[str]) -> None:
        super().__init__("; ".join(mistakes))
        self.mistakes = mistakes


def text(pattern: str, wanted: str) -> Check:
    """A string that matches the pattern from end to end."""
    compiled = re.compile(pattern)
    return lambda value: "" if isinstance(value, str) and compiled.fullmatch(value) else f"must be {wanted}"


def printable(longest: int) -> Check:
    """A string of printable characters, in any script, with no space at its ends."""

    def check(value: object) -> str:
        fine = isinstance(value, str) and 0 < len(value) <= longest and value.isprintable() and value == value.strip()
        return "" if fine else f"must be 1 to {longest} printable characters"

    return check


def one_of(*allowed: str) -> Check:
    """One of a few words."""
    return lambda value: "" if isinstance(value, str) and value in allowed else f"must be one of {', '.join(allowed)}"


def flag(value: object) -> str:
    """Exactly true or false: a string such as ``"false"`` would count as true further on."""
    return "" if isinstance(value, bool) else "must be true or false"


def mistakes_of(
    value: object, required: Mapping[str, Check], optional: Mapping[str, Check], where: str = ""
) -> list[str]:
    """All that is wrong with an object, unknown names included: a misspelt one must not pass as absent."""
    if not isinstance(value, Mapping):
        return [f"{where or 'the input'} must be an object"]
    checks = {**required, **optional}
    prefix = f"{where}." if where else ""
    absent = [f"{prefix}{name} is missing" for name in required if name not in value]
    wrong = [
        f"{prefix}{name} {said}" for name, check in checks.items() if name in value and (said := check(value[name]))
    ]
    unknown = [f"{prefix}{name!s:.40} is unknown" for name in value if name not in checks]
    return [*absent, *wrong, *unknown]


ACCOUNT_ID = text(r"[0-9]{12}", "12 digits, as a string")
