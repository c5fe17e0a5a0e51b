"""What to build and what to reuse, and why: pure."""

from collections.abc import Mapping, Sequence
from typing import Literal

import msgspec

from lockage.errors import UsageError
from lockage.model.artifact import Artifact, Input
from lockage.model.ids import Fingerprint
from lockage.plan import archive, recipe
from lockage.plan.archive import ArchiveRecipe
from lockage.plan.recipe import Recipe, fingerprint


class Builders(msgspec.Struct, frozen=True, kw_only=True):
    """What builds, exactly: other versions may write other bytes."""

    image: str = ""
    archive: str = ""


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """One artifact of a plan."""

    recipe: Recipe | ArchiveRecipe
    inputs: tuple[Input, ...]
    fingerprint: Fingerprint
    action: Literal["build", "reuse"]
    reasons: tuple[str, ...]

    @property
    def name(self) -> str:
        """The artifact's."""
        return self.recipe.name

    @property
    def waits_for(self) -> tuple[str, ...]:
        """What an image is built upon, and the layers that a zip is weighed with."""
        return self.recipe.upon if isinstance(self.recipe, Recipe) else self.recipe.layers


class BuildPlan(msgspec.Struct, frozen=True, kw_only=True):
    """Steps in an order in which every artifact comes after those it is built upon."""

    steps: tuple[Step, ...]

    @property
    def waves(self) -> list[list[Step]]:
        """The steps, each in the first wave after all that it waits for; those of one wave can be taken at once."""
        waves, of = list[list[Step]](), dict[str, int]()
        for step in self.steps:
            number = of[step.name] = max((of[name] + 1 for name in step.waits_for if name in of), default=0)
            if number == len(waves):
                waves.append([])
            waves[number].append(step)
        return waves

    def step(self, name: str) -> Step:
        """An artifact's step."""
        return next(step for step in self.steps if step.name == name)


class Present(msgspec.Struct, frozen=True, kw_only=True):
    """What ``dist/`` holds of an artifact."""

    artifact: Artifact
    intact: bool
    """Whether every blob of its layout, or its archive, is there."""


def decide(recipes: Sequence[Recipe | ArchiveRecipe], builders: Builders, present: Mapping[str, Present]) -> BuildPlan:
    """Plan the artifacts; what stands with an equal fingerprint is reused.

    Args:
        recipes: the artifacts to plan, and all they are built upon.
        builders: what would build them.
        present: what stands, by name.

    Raises:
        UsageError: images are built upon each other in a circle.
    """
    made: dict[str, tuple[Fingerprint, tuple[Input, ...]]] = {}
    steps = []
    for one in _ordered(recipes):
        its_inputs = inputs(one, builders, made)
        its_fingerprint = fingerprint(its_inputs)
        made[one.name] = (its_fingerprint, its_inputs)
        reasons = _reasons(its_inputs, its_fingerprint, present.get(one.name))
        steps.append(
            Step(
                recipe=one,
                inputs=its_inputs,
                fingerprint=its_fingerprint,
                action="build" if reasons else "reuse",
                reasons=reasons or ("its inputs are the same",),
            )
        )
    return BuildPlan(steps=tuple(steps))


def inputs(
    one: Recipe | ArchiveRecipe, builders: Builders, made: dict[str, tuple[Fingerprint, tuple[Input, ...]]]
) -> tuple[Input, ...]:
    """All that goes into an artifact; ``made`` holds what it may be built upon."""
    if isinstance(one, ArchiveRecipe):
        return archive.inputs(one, builders.archive)
    return recipe.inputs(one, builders.image, made)


def _reasons(inputs_now: tuple[Input, ...], fingerprint_now: Fingerprint, present: Present | None) -> tuple[str, ...]:
    """Why to build; empty when what stands will do. What an older record does not say yet is a reason too."""
    if present is None:
        return ("not built here yet",)
    if present.artifact.fingerprint != fingerprint_now or changes(present.artifact.inputs, inputs_now):
        return changes(present.artifact.inputs, inputs_now) or ("its record does not agree with itself",)
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


def _ordered(recipes: Sequence[Recipe | ArchiveRecipe]) -> list[Recipe | ArchiveRecipe]:
    """Every artifact after those it is built upon; otherwise as given."""
    waiting, done = {one.name: one for one in recipes}, list[Recipe | ArchiveRecipe]()
    while waiting:
        ready = [one for one in waiting.values() if not set(one.upon) & set(waiting)]
        if not ready:
            names = ", ".join(waiting)
            raise UsageError(
                f"images are built upon each other in a circle: {names}",
                why="each has a stage named after another one of them",
                remedy="rename one of the stages, or build one of the images upon something else",
            )
        done += ready
        for one in ready:
            del waiting[one.name]
    return done
