"""Builds with a clock: without any cache, and after a changed line with all of them; and what came of them."""

import json
import shutil
import tempfile
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from msgspec.structs import replace

from lockage.build.execute import execute
from lockage.build.packages import Packages
from lockage.build.packs import PackStore
from lockage.cli.build import workshop
from lockage.cli.explain import SYSTEM_TYPES
from lockage.cli.main import main_inner
from lockage.config.load import load_project
from lockage.console import Console
from lockage.model.artifact import Artifact
from lockage.model.dist import DistDir
from lockage.model.packaging import Measured
from lockage.plan.make import make_plan
from lockage.plan.packaging.parts import parts
from lockage.tools.docker import Docker
from lockage.tools.uv import Uv
from shared.ground import seconds
from shared.variants import Variant


class Builds:
    """The builds of one project.

    Args:
        project_file: its ``lockage.yaml``.
        console: told of every step.
    """

    def __init__(self, project_file: Path, console: Console) -> None:
        self._file, self._console = project_file, console
        self._dist = DistDir(project_file.parent / "dist")

    def all(self) -> None:
        """Everything: afterwards every wheel is at hand, and the base stands."""
        execute(make_plan(self._file, (), Docker()), workshop(self._file, self._dist, self._console))

    def without_cache(self, variant: Variant) -> float:
        """Seconds for all that a function runs from, on the standing base: packs, layers and images are made anew."""
        for name in self._names(variant):
            shutil.rmtree(self._dist.folder(name), ignore_errors=True)
        with tempfile.TemporaryDirectory() as empty:
            packages = Packages(PackStore(Path(empty) / "packs"), Uv())
            shop = workshop(self._file, self._dist, self._console)
            return seconds(
                lambda: execute(
                    make_plan(self._file, self._names(variant), Docker()),
                    replace(shop, cache=Path(empty), packages=packages, use_cache=False),
                )
            )

    def again(self, variant: Variant) -> float:
        """Seconds for what has changed, as ``lockage build`` does it; the start of the program is not in it."""
        return seconds(partial(self._again, variant))

    def _again(self, variant: Variant) -> None:
        shop = workshop(self._file, self._dist, self._console)
        execute(make_plan(self._file, (variant.name,), Docker()), shop)

    def describe(self) -> None:
        """SBOMs of everything."""
        main_inner(["sbom", "--project", str(self._file)])

    def measured(self, variant: Variant) -> Measured:
        """Sizes and packages of what stands."""
        made_of = [self._dist.read_artifact(name) for name in self._names(variant)]
        purls = {purl for artifact in made_of for purl in self._packages(artifact)}
        return Measured(
            packaging=variant.packaging,
            size=sum(one.size for one in made_of),
            unpacked=sum(one.unpacked for one in made_of),
            packages=len(purls),
            os_packages=sum(1 for purl in purls if purl.startswith(SYSTEM_TYPES)),
        )

    def _names(self, variant: Variant) -> tuple[str, ...]:
        return parts(load_project(self._file), variant.name).artifacts

    def _packages(self, artifact: Artifact) -> Sequence[str]:
        components = json.loads(self._dist.cyclonedx(artifact.name).read_bytes()).get("components", [])
        return [one["purl"] for one in components if one.get("purl") and not one["purl"].startswith("pkg:oci/")]
