"""One line of one handler changed: build and push, against bare ``docker buildx build`` and ``crane push`` of the same.

Ours is ``lockage build`` as a process: plan, staging, build, reading back, budget. The bare side gets its contexts
staged for free and writes the same kind of layout. Both push with the same crane to the same empty registry.
"""

import shutil
import tempfile
from functools import partial
from pathlib import Path

from shared.ground import HANDLER, PLATFORM, LocalRegistry, build, copy_platform, edit, local_registry, seconds, told
from shared.limits import Figures, at_most

from lockage.build.image import packed_lock
from lockage.build.stage import stage_scripts, stage_sources, stage_tool
from lockage.cli.build import workshop
from lockage.console import Console
from lockage.model.dist import DistDir
from lockage.plan.make import make_plan
from lockage.plan.recipe import Recipe
from lockage.tools.buildx import Build, choose, command
from lockage.tools.cache import cache_dir
from lockage.tools.docker import Docker
from lockage.tools.locked import Locked
from lockage.tools.process import run

ROUNDS = 7
LIMITS = {"one-line-ours-to-bare": at_most(1.5)}


class Ours:
    """``lockage build`` and a push."""

    def __init__(self, project: Path, registry: LocalRegistry) -> None:
        self._project = project
        self._registry = registry
        self.sent = 0

    def round(self, number: int) -> float:
        """Seconds for one change."""
        edit(self._project / HANDLER, f"by ours, round {number}")
        return seconds(partial(self._release, str(number)))

    def _release(self, tag: str) -> None:
        build(self._project)
        self.sent = self._registry.push(self._project / "dist" / PLATFORM / "layout", "ours", tag)


class Bare:
    """The same by hand."""

    def __init__(self, project: Path, registry: LocalRegistry, work: Path) -> None:
        self._project = project
        self._registry = registry
        self._work = work

    def round(self, number: int) -> float:
        """Seconds for one change, contexts staged before the clock starts."""
        edit(self._project / HANDLER, f"by bare, round {number}")
        plan = make_plan(self._project / "lockage.yaml", (PLATFORM,), Docker())
        recipe = plan.step(PLATFORM).recipe
        assert isinstance(recipe, Recipe)  # noqa: S101 - it is an image
        what = self._stage(recipe, self._work / f"round-{number}")
        builder = choose(Docker().engine())
        taken = seconds(partial(self._release, command(builder, what), what.output, str(number)))
        shutil.rmtree(what.output)
        return taken

    def _release(self, build_command: list[str | Path], output: Path, tag: str) -> None:
        run(build_command)
        self._registry.push(output, "bare", tag)

    def _stage(self, recipe: Recipe, folder: Path) -> Build:
        """What a person would have lying around: folders that are ready to be copied."""
        cache, tool, lock = cache_dir(), recipe.tools[0], recipe.lock
        assert lock  # noqa: S101 - this repository's image has one
        (folder / "bare-context").mkdir(parents=True)
        stage_sources(self._project, recipe, folder / "sources", folder / "checks")
        (folder / "sources" / HANDLER.relative_to("functions")).touch()  # as an editor would: BuildKit compares times
        stage_scripts(folder / "lockage")
        dist = DistDir(self._project / "dist")
        dependencies = packed_lock(recipe, lock, workshop(self._project / "lockage.yaml", dist, Console())).context
        base = dist.read_artifact("base")
        return Build(
            name=recipe.dockerfile.path,
            dockerfile=self._project / recipe.dockerfile.path,
            context=folder / "bare-context",
            contexts={
                "base": f"docker-image://lockage/platform-base@{base.digest}",
                "dependencies": dependencies,
                tool.name: stage_tool(tool, Locked().path(tool.name).path, recipe, cache).context,
                **{name: str(folder / name) for name in ("sources", "checks", "lockage")},
            },
            platform=recipe.platform,
            epoch=0,
            rewrite=False,
            output=folder / "layout",
        )


def main() -> None:
    """Change, build and push by turns; never the same change twice, or the other side would find it cached."""
    with tempfile.TemporaryDirectory() as work, local_registry() as registry:
        project = Path(work) / "project"
        copy_platform(project)
        build(project)
        for repository in ("ours", "bare"):
            registry.push(project / "dist" / PLATFORM / "layout", repository, "before")
        ours, bare = Ours(project, registry), Bare(project, registry, Path(work))
        rounds = [(ours.round(number), bare.round(number)) for number in range(1, ROUNDS + 1)]
    print(f"bytes pushed for one line: {ours.sent:,} (the last layer and the configuration)")
    figures, mine = Figures(LIMITS), told("ours: lockage build, crane push", [our for our, _ in rounds])
    theirs = told("bare: docker buildx build, crane push", [their for _, their in rounds])
    figures.ratio("one-line-ours-to-bare", mine / theirs)
    figures.hold()


if __name__ == "__main__":
    main()
