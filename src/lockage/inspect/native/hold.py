"""The door: an artifact whose native code does not fit, or may not fit, goes no further."""

from collections import defaultdict
from collections.abc import Iterable, Iterator

from lockage.errors import Inconclusive, LockageError
from lockage.inspect.native.inspection import NativeInspection
from lockage.inspect.native.remark import Remark

_NAMED = 3


class NativeCodeRefused(LockageError):  # noqa: N818 - the door's own word
    """Native code that will not run where it is going."""


class NativeCodeDoubtful(Inconclusive):
    """Native code of which nobody can say whether it will run there."""


def hold_native(name: str, inspection: NativeInspection) -> None:
    """Refuse an artifact for its native code, with everything that is wrong with it.

    Args:
        name: the artifact's, or the function's when layers were looked at with it.
        inspection: what was found.

    Raises:
        NativeCodeRefused: at least one mistake; doubts are listed with them.
        NativeCodeDoubtful: no mistake, and at least one doubt.
    """
    stopping = (*inspection.mistakes, *inspection.doubts)
    if not stopping:
        return
    where = f"python{inspection.target.python} on {inspection.target.platform} ({inspection.system})"
    why, remedy = "\n".join(_lines(stopping)), "\n".join(dict.fromkeys(one.remedy for one in stopping))
    if inspection.mistakes:
        raise NativeCodeRefused(f"native code in {name} will not run in {where}", why=why, remedy=remedy)
    raise NativeCodeDoubtful(f"whether native code in {name} runs in {where} cannot be told", why=why, remedy=remedy)


def _lines(remarks: Iterable[Remark]) -> Iterator[str]:
    """A line for each thing that is wrong, with the files it is wrong with."""
    wrong: dict[tuple[str, str], list[str]] = defaultdict(list)
    for one in remarks:
        wrong[one.weight, one.sentence].append(one.path)
    for (weight, sentence), paths in wrong.items():
        more = f" and {len(paths) - _NAMED} more" if len(paths) > _NAMED else ""
        doubt = "could not tell: " if weight == "doubt" else ""
        yield f"{doubt}{', '.join(paths[:_NAMED])}{more}: {sentence}"
