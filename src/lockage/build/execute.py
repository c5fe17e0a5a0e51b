"""Carries out a build plan: what does not wait for anything else is built at the same time."""

from functools import partial
from pathlib import Path

from lockage.build.image import Workshop, build_image, weigh
from lockage.build.wrap import build_archive, weigh_archive
from lockage.errors import UsageError
from lockage.model.artifact import Artifact, ImageArtifact
from lockage.oci import layout
from lockage.plan.archive import ArchiveRecipe
from lockage.plan.decide import BuildPlan, Step
from lockage.plan.recipe import Recipe
from lockage.tools.exclusive import alone
from lockage.tools.several import several


def execute(plan: BuildPlan, shop: Workshop) -> list[Artifact]:
    """Build what the plan says to build; the artifacts of all its steps, in its order.

    What a killed build left in ``dist/`` is removed; one that runs there now is waited for.
    """
    _hold_no_comma(shop.dist.root.resolve())
    with alone(shop.dist.root):
        if any(step.action == "build" and isinstance(step.recipe, Recipe) for step in plan.steps):
            shop.buildx.prepare()
        built = {one.name: one for wave in plan.waves for one in several(partial(_step, shop=shop), wave)}
        return [built[step.name] for step in plan.steps]


def _hold_no_comma(place: Path) -> None:
    if "," in str(place):
        raise UsageError(
            f"the path {place} holds a comma",
            why="docker buildx and syft take lists of options, and part them there",
            remedy="move the project to a path without a comma",
        )


def _step(step: Step, shop: Workshop) -> Artifact:
    recipe = step.recipe
    with shop.console.step(f"{'image' if isinstance(recipe, Recipe) else recipe.kind} {step.name}") as progress:
        if step.action == "reuse":
            standing = shop.dist.read_artifact(step.name)
            _weigh_again(recipe, standing, shop)
            progress.reused("; ".join(step.reasons))
            return standing
        artifact = build_image(step, recipe, shop) if isinstance(recipe, Recipe) else build_archive(step, recipe, shop)
        progress.made(f"{artifact.digest[:19]}, {artifact.unpacked / 1e6:.0f} MB unpacked; {_why(step)}")
        return artifact


def _weigh_again(recipe: Recipe | ArchiveRecipe, standing: Artifact, shop: Workshop) -> None:
    """Its budget may have changed since it was built."""
    if isinstance(recipe, ArchiveRecipe):
        weigh_archive(recipe, shop)
    elif isinstance(standing, ImageArtifact):
        weigh(recipe, layout.read(shop.dist.layout(recipe.name)), standing.base_layers, shop)


def _why(step: Step) -> str:
    first, *others = step.reasons
    return f"{first}, and {len(others)} more" if others else first
