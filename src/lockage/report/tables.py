"""Tables of text: columns for a terminal, pipes for Markdown."""

from collections.abc import Iterable


def text_table(rows: Iterable[tuple[str, ...]], head: tuple[str, ...] = ()) -> list[str]:
    """A line a row, below their heads if they have some; columns as wide as their widest cell; nothing without rows."""
    cells = list(rows)
    cells = [head, *cells] if cells and head else cells
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    return ["  ".join(f"{cell:<{width}}" for cell, width in zip(row, widths, strict=True)).rstrip() for row in cells]


def markdown_table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    """A Markdown table that holds any text; empty without rows."""
    lines = [
        f"| {' | '.join(cell.replace('|', chr(92) + '|').replace(chr(10), ' ') for cell in row)} |" for row in rows
    ]
    if not lines:
        return ""
    return "\n".join([f"| {' | '.join(head)} |", f"|{' --- |' * len(head)}", *lines, ""])
