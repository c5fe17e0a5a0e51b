"""One function in several packagings, side by side: for a terminal, and as Markdown for a step summary."""

from collections.abc import Callable
from typing import Literal

from lockage.model.packaging import Burst, Change, Column, Comparison, Spread
from lockage.report.explain import figure
from lockage.report.tables import markdown_table, text_table

_UNKNOWN = "not measured"
_MEASURE = "Starts and builds were not measured here; of the reference functions `./noxw -s bench -- figures` does it."
_WHOLE_MS = 100


def as_text(comparison: Comparison) -> str:
    """For a terminal or a log, in plain text."""
    table = text_table([_head(comparison), *_rows(comparison)])
    return "\n".join([headline(comparison), *(f"  {line}" for line in table), "", *_notes(comparison)])


def as_markdown(comparison: Comparison) -> str:
    """For GitHub's step summary."""
    notes = "\n".join(f"- {note}" for note in _notes(comparison))
    return f"### {headline(comparison)}\n\n{table(comparison)}\n{notes}\n"


def table(comparison: Comparison) -> str:
    """The figures alone, as Markdown."""
    return markdown_table(_head(comparison), _rows(comparison))


def headline(comparison: Comparison) -> str:
    """What is compared."""
    return f"{comparison.function}, side by side"


def _head(comparison: Comparison) -> tuple[str, ...]:
    return ("", *(column.measured.packaging for column in comparison.columns))


def _rows(comparison: Comparison) -> list[tuple[str, ...]]:
    return [(name, *(cell(column) for column in comparison.columns)) for name, cell in _ROWS.items()]


def _notes(comparison: Comparison) -> list[str]:
    return [
        f"Cold starts and builds: {comparison.setting}." if comparison.setting else _MEASURE,
        *costs(comparison),
    ]


def costs(comparison: Comparison) -> list[str]:
    """What the costs rest on."""
    prices = [
        f"{price.name}: {price.usd:.3f} USD per {price.unit} ({price.source}, {price.as_of})"
        for price in comparison.prices
    ]
    return [f"Cost: one version kept, {comparison.deployments} builds a month, at these prices:", *prices]


def _size(value: int | None) -> str:
    return _UNKNOWN if value is None else figure("zipped", value)


def _count(value: int | None) -> str:
    return _UNKNOWN if value is None else f"{value:,}"


def _megabytes(value: int | None) -> str:
    return _UNKNOWN if value is None else f"{value:,} MB"


def _ms(spread: Spread | None, percent: Literal["p50", "p90", "p99"]) -> str:
    """Tenths below 100 ms, where they are told apart."""
    if spread is None:
        return _UNKNOWN
    value: float = getattr(spread, percent)
    return f"{value:,.0f} ms" if value >= _WHOLE_MS else f"{value:.1f} ms"


def _seconds(value: float | None) -> str:
    return _UNKNOWN if value is None else f"{value:,.2f} s"


def _change(change: Change | None, part: Literal["build_s", "upload_s", "deploy_s", "seconds"]) -> str:
    return _seconds(None if change is None else getattr(change, part))


def _calls(burst: Burst | None, which: Literal["calls", "errors", "timeouts"]) -> str:
    return _count(None if burst is None else getattr(burst, which))


def _usd(value: float | None) -> str:
    return _UNKNOWN if value is None else f"{value:,.4f} USD"


_ROWS: dict[str, Callable[[Column], str]] = {
    "stored": lambda column: _size(column.measured.size),
    "to upload for a change": lambda column: _size(column.measured.change),
    "unpacked": lambda column: _size(column.measured.unpacked),
    "packages": lambda column: _count(column.measured.packages),
    "of them the system's": lambda column: _count(column.measured.os_packages),
    "cold start P50": lambda column: _ms(column.cold, "p50"),
    "cold start P90": lambda column: _ms(column.cold, "p90"),
    "cold start P99": lambda column: _ms(column.cold, "p99"),
    "cold starts measured": lambda column: f"{len(column.measured.cold_starts_ms)}",
    "warm start P50": lambda column: _ms(column.warm, "p50"),
    "warm start P90": lambda column: _ms(column.warm, "p90"),
    "warm start P99": lambda column: _ms(column.warm, "p99"),
    "warm starts measured": lambda column: f"{len(column.measured.warm_starts_ms)}",
    "memory held": lambda column: _megabytes(column.measured.memory_mb),
    "calls at one moment": lambda column: _calls(column.measured.burst, "calls"),
    "of them failed": lambda column: _calls(column.measured.burst, "errors"),
    "timed out": lambda column: _calls(column.measured.burst, "timeouts"),
    "their answers P50": lambda column: _ms(column.burst, "p50"),
    "their answers P99": lambda column: _ms(column.burst, "p99"),
    "build without cache": lambda column: _seconds(column.measured.build_s),
    "upload of all of it": lambda column: _seconds(column.measured.upload_s),
    "a changed line: build": lambda column: _change(column.change, "build_s"),
    "its upload": lambda column: _change(column.change, "upload_s"),
    "its deployment": lambda column: _change(column.change, "deploy_s"),
    "all of that": lambda column: _change(column.change, "seconds"),
    "storage a month": lambda column: _usd(column.storage_usd),
    "CI minutes a month": lambda column: _usd(column.ci_usd),
    "cost a month": lambda column: _usd(column.cost_usd),
}
"""Name of a row → its cell in each column."""
