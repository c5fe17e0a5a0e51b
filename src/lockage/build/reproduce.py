"""Builds again from nothing, in other directories, and compares: the tree as it is, twice, or a release once."""

import shutil
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import msgspec

from lockage.build.difference import archive_difference
from lockage.build.execute import execute
from lockage.build.image import Workshop
from lockage.build.packages import Packages
from lockage.build.packs import PackStore
from lockage.errors import LockageError
from lockage.model.artifact import Artifact, ImageArtifact
from lockage.model.dist import DistDir
from lockage.model.ids import Digest
from lockage.oci import layout
from lockage.oci.difference import difference
from lockage.plan.archive import ArchiveRecipe
from lockage.plan.decide import BuildPlan, changes
from lockage.plan.recipe import Recipe


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
    """
    with _elsewhere(plan, shop, "first") as one, _elsewhere(plan, shop, "second") as other:
        built = execute(_all_built(plan, "the first time"), one)
        execute(_all_built(plan, "the second time"), other)
        for artifact in built:
            _compare(artifact, one.dist, other.dist, "two builds")
            standing = shop.dist.find_artifact(artifact.name)
            if standing and standing.fingerprint == artifact.fingerprint:
                _compare(artifact, one.dist, shop.dist, "a new build and what stands in dist")
    return built


def rebuild(plan: BuildPlan, shop: Workshop, released: Mapping[str, Digest], standing: DistDir) -> None:
    """Build what a release holds once more, without any cache, and hold each artifact to its digest there.

    Args:
        plan: of the release's commit.
        shop: over a clone of it.
        released: artifact → digest.
        standing: where the release's own artifacts may still stand, to be compared file by file.

    Raises:
        NotReproducible: naming the first file that differs, where the release's own artifact still stands.
    """
    with _elsewhere(plan, shop, "release") as elsewhere:
        built = {one.name: one for one in execute(_all_built(plan, "to compare with the release"), elsewhere)}
        for name, digest in released.items():
            if built[name].digest != digest:
                raise _differs(
                    f"{name} of this commit is not what was released",
                    _why(built[name], digest, elsewhere.dist, standing),
                )


def _why(artifact: Artifact, digest: Digest, ours: DistDir, standing: DistDir) -> str:
    told = f"released as {digest}, built as {artifact.digest}"
    original = standing.find_artifact(artifact.name)
    if original is None or original.digest != digest:
        return f"{told}; the released one does not stand in dist, so files cannot be compared"
    changed = changes(original.inputs, artifact.inputs)
    return "\n".join([told, *changed, _difference(artifact, ours, standing)])


def _all_built(plan: BuildPlan, reason: str) -> BuildPlan:
    steps = (msgspec.structs.replace(step, action="build", reasons=(reason,)) for step in plan.steps)
    return msgspec.structs.replace(plan, steps=tuple(steps))


@contextmanager
def _elsewhere(plan: BuildPlan, shop: Workshop, name: str) -> Iterator[Workshop]:
    """A workshop over a copy of the project, with an empty cache."""
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


def _compare(artifact: Artifact, one: DistDir, other: DistDir, which: str) -> None:
    found = _difference(artifact, one, other)
    if found:
        raise _differs(f"{artifact.name} is not reproducible: {which} of the same inputs differ", found)


def _differs(what: str, why: str) -> NotReproducible:
    return NotReproducible(
        what, why=why, remedy="look for a clock, an order, a path or a random name in what made this file"
    )


def _difference(artifact: Artifact, one: DistDir, other: DistDir) -> str:
    name = artifact.name
    if isinstance(artifact, ImageArtifact):
        found = difference(layout.read(one.layout(name)), layout.read(other.layout(name)))
        return found.render() if found else ""
    return archive_difference(one.archive(name), other.archive(name))
