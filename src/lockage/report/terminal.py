"""How a run looks on a terminal: a line a step, and below them what is running now and for how long."""

import time
from threading import Lock

from rich.console import Console as Terminal
from rich.console import Group, RenderableType
from rich.live import Live
from rich.spinner import Spinner
from rich.text import Text

from lockage.console import State, StepRecord

_STYLES: dict[State, str] = {"done": "green", "reused": "cyan", "skipped": "yellow", "failed": "bold red"}
_REFRESH_PER_SECOND = 8


class LiveView:
    """Steps on a terminal; colours only where ``NO_COLOR`` and the terminal allow them."""

    def __init__(self, terminal: Terminal | None = None) -> None:
        self._terminal = terminal or Terminal(stderr=True)
        self._running: dict[str, float] = {}
        self._turn = Lock()  # steps begin and end in threads of their own
        self._spinner = Spinner("dots" if self._terminal.encoding.startswith("utf") else "line")
        self._live = Live(
            get_renderable=self._now, console=self._terminal, refresh_per_second=_REFRESH_PER_SECOND, transient=True
        )

    def began(self, name: str) -> None:
        """The step joins those that are shown as running."""
        with self._turn:
            self._running[name] = time.monotonic()
            if len(self._running) == 1:
                self._live.start()

    def ended(self, record: StepRecord) -> None:
        """The step becomes a line that stays."""
        with self._turn:
            self._running.pop(record.name, None)
            if not self._running:
                self._live.stop()
        line = Text.assemble(
            (f"{record.state:<7}", _STYLES[record.state]), f" {record.seconds:7.2f} s  ", (record.name, "bold")
        )
        if record.reason:
            line.append(f"  {_first_line(record.reason)}", "dim")
        self._terminal.print(line)

    def note(self, text: str) -> None:
        """The text as it is: nothing in it is markup."""
        self._terminal.print(Text(text))

    def _now(self) -> RenderableType:
        return Group(*(self._line(name, began) for name, began in list(self._running.items())))

    def _line(self, name: str, began: float) -> RenderableType:
        frame = self._spinner.render(time.monotonic())
        text = frame if isinstance(frame, Text) else Text(str(frame))
        return Text.assemble(text, f"{time.monotonic() - began:14.1f} s  ", (name, "bold"))


def _first_line(text: str) -> str:
    return text.strip().partition("\n")[0]
