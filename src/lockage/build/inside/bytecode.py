"""Compile every module of a tree, then set all times back: ``bytecode.py TREE PLACE [--lenient]``.

TREE is the folder to compile, PLACE where it will stand in the image, as tracebacks show it. With ``--lenient`` a
module that does not compile merely has no bytecode: some packages ship such files on purpose.

Bytecode is *unchecked-hash*: the only kind that stays valid when files' times are normalised. One process, in a fixed
order, because marshalled code depends on what its process compiled before.
"""

import os
import py_compile
import sys
from pathlib import Path

TIME = 315532800
"""1980-01-01, the earliest time that a zip can hold too."""


def compile_all(tree: Path, place: Path) -> list[str]:
    """Compile all modules; what is wrong with those that do not compile."""
    sys.pycache_prefix = None  # beside its module, whatever the environment says
    mistakes = []
    for path in sorted(tree.rglob("*.py")):
        shown = str(place / path.relative_to(tree))
        try:
            py_compile.compile(
                str(path), dfile=shown, doraise=True, invalidation_mode=py_compile.PycInvalidationMode.UNCHECKED_HASH
            )
        except py_compile.PyCompileError as error:
            mistakes.append(f"{shown} does not compile: {error.msg.strip()}")
    return mistakes


def set_times(tree: Path) -> None:
    """Give all files and folders the one fixed time, folders after what is in them."""
    for path in sorted(tree.rglob("*"), reverse=True):
        os.utime(path, (TIME, TIME), follow_symlinks=False)
    os.utime(tree, (TIME, TIME))


def main(tree: str, place: str, mode: str = "") -> int:
    """The script; the process's exit code."""
    mistakes = compile_all(Path(tree), Path(place))
    set_times(Path(tree))
    if mode == "--lenient":
        return 0
    sys.stderr.writelines(f"{mistake}\n" for mistake in mistakes)
    return 1 if mistakes else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
