"""What an image may weigh."""

from lockage.oci.layout import Layout
from lockage.tools.buildx import BuildFailed

_SHOWN = 5
_MEGA = 1_000_000


class OverBudget(BuildFailed):
    """An image weighs more than its budget."""


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
