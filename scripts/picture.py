"""Draws ``docs/rehearsal.svg``: how a rehearsal ends on a terminal. Runs one, in the tree as it stands.

Run it with the project's environment: ``uv run --all-extras --all-groups python scripts/picture.py``.
"""

import io
import re
from pathlib import Path

from rich.console import Console as Terminal
from rich.text import Text

from lockage.console import Console
from lockage.rehearsal.run import Rehearsal
from lockage.report.summary import as_text
from lockage.report.terminal import LiveView

ROOT = Path(__file__).parents[1]
PICTURE = ROOT / "docs" / "rehearsal.svg"
WIDTH, LAST_STEPS = 150, 24


def main() -> None:
    """Rehearse, then draw the last steps and the summary."""
    console = Console()
    rehearsal = Rehearsal(ROOT / "lockage.yaml", console, keep=False)
    rehearsal.run()
    if rehearsal.summary is None:
        raise SystemExit("the rehearsal has no summary")
    terminal = Terminal(record=True, force_terminal=True, color_system="truecolor", width=WIDTH, file=io.StringIO())
    view = LiveView(terminal)
    for record in console.records[-LAST_STEPS:]:
        view.ended(record)
    terminal.print(Text(as_text(rehearsal.summary)))
    PICTURE.write_text(without_fonts(terminal.export_svg(title="./noxw -s rehearse")))


def without_fonts(svg: str) -> str:
    """Without the fonts that would be fetched from elsewhere; the picture falls back to the reader's own."""
    return re.sub(r"@font-face \{.*?\}\s*", "", svg, flags=re.DOTALL)


if __name__ == "__main__":
    main()
