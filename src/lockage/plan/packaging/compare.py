"""What a function costs in each packaging, from what was measured of it and from stated prices: arithmetic only.

What running costs is not among it: that depends on calls, memory and time, and hardly on the packaging.
"""

from collections.abc import Sequence
from math import ceil

from lockage.model.packaging import PACKAGINGS, Change, Column, Comparison, Measured, Measurements, Price, Spread

_ADR = "founding ADR-005"

ECR = Price(name="an image in ECR", usd=0.10, unit="GB-month", source=_ADR, as_of="2025-11-23")
S3 = Price(name="an archive in S3", usd=0.023, unit="GB-month", source=_ADR, as_of="2025-11-23")
CI = Price(name="a Linux runner", usd=0.008, unit="minute", source=_ADR, as_of="2025-11-23")
PRICES = (ECR, S3, CI)

DEPLOYMENTS = 10
"""A month, where the history does not tell: what the founding documents reckon with."""

_GB = 2**30
"""Storage is billed by binary gigabytes (https://aws.amazon.com/s3/faqs/)."""


def compare(measurements: Measurements, deployments: int = DEPLOYMENTS) -> Comparison:
    """Put what was measured side by side.

    Args:
        measurements: of one function.
        deployments: a month; each pays for one build without cache.
    """
    return Comparison(
        function=measurements.function,
        columns=tuple(_column(measured, deployments) for measured in measurements.measured),
        deployments=deployments,
        prices=PRICES,
        setting=measurements.setting,
    )


def beside(function: str, measurements: Measurements | None, standing: Measured) -> Measurements:
    """All packagings of a function: those that were measured, what stands of another, and empty columns for the rest.

    Args:
        function: its name.
        measurements: what was measured of it, if anything was.
        standing: the declared packaging, as far as it was built.
    """
    known = {standing.packaging: standing} | {
        one.packaging: one for one in (measurements.measured if measurements else ())
    }
    columns = tuple(known.get(packaging, Measured(packaging=packaging)) for packaging in PACKAGINGS)
    return Measurements(function=function, measured=columns, setting=measurements.setting if measurements else "")


def percentile(samples: Sequence[float], percent: int) -> float | None:
    """The nearest-rank percentile: a sample that was really measured; None without samples."""
    ordered = sorted(samples)
    return ordered[max(ceil(len(ordered) * percent / 100), 1) - 1] if ordered else None


def spread(samples: Sequence[float]) -> Spread | None:
    """Where samples lie; None without any."""
    p50, p90, p99 = (percentile(samples, percent) for percent in (50, 90, 99))
    if p50 is None or p90 is None or p99 is None:
        return None
    return Spread(samples=len(samples), p50=p50, p90=p90, p99=p99)


def _column(measured: Measured, deployments: int) -> Column:
    store = ECR if measured.packaging == "image" else S3
    change = _middle(measured.changes)
    seconds = _pipeline_s(measured, change)
    return Column(
        measured=measured,
        cold=spread(measured.cold_starts_ms),
        warm=spread(measured.warm_starts_ms),
        burst=spread(measured.burst.answers_ms) if measured.burst else None,
        change=change,
        storage_usd=None if measured.size is None else measured.size / _GB * store.usd,
        ci_usd=None if seconds is None else seconds / 60 * CI.usd * deployments,
    )


def _middle(changes: Sequence[Change]) -> Change | None:
    ordered = sorted(changes, key=lambda change: change.seconds)
    return ordered[(len(ordered) - 1) // 2] if ordered else None


def _pipeline_s(measured: Measured, change: Change | None) -> float | None:
    """What a runner that keeps nothing is paid for; None where a part of it was not measured: half a sum misleads."""
    if measured.build_s is None or measured.upload_s is None or change is None:
        return None
    return measured.build_s + measured.upload_s + change.deploy_s
