"""Benchmarks' own modules can be imported: last of all, for one of them is called as a package is."""

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).parents[3] / "benchmarks"))
