import pytest
from fakes import recipes

from lockage.build.budget import OverBudget, hold_archive_budget

LIMIT = 262_000_000
"""The largest budget that lockage.yaml may give; Lambda takes 262,144,000 bytes."""

FILES = [("dashboard/handler.py", 1_000_000), ("numpy/core.so", 150_000_000), ("numpy.libs/blas.so", 11_000_000)]
LAYER = [("python/fonts/all.ttf", 60_000_000), ("python/fonts/more.ttf", 40_000_000)]


def test_an_archive_and_its_layers_may_weigh_their_budget_to_the_byte() -> None:
    recipe = recipes.archive(budget_mb=262, layers=("fonts",))
    assert hold_archive_budget(recipe, FILES, {"fonts": LAYER}) == LIMIT - 100_000_000
    assert hold_archive_budget(recipe, FILES[1:], {"fonts": LAYER}) == LIMIT - 101_000_000


def test_a_byte_more_is_refused_with_what_weighs_most_and_three_ways_out() -> None:
    recipe = recipes.archive(budget_mb=262, layers=("fonts",))
    with pytest.raises(OverBudget) as caught:
        hold_archive_budget(recipe, [*FILES, ("dashboard/x", 1)], {"fonts": LAYER})
    assert caught.value.render() == (
        "error: dashboard weighs 262 MB unpacked with its layers; its budget is 262 MB\n"
        "  why:  150.0 MB  numpy\n"
        "          100.0 MB  fonts: fonts\n"
        "           11.0 MB  numpy.libs\n"
        "            1.0 MB  dashboard\n"
        "  next: take out what is not needed, raise zips.dashboard.budget_mb with a reason (Lambda takes 262 MB "
        "unpacked, layers included), or build an image of it"
    )


def test_a_layer_is_held_to_its_own_weight() -> None:
    recipe = recipes.archive("fonts", "layer", budget_mb=262)
    assert hold_archive_budget(recipe, [("python/fonts/all.ttf", LIMIT)], {}) == LIMIT
    with pytest.raises(OverBudget) as caught:
        hold_archive_budget(recipe, [("python/fonts/all.ttf", LIMIT + 1)], {})
    assert caught.value.what == "fonts weighs 262 MB unpacked; its budget is 262 MB"
    assert "raise layers.fonts.budget_mb with a reason" in caught.value.remedy


def test_ten_contributors_are_named_and_no_more() -> None:
    many = [(f"package{number:02}/x.so", (number + 1) * 1_000_000) for number in range(12)]
    with pytest.raises(OverBudget) as caught:
        hold_archive_budget(recipes.archive(budget_mb=1), many, {})
    assert [line.split() for line in caught.value.why.splitlines()] == [
        *([f"{number + 1}.0", "MB", f"package{number:02}"] for number in range(11, 1, -1)),
        ["3.0", "MB", "2", "others"],
    ]
