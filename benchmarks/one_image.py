"""One image for three functions against three images, one each: build and push, cold and warm.

Both sides are this repository's platform on the same base, built by ``lockage build`` and pushed with crane; the three
images differ in their sources alone, so BuildKit's layer cache and the wheels are shared among them. *Cold* is a new
registry and a BuildKit that may reuse nothing above the base; *warm* is one line changed in the code that all functions
share. The base itself stands already. Three images are made in turn, as by a pipeline each, and once more all at once,
as ``lockage build`` does it: on two cores that hides a part of what they cost.
"""

import shutil
import tempfile
from collections.abc import Iterable, Sequence
from functools import partial
from pathlib import Path
from typing import Any
from uuid import uuid4

from shared.ground import PLATFORM, LocalRegistry, build, copy_platform, declare, edit, local_registry, seconds, told
from shared.limits import Figures, at_most

COLD_ROUNDS = 2
WARM_ROUNDS = 7
LIMITS = {
    "one-image-to-three-in-turn-cold": at_most(1),
    "one-image-to-three-in-turn-warm": at_most(0.4),
    "one-image-to-three-at-once-cold": at_most(1),
    "one-image-to-three-at-once-warm": at_most(0.6),
}
SHARED = Path("functions/common/fields.py")


class Side:
    """A project's images.

    Args:
        name: the side's.
        root: the project's folder.
        together: images, in groups that are built by one command and then pushed.
        registry: where to.
    """

    def __init__(self, name: str, root: Path, together: Sequence[tuple[str, ...]], registry: LocalRegistry) -> None:
        self._name = name
        self._root = root
        self._together = together
        self._registry = registry
        self.sent = 0

    def cold(self, number: int) -> float:
        """Seconds with nothing above the base reused, into repositories that are new."""
        for image in (image for group in self._together for image in group):
            shutil.rmtree(self._root / "dist" / image, ignore_errors=True)
            _never_seen(self._root / "images" / image / "Dockerfile", f"{self._name} {number} {uuid4().hex}")
        return seconds(partial(self._release, f"cold-{number}", f"{self._name}-{number}"))

    def warm(self, number: int) -> float:
        """Seconds for one line that all functions share."""
        edit(self._root / SHARED, f"by {self._name}, round {number}")
        return seconds(partial(self._release, f"warm-{number}", f"{self._name}-{COLD_ROUNDS}"))

    def _release(self, tag: str, prefix: str) -> None:
        self.sent = 0
        for group in self._together:
            build(self._root, *group)
            for image in group:
                self.sent += self._registry.push(self._root / "dist" / image / "layout", f"{prefix}-{image}", tag)


def _never_seen(dockerfile: Path, mark: str) -> None:
    """Give the stages an environment variable that no build had: no step above the base is cached."""
    lines = [line for line in dockerfile.read_text().splitlines() if not line.startswith("ENV NEVER_SEEN")]
    marked = [
        more
        for line in lines
        for more in (line, *([f'ENV NEVER_SEEN="{mark}"'] if line.startswith("FROM base") else []))
    ]
    dockerfile.write_text("\n".join(marked) + "\n")


def three_images(declared: dict[str, Any]) -> dict[str, Any]:
    """The platform split into an image a function, each with what that function needs of the sources."""
    functions = {name: {**one, "image": name} for name, one in declared["functions"].items()}
    return {**declared, "images": {"base": declared["images"]["base"]} | _images(functions), "functions": functions}


def _images(functions: Iterable[str]) -> dict[str, dict[str, object]]:
    return {
        name: {
            "dockerfile": f"images/{name}/Dockerfile",
            "requirements": f"images/{name}/requirements.lock",
            "sources": ["functions/policy", "functions/common", f"functions/{name}"],
            "repository": name,
        }
        for name in functions
    }


def main() -> None:
    """Take turns, so that a busy machine is busy for both sides."""
    with tempfile.TemporaryDirectory() as work, local_registry() as registry:
        roots = {name: Path(work) / name for name in ("one", "three")}
        copy_platform(roots["one"])
        split = three_images(copy_platform(roots["three"]))
        for function in split["functions"]:
            shutil.copytree(roots["three"] / "images" / PLATFORM, roots["three"] / "images" / function)
        declare(roots["three"], split)
        build(roots["one"])
        shutil.copytree(roots["one"] / "dist/base", roots["three"] / "dist/base")
        names = tuple(split["functions"])
        sides = (
            Side("one", roots["one"], [(PLATFORM,)], registry),
            Side("turn", roots["three"], [(name,) for name in names], registry),
            Side("once", roots["three"], [names], registry),
        )
        cold = [[side.cold(number) for side in sides] for number in range(1, COLD_ROUNDS + 1)]
        warm = [[side.warm(number) for side in sides] for number in range(1, WARM_ROUNDS + 1)]
    print(f"bytes pushed when warm: one image {sides[0].sent:,}, three images {sides[-1].sent:,}")
    figures = Figures(LIMITS)
    for name, rounds in (("cold", cold), ("warm", warm)):
        one, in_turn, at_once = zip(*rounds, strict=True)
        ours = told(f"{name}: one image", one)
        figures.ratio(f"one-image-to-three-in-turn-{name}", ours / told(f"{name}: three images in turn", in_turn))
        figures.ratio(f"one-image-to-three-at-once-{name}", ours / told(f"{name}: three images at once", at_once))
    figures.hold()


if __name__ == "__main__":
    main()
