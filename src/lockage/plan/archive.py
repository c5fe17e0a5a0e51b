"""Everything that goes into one zip or layer, gathered and not yet decided upon."""

from typing import Literal

import msgspec

from lockage.model.artifact import Input
from lockage.plan.recipe import STAGING, Base, Lock, Tree, base_input, lock_inputs

WRITER = "1"
"""Version of how trees become archives; to be raised when equal inputs would give other bytes."""


class ArchiveRecipe(msgspec.Struct, frozen=True, kw_only=True):
    """What one zip or layer is made of."""

    name: str
    kind: Literal["zip", "layer"]
    sources: tuple[Tree, ...]
    lock: Lock | None
    runtime: str
    """Lambda's name of it, such as ``python3.13``."""
    base: Base
    """The runtime's image, whose Python compiles packages."""
    platform: str
    layers: tuple[str, ...]
    """Of a zip: the layers it runs with, in order. What is in them is no input of it."""
    handlers: tuple[str, ...]
    budget_mb: int

    @property
    def python(self) -> str:
        """Minor version, such as ``3.13``."""
        return self.runtime.removeprefix("python")

    @property
    def upon(self) -> tuple[str, ...]:
        """Nothing else has to be built first."""
        return ()

    @property
    def prefix(self) -> str:
        """Folder of the archive that is on the import path."""
        return "python/" if self.kind == "layer" else ""


def writer() -> str:
    """What writes archives, exactly: another version of the library may compress otherwise."""
    import deflate  # noqa: PLC0415 - only what builds has it

    return f"{WRITER}, deflate {deflate.__version__}"


def inputs(recipe: ArchiveRecipe, writer: str) -> tuple[Input, ...]:
    """All that goes into an archive.

    Args:
        recipe: the archive's.
        writer: what writes it, exactly.
    """
    found = [
        Input(kind="option", name="kind", digest=recipe.kind),
        Input(kind="option", name="platform", digest=recipe.platform),
        Input(kind="option", name="runtime", digest=recipe.runtime),
        Input(kind="option", name="staging", digest=STAGING),
        Input(kind="builder", name="archive", digest=writer),
    ]
    if recipe.lock:
        found += [*lock_inputs(recipe.lock), base_input(recipe.base)]
    found += [Input(kind="source", name=tree.path, digest=tree.digest) for tree in recipe.sources]
    if recipe.layers:
        found.append(Input(kind="option", name="layers", digest=" ".join(recipe.layers)))
    return tuple(found)
