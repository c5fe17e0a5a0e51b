"""One image for three functions against three images, one each: build and push, cold and warm.

Both sides are this repository's platform on the same base, built by ``lockage build`` and pushed with crane; the three
images differ in their sources alone, so BuildKit's layer cache and the wheels are shared among them. *Cold* is a new
registry and a BuildKit that may reuse nothing above the base; *warm* is one line changed in the code that all functions
share. The base itself stands already.
"""

import shutil
import tempfile
from collections.abc import Iterable
from functools import partial
from pathlib import Path
from typing import Any

from shared.ground import PLATFORM, LocalRegistry, build, copy_platform, declare, edit, local_registry, seconds, told
from shared.limits import Figures, at_most

COLD_ROUNDS = 2
WARM_ROUNDS = 7
LIMITS = {"one-image-to-three-cold": at_most(1), "one-image-to-three-warm": at_most(0.4)}
SHARED = Path("functions/common/fields.py")


class Side:
    """A project whose images are built and pushed together."""

    def __init__(self, name: str, root: Path, images: tuple[str, ...], registry: LocalRegistry) -> None:
        self._name = name
        self._root = root
        self._images = images
        self._registry = registry
        self.sent = 0

    def cold(self, number: int) -> float:
        """Seconds with nothing above the base reused, into repositories that are new."""
        for image in self._images:
            shutil.rmtree(self._root / "dist" / image, ignore_errors=True)
            _never_seen(self._root / "images" / image / "Dockerfile", f"{self._name} {number}")
        return seconds(partial(self._release, f"cold-{number}", f"{self._name}-{number}"))

    def warm(self, number: int) -> float:
        """Seconds for one line that all functions share."""
        edit(self._root / SHARED, f"by {self._name}, round {number}")
        return seconds(partial(self._release, f"warm-{number}", f"{self._name}-{COLD_ROUNDS}"))

    def _release(self, tag: str, prefix: str) -> None:
        build(self._root)
        layouts = {image: self._root / "dist" / image / "layout" for image in self._images}
        self.sent = sum(self._registry.push(path, f"{prefix}-{image}", tag) for image, path in layouts.items())


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
        one = Side("one", roots["one"], (PLATFORM,), registry)
        three = Side("three", roots["three"], tuple(split["functions"]), registry)
        cold = [(one.cold(number), three.cold(number)) for number in range(1, COLD_ROUNDS + 1)]
        warm = [(one.warm(number), three.warm(number)) for number in range(1, WARM_ROUNDS + 1)]
    print(f"bytes pushed when warm: one image {one.sent:,}, three images {three.sent:,}")
    figures = Figures(LIMITS)
    for name, rounds in (("cold", cold), ("warm", warm)):
        ours = told(f"{name}: one image", [ours for ours, _ in rounds])
        figures.ratio(
            f"one-image-to-three-{name}", ours / told(f"{name}: three images", [theirs for _, theirs in rounds])
        )
    figures.hold()


if __name__ == "__main__":
    main()
