"""Where two artifacts of one name part: the first file that differs, and what of it. Pure."""

from collections.abc import Iterator, Mapping
from importlib.util import source_from_cache

import msgspec


class Parting(msgspec.Struct, frozen=True, kw_only=True):
    """The first difference."""

    path: str
    """The first file that differs; empty when that is not what differs."""
    field: str
    """What of it, in one word: *presence*, or what is compared of files (*content*, *time* …). Without a file: *order*,
    *written*, or of an image *layers*, *configuration* and *time*."""
    what: str
    """The same in words, with both sides' facts."""
    source_too: bool = False
    """Of bytecode: whether its source has other contents as well."""

    def render(self) -> str:
        """One line for people."""
        return f"{self.path}{': ' if self.path else ''}{self.what}"


def first(
    ours: Mapping[str, msgspec.Struct], theirs: Mapping[str, msgspec.Struct], words: Mapping[str, str], *, written: str
) -> Parting:
    """The first difference of two trees that are not the same bytes.

    Args:
        ours: path → what is compared of a file, in the order in which it is told; in the order of the tree.
        theirs: another.
        words: names of what is compared, where people call it otherwise.
        written: how such trees become bytes, as a participle.
    """
    for path in sorted(ours.keys() | theirs.keys()):
        if ours.get(path) != theirs.get(path):
            return _parting(path, ours, theirs, words)
    if list(ours) != list(theirs):
        return Parting(path="", field="order", what="the same files in another order")
    return Parting(path="", field="written", what=f"the same files, {written} to other bytes")


def _parting(
    path: str, ours: Mapping[str, msgspec.Struct], theirs: Mapping[str, msgspec.Struct], words: Mapping[str, str]
) -> Parting:
    source_too = _source_differs(path, ours, theirs)
    if path not in ours or path not in theirs:
        what = f"only {'ours' if path in ours else 'theirs'} has it"
        return Parting(path=path, field="presence", what=what, source_too=source_too)
    differing = list(_differing(ours[path], theirs[path]))
    told = "; ".join(f"{words.get(name, name)} {a} here, {b} there" for name, a, b in differing)
    return Parting(path=path, field=differing[0][0], what=told, source_too=source_too)


def _differing(ours: msgspec.Struct, theirs: msgspec.Struct) -> Iterator[tuple[str, object, object]]:
    for name in ours.__struct_fields__:
        a, b = getattr(ours, name), getattr(theirs, name)
        if a != b:
            yield name, a, b


def _source_differs(path: str, ours: Mapping[str, msgspec.Struct], theirs: Mapping[str, msgspec.Struct]) -> bool:
    if not path.endswith(".pyc"):
        return False
    try:
        source = source_from_cache(path)
    except ValueError:  # it stands beside its source
        source = path.removesuffix("c")
    found = [getattr(tree.get(source), "content", None) for tree in (ours, theirs)]
    return found[0] != found[1]
