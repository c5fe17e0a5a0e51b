"""Whether artifacts were built of what is checked out: every recorded input that needs no engine is compared. Pure.

Taken at its word is only what cannot be known without building: the builder, what stood in for a base or a tool (which
marks the image), and the bytes of a tool that is always built from its module.
"""

from collections.abc import Iterable, Mapping

from msgspec.structs import replace

from lockage.model.artifact import Artifact, Input
from lockage.plan.archive import ArchiveRecipe
from lockage.plan.decide import Builders, changes, inputs
from lockage.plan.recipe import Recipe, fingerprint
from lockage.tools.lock import ToolsLock
from lockage.tools.locked import Locked, Tool

_REPLACEABLE = {"base", "tool"}


class Pinned(Locked):
    """The tools as the lock alone knows them: where images are not built, none needs to be installed."""

    def __init__(self, lock: ToolsLock | None = None) -> None:
        super().__init__(lock)

    def recorded(self, name: str) -> Tool:
        """What the lock says; without a hash when the tool is always built from its module."""
        pin = self.lock.pin(name)
        return Tool(
            name=name,
            path=self.home(name) / name,
            version=pin.version,
            source="release" if pin.release else "module",
            sha256=pin.release.program_sha256 if pin.release else "",
        )


def differences(recipes: Iterable[Recipe | ArchiveRecipe], built: Mapping[str, Artifact]) -> tuple[str, ...]:
    """How artifacts differ from what the checkout would make of them, a line each; empty when they do not.

    Args:
        recipes: of the artifacts and of all they are built upon, gathered with :class:`Pinned` tools and no mirrors.
        built: what was built of them, by name.
    """
    return tuple(f"{recipe.name}: {line}" for recipe in recipes for line in _differences(recipe, built))


def _differences(recipe: Recipe | ArchiveRecipe, built: Mapping[str, Artifact]) -> Iterable[str]:
    artifact = built[recipe.name]
    if fingerprint(artifact.inputs) != artifact.fingerprint:
        yield f"its fingerprint {artifact.fingerprint} is not that of the inputs it names"
    upon = {name: (fingerprint(built[name].inputs), built[name].inputs) for name in recipe.upon}
    builder = next((given.digest for given in artifact.inputs if given.kind == "builder"), "unknown")
    wanted = inputs(recipe, Builders(image=builder, archive=builder), upon)
    recorded = {(given.kind, given.name): given for given in artifact.inputs}
    yield from changes(artifact.inputs, [_as_far_as_known(one, recorded.get((one.kind, one.name))) for one in wanted])


def _as_far_as_known(wanted: Input, recorded: Input | None) -> Input:
    """What is checked out, with what only the build could know taken from its record."""
    if recorded is None or wanted.kind not in _REPLACEABLE:
        return wanted
    if wanted.digest == "sha256:":  # a tool that the lock pins by its module
        return _of_bytes(wanted, recorded.digest)
    stands_in = recorded.second_source and not wanted.second_source
    if not stands_in or _is_own(wanted):
        return wanted
    return replace(_of_bytes(wanted, recorded.digest), second_source=recorded.second_source)


def _of_bytes(wanted: Input, digest: str) -> Input:
    """The same thing, of other bytes: a tool that is not as the lock has it was built from its module."""
    tool = wanted.tool and replace(wanted.tool, source="module", sha256=digest.removeprefix("sha256:"))
    return replace(wanted, digest=digest, tool=tool)


def _is_own(wanted: Input) -> bool:
    """Whether a base is an image of the project, whose fingerprint is known."""
    return wanted.kind == "base" and "@" not in wanted.name
