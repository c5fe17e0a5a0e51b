"""Carries out a build plan, step by step."""

from pathlib import Path

from lockage.build.image import Workshop, build_image, weigh
from lockage.errors import UsageError
from lockage.model.artifact import Artifact
from lockage.oci import layout
from lockage.plan.decide import BuildPlan, Step
from lockage.tools.exclusive import alone


def execute(plan: BuildPlan, shop: Workshop) -> list[Artifact]:
    """Build what the plan says to build; the artifacts of all its steps, in its order.

    What a killed build left in ``dist/`` is removed; one that runs there now is waited for.
    """
    _hold_no_comma(shop.dist.root.resolve())
    with alone(shop.dist.root):
        if any(step.action == "build" for step in plan.steps):
            shop.buildx.prepare()
        return [_step(step, shop) for step in plan.steps]


def _hold_no_comma(place: Path) -> None:
    if "," in str(place):
        raise UsageError(
            f"the path {place} holds a comma",
            why="docker buildx and syft take lists of options, and part them there",
            remedy="move the project to a path without a comma",
        )


def _step(step: Step, shop: Workshop) -> Artifact:
    with shop.console.step(f"image {step.name}") as progress:
        if step.action == "reuse":
            weigh(step, layout.read(shop.dist.layout(step.name)), shop)  # the budget may have changed since
            progress.reused("; ".join(step.reasons))
            return shop.dist.read_artifact(step.name)
        artifact = build_image(step, shop)
        progress.made(f"{artifact.digest[:19]}, {artifact.unpacked / 1e6:.0f} MB unpacked; {_why(step)}")
        return artifact


def _why(step: Step) -> str:
    first, *others = step.reasons
    return f"{first}, and {len(others)} more" if others else first
