"""How long a rehearsal takes from its first step to the end of its clean-up, with tools and base images at hand.

The first has prepared and built nothing before, but for the base; of what it builds, BuildKit may still hold layers if
this machine built them once. The second finds everything as the first left it. Both are held to what is wanted of two
cores.
"""

import os
import tempfile
from pathlib import Path

import msgspec
from shared.ground import LOCKAGE, ROOT, seconds, told
from shared.limits import Figures, at_most

from lockage.rehearsal.checkout import clone
from lockage.tools.cache import cache_dir
from lockage.tools.process import run

FIRST_SECONDS, SECOND_SECONDS, ROUNDS, SLOWEST = 90, 30, 3, 8
LIMITS = {"rehearsal-first-of-90-s": at_most(1), "rehearsal-second-of-30-s": at_most(1)}
BUILT_BEFORE = ("base",)
"""Images that count as tools: they change with their pins only."""
CACHED_BEFORE = ("tools", "trivy")
"""What of the per-user cache counts as tools: programs and the vulnerability database."""


def main() -> None:
    """Rehearse a clone of this tree."""
    figures = Figures(LIMITS)
    with tempfile.TemporaryDirectory() as work:
        keep_apart(Path(work) / "cache")
        tree = clone(ROOT, Path(work) / "tree")
        run([LOCKAGE, "build", *BUILT_BEFORE], cwd=tree)
        first = told("the first", [seconds(lambda: rehearse(tree))])
        again = told("with nothing changed", [seconds(lambda: rehearse(tree)) for _ in range(ROUNDS)])
        slowest(tree)
    figures.ratio("rehearsal-first-of-90-s", first / FIRST_SECONDS)
    figures.ratio("rehearsal-second-of-30-s", again / SECOND_SECONDS)
    figures.hold()


def keep_apart(cache: Path) -> None:
    """Give what runs from now on a cache of its own, with the tools of the user's."""
    usual = cache_dir()
    cache.mkdir(mode=0o700)
    for name in CACHED_BEFORE:
        (cache / name).symlink_to(usual / name)
    os.environ["LOCKAGE_CACHE"] = str(cache)


def rehearse(tree: Path) -> None:
    """As a person runs it."""
    run([LOCKAGE, "rehearse"], cwd=tree)


def slowest(tree: Path) -> None:
    """Print what took longest of the last one."""
    told_ = msgspec.json.decode((tree / "dist" / "timings.json").read_bytes())["verbs"]["rehearse"]
    for step in sorted(told_["steps"], key=lambda step: -step["seconds"])[:SLOWEST]:
        print(f"{step['seconds']:7.2f} s  {step['state']:<7} {step['name']}")


if __name__ == "__main__":
    main()
