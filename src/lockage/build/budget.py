"""What an artifact may weigh."""

from collections import Counter
from collections.abc import Iterable, Mapping

from lockage.oci.layout import Layout
from lockage.oci.weigh import brought
from lockage.plan.archive import ArchiveRecipe
from lockage.plan.recipe import Recipe
from lockage.tools.buildx import BuildFailed

_MOST_SHOWN = 10
_DEEPEST = 3
"""Folders of an image are told so deep: ``/var/task/onnxruntime``, ``/usr/local/bin``."""
_MEGA = 1_000_000

File = tuple[str, int]
"""Name and bytes."""


class OverBudget(BuildFailed):
    """An artifact weighs more than its budget."""


def hold_budget(recipe: Recipe, built: Layout, sizes: tuple[int, ...], base_layers: int) -> None:
    """Refuse an image that weighs too much unpacked.

    Args:
        recipe: the image's.
        built: what was built of it.
        sizes: unpacked bytes of each layer.
        base_layers: how many of them, from the lowest, are its base's.

    Raises:
        OverBudget: naming the ten largest contributors.
        LayoutError: a layer does not read as an archive.
    """
    total = sum(sizes)
    if total > recipe.budget_mb * _MEGA:
        raise OverBudget(
            f"{recipe.name} weighs {total / _MEGA:.0f} MB unpacked; its budget is {recipe.budget_mb} MB",
            why=_told(_parts(recipe, built, sizes, base_layers)),
            remedy=f"take out what is not needed, or raise images.{recipe.name}.budget_mb with a reason",
        )


def _parts(recipe: Recipe, built: Layout, sizes: tuple[int, ...], base_layers: int) -> Counter[str]:
    """What an image's bytes are: its base as one, what it brings itself by folder, and what the layers' form costs.

    A file that a later layer replaces counts in both, as it does on Lambda.
    """
    found: Counter[str] = Counter()
    if base_layers:
        found[f"its base, {recipe.dockerfile.final_base.partition('@')[0]}"] = sum(sizes[:base_layers])
    for path, size in brought(built, built.manifest.layers[base_layers:]):
        found["/".join(["", *path.parts[:_DEEPEST]])] += size
    found["headers and padding of its layers"] = sum(sizes) - found.total()
    return found


def within_archive_budget(recipe: ArchiveRecipe, unpacked: int) -> bool:
    """Whether an archive may weigh so many bytes unpacked, the layers that it runs with included."""
    return unpacked <= recipe.budget_mb * _MEGA


def hold_archive_budget(recipe: ArchiveRecipe, files: Iterable[File], layers: Mapping[str, Iterable[File]]) -> int:
    """Refuse an archive that weighs too much unpacked, the layers that it runs with included; returns its own bytes.

    What Lambda takes, 250 MiB of a function and its layers together, is more than any budget, and so held with it.
    https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html

    Args:
        recipe: the archive's.
        files: names and bytes.
        layers: those of each layer, by its name.

    Raises:
        OverBudget: naming the ten largest contributors.
    """
    own = _weights(files)
    weights = Counter(own)
    for layer, its in layers.items():
        weights.update({f"{layer}: {what}": size for what, size in _weights(its).items()})
    if not within_archive_budget(recipe, weights.total()):
        together = " with its layers" if layers else ""
        raise OverBudget(
            f"{recipe.name} weighs {weights.total() / _MEGA:.0f} MB unpacked{together}; "
            f"its budget is {recipe.budget_mb} MB",
            why=_told(weights),
            remedy=f"take out what is not needed, raise {recipe.kind}s.{recipe.name}.budget_mb with a reason (Lambda "
            "takes 262 MB unpacked, layers included), or build an image of it",
        )
    return own.total()


def _told(weights: Mapping[str, int]) -> str:
    """The ten largest, a line each, and all others in one: the lines add up to the whole."""
    ordered = sorted(weights.items(), key=lambda one: (-one[1], one[0]))
    lines, others = ordered[:_MOST_SHOWN], ordered[_MOST_SHOWN:]
    if others:
        lines.append((f"{len(others)} others", sum(size for _, size in others)))
    return "\n".join(f"{size / _MEGA:7.1f} MB  {what}" for what, size in lines)


def _weights(files: Iterable[File]) -> Counter[str]:
    found: Counter[str] = Counter()
    for path, size in files:
        found[_contributor(path)] += size
    return found


def _contributor(path: str) -> str:
    """The package or folder at the top, a layer's ``python/`` aside."""
    return path.removeprefix("python/").partition("/")[0]
