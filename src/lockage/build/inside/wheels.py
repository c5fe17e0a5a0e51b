"""Compile packages: ``wheels.py TREES BYTECODE``.

TREES holds a folder a package; BYTECODE takes their bytecode in folders of the same names. Each package is compiled by
a process of its own, because marshalled code depends on what its process compiled before: a package's bytecode must not
depend on its neighbours.
"""

import os
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

COMPILE = Path(__file__).with_name("bytecode.py")


def compile_one(tree: Path, into: Path) -> None:
    """Compile one package, and move its bytecode out of it."""
    subprocess.run([sys.executable, str(COMPILE), str(tree), "", "--lenient"], check=True)  # noqa: S603 - our own script
    for path in sorted(tree.rglob("*.pyc")):
        target = into / path.relative_to(tree)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.move(path, target)


def main(trees: str, bytecode: str) -> int:
    """The script; the process's exit code."""
    folders = sorted(path for path in Path(trees).iterdir() if path.is_dir())
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        list(pool.map(lambda folder: compile_one(folder, Path(bytecode) / folder.name), folders))
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
