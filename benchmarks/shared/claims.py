"""What the founding documents claim in figures, and what this run has to set beside each."""

from collections.abc import Callable

import msgspec

from lockage.model.packaging import Column, Packaging, Spread
from shared.data import Figures

ADR_005, ADR_001 = "ADR-005", "ADR-001"
ANALYSIS = "Lambda Architecture Analysis"
_MEGA = 1_000_000
_MISSING = "not measured"
_DIGITS = {"s": 2, "USD": 4}


class Claim(msgspec.Struct, frozen=True, kw_only=True):
    """One figure of theirs."""

    what: str
    theirs: str
    source: str
    ours: Callable[[Figures], str]
    """What this run has beside it."""
    remark: str
    """Why the two are, or are not, of the same thing."""


def column(figures: Figures, function: str, packaging: Packaging) -> Column | None:
    """One packaging of one function; None when it was not measured."""
    comparison = figures.comparisons.get(function)
    columns = comparison.columns if comparison else ()
    return next((one for one in columns if one.measured.packaging == packaging), None)


def _cold(function: str, packaging: Packaging) -> Callable[[Figures], str]:
    return lambda figures: _starts(figures, function, packaging, "cold")


def _warm(function: str, packaging: Packaging) -> Callable[[Figures], str]:
    return lambda figures: _starts(figures, function, packaging, "warm")


def _starts(figures: Figures, function: str, packaging: Packaging, which: str) -> str:
    found = column(figures, function, packaging)
    spread: Spread | None = getattr(found, which) if found else None
    if spread is None:
        return _MISSING
    return f"{_ms(spread.p50)} / {_ms(spread.p90)} / {_ms(spread.p99)} ms ({spread.samples} samples)"


def _ms(value: float) -> str:
    """Tenths below 100 ms."""
    return f"{value:,.0f}" if value >= 100 else f"{value:.1f}"  # noqa: PLR2004 - as the docstring says


def _both(one: Callable[[Column], float | None], unit: str) -> Callable[[Figures], str]:
    """A figure of the dashboard as a zip and as an image."""

    def told(figures: Figures) -> str:
        ways: tuple[Packaging, ...] = ("zip", "image")
        return "; ".join(f"{way} {_told(column(figures, 'dashboard', way), one, unit)}" for way in ways)

    return told


def _told(found: Column | None, one: Callable[[Column], float | None], unit: str) -> str:
    value = one(found) if found else None
    return _MISSING if value is None else f"{value:,.{_DIGITS[unit]}f} {unit}"


def _sizes(function: str, *ways: Packaging) -> Callable[[Figures], str]:
    def told(figures: Figures) -> str:
        found = {way: column(figures, function, way) for way in ways}
        return "; ".join(f"{way} {_size(one)}" for way, one in found.items())

    return told


def _size(found: Column | None) -> str:
    size = found.measured.size if found else None
    return _MISSING if size is None else f"{size / _MEGA:,.1f} MB"


def _changed(found: Column) -> float | None:
    return found.change.seconds if found.change else None


def _own_code(figures: Figures) -> str:
    found = column(figures, "ingestion", "layers")
    change = found.measured.change if found else None
    return _MISSING if change is None else f"{change / 1000:,.1f} kB (ingestion on layers)"


def _burst(figures: Figures) -> str:
    bursts = [one.measured.burst for comparison in figures.comparisons.values() for one in comparison.columns]
    found = [burst for burst in bursts if burst]
    calls, errors = sum(one.calls for one in found), sum(one.errors for one in found)
    return f"{sum(one.timeouts for one in found)} timeouts and {errors} errors in {calls:,} calls"


CLAIMS = (
    Claim(
        what="cold start of the dashboard as a zip, P50 / P90 / P99",
        theirs="647 / 891 / 1,203 ms, 100 invocations",
        source=ADR_005,
        ours=_cold("dashboard", "zip"),
        remark="theirs on Lambda, with a dashboard of their own; ours has neither download nor Lambda's start in it",
    ),
    Claim(
        what="cold start of the analysis as an image, P50 / P90 / P99",
        theirs="2,341 / 3,102 / 4,567 ms, estimated",
        source=ADR_005,
        ours=_cold("analysis", "image"),
        remark="theirs was never measured: it is an estimate for a model of 1.1 GB; our model is smaller",
    ),
    Claim(
        what="cold start of the dashboard as an image, P50 / P90 / P99",
        theirs="none: two different functions are compared",
        source=ADR_005,
        ours=_cold("dashboard", "image"),
        remark="the function of the first line: what differs from it here is the packaging alone",
    ),
    Claim(
        what="warm start",
        theirs="below 100 ms, a goal",
        source=ADR_005,
        ours=_warm("dashboard", "zip"),
        remark="P50 / P90 / P99 of the dashboard's probe, which asks no other service",
    ),
    Claim(
        what="calls under load",
        theirs="no timeouts, a goal",
        source=ADR_005,
        ours=_burst,
        remark="all packagings together, in the embedded AWS on this machine",
    ),
    Claim(
        what="build, upload and deployment",
        theirs="2 m 8 s for three zips; 6 m 47 s for three images",
        source=ADR_005,
        ours=_both(_changed, "s"),
        remark="ours: a changed line of one function, caches warm; Terraform is not in it",
    ),
    Claim(
        what="build",
        theirs="83 s for three zips; 257 s for three images",
        source=ADR_005,
        ours=_both(lambda found: found.measured.build_s, "s"),
        remark="ours: one function, nothing cached but wheels and the base image",
    ),
    Claim(
        what="iteration",
        theirs="30 s for a zip; 3 min for an image",
        source=ADR_001,
        ours=_both(lambda found: found.change.build_s + found.change.upload_s if found.change else None, "s"),
        remark="ours: build and upload of a changed line; over a network an upload takes longer",
    ),
    Claim(
        what="size of the dashboard",
        theirs="zip 12.4 MB; image about 195 MB, estimated",
        source=ADR_005,
        ours=_sizes("dashboard", "zip", "image"),
        remark="compressed; with a stand-in for the base, the image's says little of AWS's base",
    ),
    Claim(
        what="size of the analysis",
        theirs="image about 1.3 GB, with its model",
        source=ADR_005,
        ours=_sizes("analysis", "image"),
        remark="compressed; another model",
    ),
    Claim(
        what="a function's zip beside its layers",
        theirs="10 to 50 kB",
        source=ANALYSIS,
        ours=_own_code,
        remark="what is uploaded when its own code changes",
    ),
    Claim(
        what="storage a month",
        theirs="about 0.01 USD a zip; 0.10 USD an image",
        source=ADR_005,
        ours=_both(lambda found: found.storage_usd, "USD"),
        remark="the same prices; their 0.10 USD is that of a whole GB-month, 200 MB of it cost 0.02 USD",
    ),
    Claim(
        what="CI minutes a month, ten deployments",
        theirs="0.17 USD for three zips; 0.54 USD for three images",
        source=ADR_005,
        ours=_both(lambda found: found.ci_usd, "USD"),
        remark="one function, by the second; a runner that is billed by begun minutes costs 0.08 USD at least",
    ),
)
