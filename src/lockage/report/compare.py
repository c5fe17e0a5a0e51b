"""One function in several packagings, side by side: for a terminal, and as Markdown for a step summary."""

from collections.abc import Callable

from lockage.model.packaging import Column, Comparison
from lockage.report.explain import figure
from lockage.report.tables import markdown_table, text_table

_UNKNOWN = "not measured"


def as_text(comparison: Comparison) -> str:
    """For a terminal or a log, in plain text."""
    table = text_table([_head(comparison), *_rows(comparison)])
    return "\n".join([headline(comparison), *(f"  {line}" for line in table), "", *_notes(comparison)])


def as_markdown(comparison: Comparison) -> str:
    """For GitHub's step summary."""
    notes = "\n".join(f"- {note}" for note in _notes(comparison))
    return f"### {headline(comparison)}\n\n{markdown_table(_head(comparison), _rows(comparison))}\n{notes}\n"


def headline(comparison: Comparison) -> str:
    """What is compared."""
    return f"{comparison.function}, side by side"


def _head(comparison: Comparison) -> tuple[str, ...]:
    return ("", *(column.measured.packaging for column in comparison.columns))


def _rows(comparison: Comparison) -> list[tuple[str, ...]]:
    return [(name, *(cell(column) for column in comparison.columns)) for name, cell in _ROWS.items()]


def _notes(comparison: Comparison) -> list[str]:
    where = [f"Cold starts and builds: {comparison.setting}."] if comparison.setting else []
    prices = [
        f"{price.name}: {price.usd:.3f} USD per {price.unit} ({price.source}, {price.as_of})"
        for price in comparison.prices
    ]
    return [*where, f"Cost: one version kept, {comparison.deployments} builds a month, at these prices:", *prices]


def _size(value: int | None) -> str:
    return _UNKNOWN if value is None else figure("zipped", value)


def _count(value: int | None) -> str:
    return _UNKNOWN if value is None else f"{value:,}"


def _ms(value: float | None) -> str:
    return _UNKNOWN if value is None else f"{value:,.0f} ms"


def _seconds(value: float | None) -> str:
    return _UNKNOWN if value is None else f"{value:,.2f} s"


def _usd(value: float | None) -> str:
    return _UNKNOWN if value is None else f"{value:,.4f} USD"


_ROWS: dict[str, Callable[[Column], str]] = {
    "stored": lambda column: _size(column.measured.size),
    "to upload for a change": lambda column: _size(column.measured.change),
    "unpacked": lambda column: _size(column.measured.unpacked),
    "packages": lambda column: _count(column.measured.packages),
    "of them the system's": lambda column: _count(column.measured.os_packages),
    "cold start P50": lambda column: _ms(column.p50_ms),
    "cold start P90": lambda column: _ms(column.p90_ms),
    "cold starts measured": lambda column: f"{len(column.measured.cold_starts_ms)}",
    "build": lambda column: _seconds(column.measured.build_s),
    "storage a month": lambda column: _usd(column.storage_usd),
    "builds a month": lambda column: _usd(column.build_usd),
    "cost a month": lambda column: _usd(column.cost_usd),
}
"""Name of a row → its cell in each column."""
