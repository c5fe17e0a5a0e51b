"""Bytecode of packages, by the Python of the image that will run them: BuildKit runs it, with no network."""

import os
import tempfile
from pathlib import Path

from lockage.build import stage
from lockage.build.bases import Bases
from lockage.plan.recipe import Base
from lockage.tools.buildx import Buildx, Export

_DOCKERFILE = """\
FROM scratch AS trees
FROM scratch AS lockage
FROM {base} AS compiled
USER 0:0
COPY --from=trees / /trees/
RUN --mount=type=bind,from=lockage,source=/,target=/lockage python3 /lockage/wheels.py /trees /bytecode
FROM scratch
COPY --from=compiled /bytecode/ /
"""


class Compiler:
    """Compiles with one runtime's Python.

    Args:
        base: the runtime's image.
        buildx: runs it.
        bases: knows where the image is.
    """

    def __init__(self, base: Base, buildx: Buildx, bases: Bases) -> None:
        self._base, self._buildx, self._bases = base, buildx, bases

    def compile(self, trees: Path) -> None:
        """Put bytecode beside the modules of every folder in ``trees``; each is compiled by itself.

        Raises:
            BuildFailed: the image cannot be had, or its Python failed.
        """
        with tempfile.TemporaryDirectory(dir=trees.parent) as work:
            dockerfile, scripts, output = Path(work, "Dockerfile"), Path(work, "lockage"), Path(work, "bytecode")
            dockerfile.write_text(_DOCKERFILE.format(base=self._base.reference))
            stage.stage_scripts(scripts)
            main = Path(work, f"lockage-{Path(work).name}")
            main.mkdir()
            modules = Path(work, "trees")
            _link_modules(trees, modules)
            contexts = {"trees": str(modules), "lockage": str(scripts)}
            if self._base.context:
                contexts[self._base.reference] = self._bases.place_of(self._base)
            self._buildx.prepare()
            self._buildx.export(
                Export(name="bytecode", dockerfile=dockerfile, context=main, contexts=contexts, output=output)
            )
            _put_beside(output, trees)


def _link_modules(trees: Path, into: Path) -> None:
    """Only modules are sent: a wheel's libraries can weigh hundreds of times as much."""
    into.mkdir()
    for path in trees.rglob("*.py"):
        target = into / path.relative_to(trees)
        target.parent.mkdir(parents=True, exist_ok=True)
        os.link(path, target)


def _put_beside(bytecode: Path, trees: Path) -> None:
    for path in bytecode.rglob("*.pyc"):
        target = trees / path.relative_to(bytecode)
        target.parent.mkdir(parents=True, exist_ok=True)
        os.replace(path, target)  # noqa: PTH105 - as fast as it gets, for thousands
