"""Costs are arithmetic over stated prices; what was not measured has none."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from lockage.model.packaging import Burst, Change, Measured, Measurements, Spread
from lockage.plan.packaging.compare import PRICES, beside, compare, percentile

GIB = 2**30
CHANGES = (Change(build_s=1, upload_s=1, deploy_s=20),)
IMAGE = Measured(
    packaging="image", size=2 * GIB, build_s=200, upload_s=20, changes=CHANGES, cold_starts_ms=(3000, 1000, 2000)
)
ZIP = Measured(packaging="zip", size=GIB // 2, build_s=5, upload_s=5, changes=CHANGES, cold_starts_ms=(800,))


def test_images_are_stored_in_ecr_and_archives_in_s3() -> None:
    image, zip_, layers = compare(
        Measurements(function="f", measured=(IMAGE, ZIP, Measured(packaging="layers", size=GIB))), deployments=10
    ).columns
    assert [image.storage_usd, zip_.storage_usd, layers.storage_usd] == pytest.approx([0.20, 0.0115, 0.023])
    assert [image.ci_usd, zip_.ci_usd] == pytest.approx([0.32, 0.04])
    assert layers.ci_usd is None
    assert image.cost_usd == pytest.approx(0.52)


def test_what_was_not_measured_costs_nothing_that_could_be_told() -> None:
    [column] = compare(Measurements(function="f", measured=(Measured(packaging="zip"),))).columns
    assert (column.storage_usd, column.ci_usd, column.cost_usd) == (None, None, None)
    assert (column.cold, column.warm, column.burst, column.change) == (None, None, None, None)
    [column] = compare(Measurements(function="f", measured=(Measured(packaging="zip", size=GIB),))).columns
    assert column.cost_usd is None, "half a sum is no sum"


def test_a_runner_is_paid_for_build_upload_and_deployment() -> None:
    changes = tuple(Change(build_s=1, upload_s=1, deploy_s=deploy_s) for deploy_s in (50, 10, 20))
    measured = Measured(packaging="zip", build_s=30, upload_s=10, changes=changes)
    [column] = compare(Measurements(function="f", measured=(measured,)), deployments=10).columns
    assert column.change == changes[2], "the one in the middle"
    assert column.ci_usd == pytest.approx(10 * (30 + 10 + 20) / 60 * 0.008)


@pytest.mark.parametrize("lacking", [{"build_s": None}, {"upload_s": None}, {"changes": ()}])
def test_a_sum_that_lacks_a_part_is_not_set_beside_whole_ones(lacking: dict[str, Any]) -> None:
    measured = replace(ZIP, **lacking)
    [column] = compare(Measurements(function="f", measured=(measured,))).columns
    assert (column.ci_usd, column.cost_usd) == (None, None)


def test_spreads_are_told_of_starts_and_of_answers() -> None:
    measured = Measured(
        packaging="zip",
        cold_starts_ms=(3.0, 1.0, 2.0),
        warm_starts_ms=(0.5,),
        burst=Burst(calls=3, errors=1, timeouts=1, answers_ms=(9.0, 8.0)),
    )
    [column] = compare(Measurements(function="f", measured=(measured,))).columns
    assert column.cold == Spread(samples=3, p50=2.0, p90=3.0, p99=3.0)
    assert column.warm == Spread(samples=1, p50=0.5, p90=0.5, p99=0.5)
    assert column.burst == Spread(samples=2, p50=8.0, p90=9.0, p99=9.0)


def test_every_packaging_has_a_column() -> None:
    standing = Measured(packaging="zip", size=1)
    alone = beside("f", None, standing)
    assert alone.measured == (Measured(packaging="image"), standing, Measured(packaging="layers"))
    both = beside("f", Measurements(function="f", measured=(IMAGE, ZIP), setting="here"), standing)
    assert both.measured == (IMAGE, ZIP, Measured(packaging="layers")), "what was measured together stays together"
    assert both.setting == "here"


def test_prices_say_who_says_so_and_when() -> None:
    assert {(price.usd, price.unit) for price in PRICES} == {(0.10, "GB-month"), (0.023, "GB-month"), (0.008, "minute")}
    assert all(price.source and price.as_of == "2025-11-23" for price in PRICES)


def test_percentiles_are_samples() -> None:
    ten = [float(n) for n in range(10, 0, -1)]
    assert [percentile(ten, percent) for percent in (50, 90, 99)] == [5.0, 9.0, 10.0]
    assert percentile([7.0], 50) == 7.0
    assert percentile([], 50) is None


@given(st.lists(st.floats(0, 1e6), min_size=1), st.integers(1, 100))
def test_as_many_as_asked_for_are_no_slower(samples: list[float], percent: int) -> None:
    found = percentile(samples, percent)
    assert found in samples
    assert sum(sample <= found for sample in samples) * 100 >= percent * len(samples)
