"""The door: a function that does not answer where it will live goes no further."""

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import ClassVar

import msgspec

from lockage.errors import Inconclusive, LockageError, UsageError
from lockage.inspect.emulator.standing import RULES
from lockage.model.check import ArtifactCheck, Failure
from lockage.model.ids import Digest

_FAILED = ("function", "{} failed")
_SENTENCES = {
    "native": ("artifact", "native code of {} does not fit"),
    "doubt": ("artifact", "of native code of {} it could not be told"),
    "machine": ("function", "{} could not be tried"),
}


class FunctionsFailed(LockageError):  # noqa: N818 - an outcome
    """A function does not import or does not answer its probe, or its native code does not fit the runtime."""

    exit_code: ClassVar[int] = 18


class Expected(msgspec.Struct, frozen=True, kw_only=True):
    """What a check must be of, to count."""

    artifact: Digest
    layers: tuple[Digest, ...]
    asked: dict[str, Digest]
    """For every function that runs the artifact, how it is asked: :attr:`lockage.inspect.emulator.call.Call.asked`.

    Empty where none does: then only native code counts.
    """


def hold_answered(checks: Sequence[ArtifactCheck]) -> None:
    """Refuse functions that did not answer, and native code that does not fit, all of it at once.

    Raises:
        FunctionsFailed: at least one failed; those of which nothing is known are listed with them.
        Inconclusive: none failed, and of at least one nothing is known.
    """
    failures = [one for check in checks for one in check.failures]
    failed = [one for one in failures if one.outcome == "fail"]
    if failed:
        raise FunctionsFailed(_what(failed), why=_told(failures), remedy=_remedies(failures))
    if failures:
        raise Inconclusive(_what(failures), why=_told(failures), remedy=_remedies(failures))


def hold_checked(check: ArtifactCheck, expected: Expected) -> tuple[str, ...]:
    """Hold that what is to go on has been run just so, and answered; why that may serve a rehearsal only.

    Raises:
        UsageError: it is a check of something else.
        FunctionsFailed: a function failed.
        Inconclusive: of a function nothing is known.
    """
    asked = {one.function: one.asked for one in check.functions}
    wrong = [
        f"{what}: checked was {found}, here is {wanted}"
        for what, found, wanted in (
            ("the artifact", check.artifact, expected.artifact),
            ("its layers", " ".join(check.layers) or "none", " ".join(expected.layers) or "none"),
            ("how functions are run", check.rules, RULES),
            ("native code", "looked at" if check.native else "not looked at", "looked at"),
            *((f"how {name} is asked", asked.get(name, "nothing"), wanted) for name, wanted in expected.asked.items()),
        )
        if found != wanted
    ]
    if wrong:
        name = check.name
        run = f"the functions of {name} were not run as they are now"
        raise UsageError(
            run if expected.asked else f"{name} was not checked as it is now",
            why="\n".join(wrong),
            remedy=f"check it again: ./noxw -s check -- {name}",
        )
    hold_answered([check])
    return (check.second_source,) if check.second_source else ()


def _what(failures: Iterable[Failure]) -> str:
    """``2 functions failed, and native code of 1 artifact does not fit``."""
    counts = Counter(_SENTENCES.get(one.kind, _FAILED) for one in failures)
    told = (text.format(f"{number} {what}{'' if number == 1 else 's'}") for (what, text), number in counts.items())
    return ", and ".join(told)


def _told(failures: Iterable[Failure]) -> str:
    return "\n".join(f"{one.what}\n{_indented(one.why)}" for one in failures)


def _indented(text: str) -> str:
    return "\n".join(f"  {line}" for line in text.splitlines())


def _remedies(failures: Iterable[Failure]) -> str:
    return "\n".join(dict.fromkeys(one.remedy for one in failures))
