"""Which functions need not be run again: equal bytes, asked equally in an equal image, answer as they did; pure.

Only what passed stands. A failure may have been the machine's, and whoever asks again has mended something.
"""

from collections.abc import Iterable

from lockage.inspect.emulator.call import Call
from lockage.model.check import ArtifactCheck, FunctionCheck, NativeCheck

RULES = "4"
"""Version of how native code is held and functions are run; to be raised when either could come out otherwise now."""


def standing(before: ArtifactCheck | None, now: ArtifactCheck, calls: Iterable[Call]) -> dict[str, FunctionCheck]:
    """What stands, by function.

    Args:
        before: what was found last; None for nothing.
        now: the same artifact as it would be run now, without functions.
        calls: how each of its functions would be asked now.
    """
    if before is None or _basis(before) != _basis(now):
        return {}
    asked = {call.function: call.asked for call in calls}
    return {
        one.function: one for one in before.functions if one.failure is None and asked.get(one.function) == one.asked
    }


def standing_native(before: ArtifactCheck | None, now: ArtifactCheck) -> NativeCheck | None:
    """What was found of native code, if that stands."""
    if before is None or _basis(before) != _basis(now) or before.native is None:
        return None
    return None if before.native.failure else before.native


def _basis(check: ArtifactCheck) -> tuple[object, ...]:
    """What a check rests on, beside what each function was asked."""
    return check.artifact, check.layers, check.runtime, check.runtime_digest, check.second_source, check.rules
