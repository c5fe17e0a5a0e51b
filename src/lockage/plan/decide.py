"""What to build and what to reuse, and why: pure."""

from collections.abc import Mapping, Sequence
from typing import Literal

import msgspec

from lockage.errors import UsageError
from lockage.model.artifact import Artifact, Input
from lockage.model.ids import Fingerprint
from lockage.plan.recipe import Recipe, fingerprint, inputs
from lockage.tools.buildx import Builder


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """One image of a plan."""

    recipe: Recipe
    inputs: tuple[Input, ...]
    fingerprint: Fingerprint
    action: Literal["build", "reuse"]
    reasons: tuple[str, ...]

    @property
    def name(self) -> str:
        """The image's."""
        return self.recipe.name


class BuildPlan(msgspec.Struct, frozen=True, kw_only=True):
    """Steps in an order in which every image comes after those it is built upon."""

    builder: Builder
    steps: tuple[Step, ...]

    def step(self, name: str) -> Step:
        """An image's step."""
        return next(step for step in self.steps if step.name == name)


class Present(msgspec.Struct, frozen=True, kw_only=True):
    """What ``dist/`` holds of an image."""

    artifact: Artifact
    intact: bool
    """Whether every blob of its layout is there."""


def decide(recipes: Sequence[Recipe], builder: Builder, present: Mapping[str, Present]) -> BuildPlan:
    """Plan the images; what stands with an equal fingerprint is reused.

    Args:
        recipes: the images to plan, and all they are built upon.
        builder: what would build them.
        present: what stands, by name.

    Raises:
        UsageError: images are built upon each other in a circle.
    """
    made: dict[str, tuple[Fingerprint, tuple[Input, ...]]] = {}
    steps = []
    for recipe in _ordered(recipes):
        its_inputs = inputs(recipe, builder.identity, made)
        its_fingerprint = fingerprint(its_inputs)
        made[recipe.name] = (its_fingerprint, its_inputs)
        reasons = _reasons(its_inputs, its_fingerprint, present.get(recipe.name))
        steps.append(
            Step(
                recipe=recipe,
                inputs=its_inputs,
                fingerprint=its_fingerprint,
                action="build" if reasons else "reuse",
                reasons=reasons or ("its inputs are the same",),
            )
        )
    return BuildPlan(builder=builder, steps=tuple(steps))


def _reasons(inputs_now: tuple[Input, ...], fingerprint_now: Fingerprint, present: Present | None) -> tuple[str, ...]:
    """Why to build; empty when what stands will do."""
    if present is None:
        return ("not built here yet",)
    if present.artifact.fingerprint != fingerprint_now:
        return changes(present.artifact.inputs, inputs_now)
    return () if present.intact else ("what stands in dist is not intact",)


def changes(before: Sequence[Input], after: Sequence[Input]) -> tuple[str, ...]:
    """Inputs that differ, in words."""
    old = {(i.kind, i.name): i for i in before}
    new = {(i.kind, i.name): i for i in after}
    return (
        *(f"{i.kind} {i.name} changed" for key, i in new.items() if key in old and i != old[key]),
        *(f"{i.kind} {i.name} is new" for key, i in new.items() if key not in old),
        *(f"{i.kind} {i.name} is gone" for key, i in old.items() if key not in new),
    )


def _ordered(recipes: Sequence[Recipe]) -> list[Recipe]:
    """Every image after those it is built upon; otherwise as given."""
    waiting, done = {recipe.name: recipe for recipe in recipes}, list[Recipe]()
    while waiting:
        ready = [recipe for recipe in waiting.values() if not set(recipe.upon) & set(waiting)]
        if not ready:
            names = ", ".join(waiting)
            raise UsageError(
                f"images are built upon each other in a circle: {names}",
                why="each has a stage named after another one of them",
                remedy="rename one of the stages, or build one of the images upon something else",
            )
        done += ready
        for recipe in ready:
            del waiting[recipe.name]
    return done
