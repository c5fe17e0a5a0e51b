"""Extension modules by the name Python looks for: one for another Python is not imported, whatever is in it."""

import posixpath
import re
from collections.abc import Iterator

from lockage.inspect.native.case import Case
from lockage.inspect.native.remark import Remark

_MARKED = re.compile(r"\.(?P<mark>(?:cpython|pypy|graalpy)[^./]*)\.so$")
"""``module.cpython-313-x86_64-linux-gnu.so``; ``abi3`` and no mark at all suit every CPython 3."""

_SUITS_ALL = ("abi3.so", "so")


def extensions(case: Case) -> Iterator[Remark]:
    """Extension modules that the target's Python will not see."""
    names = {*case.tree.objects, *case.tree.misnamed}
    own = case.target.extension
    for path in names:
        found = _MARKED.search(path)
        if found is None or found["mark"] == own:
            continue
        module = path[: found.start()]
        fitting = next((one for one in (f"{own}.so", *_SUITS_ALL) if f"{module}.{one}" in names), "")
        beside = f"; {posixpath.basename(module)}.{fitting} beside it is" if fitting else ""
        yield Remark(
            path=path,
            kind="python",
            weight="note" if fitting else "mistake",
            needs=f"the Python that imports {found['mark']}",
            has=f"{case.where} imports {own}, abi3 and unmarked ones{beside}",
            remedy=f"fetch the wheels for Python {case.target.python}, not for the Python that packs them",
        )


def is_extension(path: str) -> bool:
    """Whether a file's name says that Python imports it, and nothing else needs to."""
    return bool(_MARKED.search(path)) or path.endswith(".abi3.so")
