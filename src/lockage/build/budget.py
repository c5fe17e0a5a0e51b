"""What an artifact may weigh."""

from collections import Counter
from collections.abc import Iterable, Mapping

from lockage.oci.layout import Layout
from lockage.plan.archive import ArchiveRecipe
from lockage.tools.buildx import BuildFailed

_SHOWN = 5
_MOST_SHOWN = 10
_MEGA = 1_000_000

File = tuple[str, int]
"""Name and bytes."""


class OverBudget(BuildFailed):
    """An artifact weighs more than its budget."""


def hold_budget(name: str, layout: Layout, sizes: tuple[int, ...], budget_mb: int) -> None:
    """Refuse an image that weighs too much unpacked.

    Args:
        name: the image's.
        layout: what was built.
        sizes: unpacked bytes of each layer.
        budget_mb: megabytes (10^6 bytes) it may weigh.

    Raises:
        OverBudget: naming the heaviest layers and what made them.
    """
    total = sum(sizes)
    if total <= budget_mb * _MEGA:
        return
    heaviest = sorted(zip(sizes, layout.made_by, strict=True), reverse=True)[:_SHOWN]
    raise OverBudget(
        f"{name} weighs {total / _MEGA:.0f} MB unpacked; its budget is {budget_mb} MB",
        why="\n".join(f"{size / _MEGA:7.1f} MB  {made_by or 'a layer of the base'}" for size, made_by in heaviest),
        remedy=f"take something out of the layers above, or raise images.{name}.budget_mb with a reason",
    )


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
            why="\n".join(f"{size / _MEGA:7.1f} MB  {what}" for what, size in weights.most_common(_MOST_SHOWN)),
            remedy=f"take out what is not needed, raise {recipe.kind}s.{recipe.name}.budget_mb with a reason (Lambda "
            "takes 262 MB unpacked, layers included), or build an image of it",
        )
    return own.total()


def _weights(files: Iterable[File]) -> Counter[str]:
    found: Counter[str] = Counter()
    for path, size in files:
        found[_contributor(path)] += size
    return found


def _contributor(path: str) -> str:
    """The package or folder at the top, a layer's ``python/`` aside."""
    return path.removeprefix("python/").partition("/")[0]
