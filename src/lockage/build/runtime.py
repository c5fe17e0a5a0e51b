"""The Python of the image that will run what is built: it compiles packages, and builds sdists.

BuildKit runs it, with no network, on copies of what is to be worked on.
"""

import os
import tempfile
from collections.abc import Mapping
from pathlib import Path

from lockage.build import stage
from lockage.build.bases import Bases
from lockage.console import Console
from lockage.errors import Inconclusive
from lockage.plan.recipe import Base
from lockage.tools.buildx import BuildFailed, Buildx, DiskFull, Export

_COMPILE = """\
FROM scratch AS trees
FROM scratch AS lockage
FROM {base} AS compiled
USER 0:0
COPY --from=trees / /trees/
RUN --mount=type=bind,from=lockage,source=/,target=/lockage python3 /lockage/wheels.py /trees /bytecode
FROM scratch
COPY --from=compiled /bytecode/ /
"""

_BUILD = """\
FROM scratch AS sdists
FROM scratch AS requirements
FROM scratch AS lockage
FROM {base} AS built
USER 65534:65534
ENV HOME=/tmp LANG=C.UTF-8 LC_ALL=C.UTF-8 TZ=UTC PIP_CONFIG_FILE=/dev/null PYTHONPATH=/requirements
ENV SOURCE_DATE_EPOCH=315532800 PYTHONHASHSEED=0 PYTHONDONTWRITEBYTECODE=1
RUN --mount=type=bind,from=lockage,source=/,target=/lockage \
    --mount=type=bind,from=requirements,source=/,target=/requirements \
    --mount=type=bind,from=sdists,source=/,target=/sdists \
    python3 /lockage/sdists.py /sdists /tmp/wheels
FROM scratch
COPY --from=built /tmp/wheels/ /
"""

_LAST_LINES = 40
_MALFORMED = ("cannot be unpacked", "is no sdist")
"""What ``inside/sdists.py`` says of one that it does not even try to build."""

_ANOTHER = (
    "it was made so by mistake or to do harm: use another version of it, or a wheel, and tell whoever published it"
)
_WHAT_IT_NEEDS = (
    "a Python package that it lacks belongs into the lock of from_source.requirements; Lambda's images have no "
    "compiler.\nElse use a wheel, of another version or from another index, or build in a pinned image that has what "
    "it needs"
)


class SdistFailed(BuildFailed):
    """A source distribution that gives no wheel."""


class Runtime:
    """The image of one runtime.

    Args:
        base: the image.
        buildx: runs it.
        bases: knows where the image is, and what the engine runs on.
        console: is told how long compiling takes.
    """

    def __init__(self, base: Base, buildx: Buildx, bases: Bases, console: Console) -> None:
        self._base, self._buildx, self._bases, self._console = base, buildx, bases, console

    def compile(self, trees: Path) -> None:
        """Put bytecode beside the modules of every folder in ``trees``; each is compiled by itself.

        Raises:
            BuildFailed: the image cannot be had, or its Python failed.
        """
        with self._console.step("bytecode") as step, tempfile.TemporaryDirectory(dir=trees.parent) as work:
            modules, output = Path(work, "modules"), Path(work, "bytecode")
            _link_modules(trees, modules)
            self._run("bytecode", _COMPILE, {"trees": modules}, output)
            _put_beside(output, trees)
            step.made(f"{len(list(trees.iterdir()))} compiled")

    def build(self, sdists: Path, requirements: Path, wheels: Path, platform: str) -> None:
        """Make a wheel of every source distribution in a folder.

        Args:
            sdists: the folder; each is called ``<name>-<version>`` and its suffix.
            requirements: what builds them, unpacked: ``pip`` and their back ends.
            wheels: takes the wheels.
            platform: what they are for, which must be what the engine runs on.

        Raises:
            Inconclusive: the engine runs on another platform.
            SdistFailed: one of them gave no wheel.
            BuildFailed: the image cannot be had, or the disk is full.
        """
        self._hold_native(platform)
        try:
            self._run("sdists", _BUILD, {"sdists": sdists, "requirements": requirements}, wheels)
        except DiskFull:
            raise
        except BuildFailed as error:
            raise _explained(error, sdists) from error

    def _hold_native(self, platform: str) -> None:
        native = self._bases.platform
        if native != platform:
            raise Inconclusive(
                f"sdists for {platform} cannot be built here",
                why=f"the Docker engine runs on {native}, and what is built from source is built where it will run",
                remedy=f"build on a machine of {platform}, or with an engine on one (docker context use); "
                "or take wheels: a package that has one needs no from_source",
            )

    def _run(self, name: str, dockerfile: str, contexts: Mapping[str, Path], output: Path) -> None:
        """Build the last stage of a Dockerfile on the image, and have its files."""
        with tempfile.TemporaryDirectory(dir=output.parent) as work:
            scripts, main = Path(work, "lockage"), Path(work, f"lockage-{Path(work).name}")
            Path(work, "Dockerfile").write_text(dockerfile.format(base=self._base.reference))
            stage.stage_scripts(scripts)
            main.mkdir()
            given = {"lockage": str(scripts), **{key: str(folder) for key, folder in contexts.items()}}
            if self._base.context:
                given[self._base.reference] = self._bases.place_of(self._base)
            self._buildx.prepare()
            self._buildx.export(
                Export(name=name, dockerfile=Path(work, "Dockerfile"), context=main, contexts=given, output=output)
            )


def _explained(error: BuildFailed, sdists: Path) -> BuildFailed:
    """An error that says which sdist failed; the same if none did."""
    lines = error.why.splitlines()[1:]  # the first is the step
    name = next((path.name for path in sorted(sdists.iterdir()) if any(path.name in one for one in lines[-3:])), "")
    if not name:
        return error
    malformed = any(f"{name} {sign}" in line for line in lines[-3:] for sign in _MALFORMED)
    return SdistFailed(
        f"{name} gives no wheel",
        why="\n".join(lines[-_LAST_LINES:]),
        remedy=_ANOTHER if malformed else _WHAT_IT_NEEDS,
    )


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
