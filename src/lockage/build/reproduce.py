"""Builds again in other directories and compares: the tree as it is, twice, or a release once.

Whatever is made is made anew. What is fetched by hash or digest (bases, tools, wheels) may come from this machine.
"""

import shutil
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

import msgspec

from lockage.build.difference import found_difference
from lockage.build.execute import execute
from lockage.build.image import Workshop
from lockage.build.packages import Packages
from lockage.build.packs import PackStore
from lockage.errors import LockageError
from lockage.model.artifact import Artifact, ImageArtifact, Input
from lockage.model.dist import DistDir
from lockage.model.ids import Digest
from lockage.oci import layout
from lockage.plan.archive import ArchiveRecipe
from lockage.plan.decide import BuildPlan, Step, changes
from lockage.plan.recipe import Recipe

_SAME_INPUTS = "look for a clock, an order, a path or a random name in what made this file"
_OTHER_INPUTS = "have the inputs named above as the release had them, then run this again"


class NotReproducible(LockageError):  # noqa: N818 - an outcome
    """Equal inputs gave other bytes."""

    exit_code = 16


def reproduce(plan: BuildPlan, shop: Workshop) -> Sequence[Artifact]:
    """Build all of a plan's artifacts twice without any cache, and hold them against each other and against ``dist/``.

    Each build reads its own copy of the project, in a directory of its own, with times of its own.

    Returns:
        The artifacts, in the plan's order.

    Raises:
        NotReproducible: naming the first file that differs.
        LayoutError: an image in ``dist/`` is not what its digest says.
    """
    with _elsewhere(plan, shop, "first") as one, _elsewhere(plan, shop, "second") as other:
        built = execute(_all_built(plan, "the first time"), one)
        execute(_all_built(plan, "the second time"), other)
        for artifact in built:
            _compare(artifact, one.dist, other.dist, "two builds")
            standing = shop.dist.find_artifact(artifact.name)
            if standing and standing.fingerprint == artifact.fingerprint:
                _hold_intact(artifact, shop.dist)
                _compare(artifact, one.dist, shop.dist, "a new build and what stands in dist")
    return built


class Originals(Protocol):
    """What a release holds, as it was released."""

    def inputs(self, name: str, digest: Digest) -> tuple[Input, ...]:
        """What one was built of, as recorded.

        Raises:
            LockageError: it is not recorded, or cannot be reached.
        """

    def dist(self, name: str, digest: Digest) -> DistDir:
        """Where one stands.

        Raises:
            LockageError: nowhere that can be reached.
        """


class _Changed(msgspec.Struct, frozen=True, kw_only=True):
    """Inputs in which this build differs from the release's."""

    told: tuple[str, ...] = ()
    kinds: frozenset[str] = frozenset()


def rebuild(plan: BuildPlan, shop: Workshop, released: Mapping[str, Digest], originals: Originals) -> None:
    """Build what a release holds once more, without any cache, and hold each artifact to its digest there.

    Inputs that are others than the release records are told beforehand. They do not end it: equal bytes of another
    builder are equal bytes.

    Args:
        plan: of the release's commit.
        shop: over a clone of it.
        released: artifact → digest.
        originals: the release's own artifacts, to be compared file by file.

    Raises:
        NotReproducible: naming the first file that differs, where the release's own artifact can be had.
    """
    changed = {name: _changed(plan.step(name), digest, shop, originals) for name, digest in released.items()}
    with _elsewhere(plan, shop, "release") as elsewhere:
        built = {one.name: one for one in execute(_all_built(plan, "to compare with the release"), elsewhere)}
        for name, digest in released.items():
            if built[name].digest != digest:
                told = f"released as {digest}, built as {built[name].digest}"
                where = _where(built[name], digest, changed[name], elsewhere.dist, originals)
                raise NotReproducible(
                    f"{name} of this commit is not what was released",
                    why="\n".join([told, *changed[name].told, where]),
                    remedy=_OTHER_INPUTS if changed[name].told else _SAME_INPUTS,
                )


def _changed(step: Step, digest: Digest, shop: Workshop, originals: Originals) -> _Changed:
    try:
        recorded = originals.inputs(step.name, digest)
    except LockageError as error:
        shop.console.note(f"{step.name}: its inputs are not compared with those of the release: {error.what}")
        return _Changed()
    told = changes(recorded, step.inputs)
    if told:
        more = f", and {len(told) - 1} more" if len(told) > 1 else ""
        shop.console.note(f"{step.name}: this is not what the release was built of: {told[0]}{more}")
    return _Changed(told=told, kinds=frozenset(one.kind for one in {*recorded} ^ {*step.inputs}))


def _where(artifact: Artifact, digest: Digest, changed: _Changed, ours: DistDir, originals: Originals) -> str:
    try:
        return found_difference(artifact, ours, originals.dist(artifact.name, digest), changed.kinds)
    except LockageError as error:
        return f"the released one cannot be had, so files are not compared: {error.what}; {error.remedy}"


def _all_built(plan: BuildPlan, reason: str) -> BuildPlan:
    steps = (msgspec.structs.replace(step, action="build", reasons=(reason,)) for step in plan.steps)
    return msgspec.structs.replace(plan, steps=tuple(steps))


@contextmanager
def _elsewhere(plan: BuildPlan, shop: Workshop, name: str) -> Iterator[Workshop]:
    """A workshop over a copy of the project, in which nothing was made before; uv still has wheels."""
    with tempfile.TemporaryDirectory(prefix=f"lockage-{name}-") as place:
        root = Path(place) / name / "project"
        for recipe in (step.recipe for step in plan.steps):
            _copy(recipe, shop.root, root)
        cache = Path(place) / "cache"
        packages = Packages(PackStore(cache / "packs"), shop.uv)
        dist = DistDir(Path(place) / "dist")
        yield msgspec.structs.replace(shop, root=root, dist=dist, cache=cache, packages=packages, use_cache=False)


def _copy(recipe: Recipe | ArchiveRecipe, root: Path, into: Path) -> None:
    trees, files = list(recipe.sources), list(recipe.lock.paths) if recipe.lock else []
    if isinstance(recipe, Recipe):
        trees += [recipe.folder] if recipe.folder else []
        files.append(recipe.dockerfile.path)
    for path in (*files, *(file.path for tree in trees for file in tree.files)):
        target = into / path
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(root / path, target)


def _hold_intact(artifact: Artifact, dist: DistDir) -> None:
    """An image goes by its digest, and equal ones are not read again; archives are compared by their bytes."""
    if isinstance(artifact, ImageArtifact):
        layout.verify(layout.read(dist.layout(artifact.name)))


def _compare(artifact: Artifact, one: DistDir, other: DistDir, which: str) -> None:
    found = found_difference(artifact, one, other)
    if found:
        what = f"{artifact.name} is not reproducible: {which} of the same inputs differ"
        raise NotReproducible(what, why=found, remedy=_SAME_INPUTS)
