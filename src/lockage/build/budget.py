"""What an artifact may weigh."""

from collections import Counter
from collections.abc import Iterable

from lockage.oci.layout import Layout
from lockage.tools.buildx import BuildFailed

_SHOWN = 5
_MOST_SHOWN = 10
_MEGA = 1_000_000


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


def hold_archive_budget(name: str, section: str, files: Iterable[tuple[str, int]], budget_mb: int) -> int:
    """Refuse an archive that weighs too much unpacked; returns its bytes.

    Args:
        name: the artifact's.
        section: of lockage.yaml that declares it.
        files: names and bytes.
        budget_mb: megabytes (10^6 bytes) it may weigh.

    Raises:
        OverBudget: naming the ten largest contributors.
    """
    weights: Counter[str] = Counter()
    for path, size in files:
        weights[_contributor(path)] += size
    total = weights.total()
    if total <= budget_mb * _MEGA:
        return total
    raise OverBudget(
        f"{name} weighs {total / _MEGA:.0f} MB unpacked; its budget is {budget_mb} MB",
        why="\n".join(f"{size / _MEGA:7.1f} MB  {what}" for what, size in weights.most_common(_MOST_SHOWN)),
        remedy=f"take out what is not needed, raise {section}.{name}.budget_mb with a reason (Lambda takes 262 MB "
        "unpacked, layers included), or build an image of it",
    )


def _contributor(path: str) -> str:
    """The package or folder at the top, a layer's ``python/`` aside."""
    return path.removeprefix("python/").partition("/")[0]
