"""What the command line costs beyond the interpreter's own start: help within 100 ms, a plan within 150 ms.

As on any second call: Python may keep its bytecode, which some environments forbid (``PYTHONDONTWRITEBYTECODE``).
"""

import sys
import tempfile
from functools import partial
from pathlib import Path
from statistics import median

from shared.ground import LOCKAGE, ROOT, seconds
from shared.limits import Figures, at_most

from lockage.tools.process import run

ROUNDS = 15
BUDGETS_MS = {"--help": 100, "plan": 150}
LIMITS = {f"{verb.strip('-')}-of-its-{budget}-ms": at_most(1) for verb, budget in BUDGETS_MS.items()}


def main() -> None:
    """Interleave the commands, so that a busy machine is busy for all of them."""
    commands: dict[str, list[str | Path]] = {
        "the interpreter": [sys.executable, "-c", "pass"],
        **{verb: [LOCKAGE, verb] for verb in BUDGETS_MS},
    }
    times: dict[str, list[float]] = {name: [] for name in commands}
    with tempfile.TemporaryDirectory() as bytecode:
        env = {"PYTHONDONTWRITEBYTECODE": None, "PYTHONPYCACHEPREFIX": bytecode}
        for command in commands.values():
            run(command, cwd=ROOT, env=env)
        for _ in range(ROUNDS):
            for name, command in commands.items():
                times[name].append(1000 * seconds(partial(run, command, cwd=ROOT, env=env)))
    bare, figures = median(times["the interpreter"]), Figures(LIMITS)
    print(f"the interpreter starts in {bare:.0f} ms (median of {ROUNDS})")
    for verb, budget in BUDGETS_MS.items():
        beyond = median(times[verb]) - bare
        print(f"lockage {verb}: {beyond:.0f} ms beyond that, {min(times[verb]) - bare:.0f} at best; budget {budget} ms")
        figures.ratio(f"{verb.strip('-')}-of-its-{budget}-ms", beyond / budget)
    figures.hold()


if __name__ == "__main__":
    main()
