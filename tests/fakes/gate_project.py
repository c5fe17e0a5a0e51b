"""A throw-away project with the gate's own files, and images in its ``dist/`` that were never built."""

import shutil
from collections.abc import Callable, Mapping
from pathlib import Path

import yaml

from fakes.dist import put_image
from lockage.model.dist import DistDir

ROOT = Path(__file__).parents[2]

Write = Callable[[Path], str]
"""Writes an image's layout into a folder and returns its digest."""


class GateProject:
    """The project's folder.

    Args:
        root: to be made.
        images: what is in ``dist/``, by name.
    """

    def __init__(self, root: Path, images: Mapping[str, Write]) -> None:
        self.root = root
        self.file = root / "lockage.yaml"
        self.dist = DistDir(root / "dist")
        shutil.copytree(ROOT / "sbom", root / "sbom")
        for name, write in images.items():
            put_image(self.dist, name, write)
        self.file.write_text(yaml.safe_dump(_configuration(list(images))))

    def accept(self, *entries: Mapping[str, object]) -> None:
        content = {"version": 1, "exceptions": [dict(entry) for entry in entries]}
        (self.root / "sbom" / "exceptions.yaml").write_text(yaml.safe_dump(content))


def _configuration(images: list[str]) -> dict[str, object]:
    """The reference platform's configuration, with these images in the place of its own."""
    project: dict[str, object] = yaml.safe_load((ROOT / "lockage.yaml").read_text())
    sources = [f"functions/{name}" for name in ("scorer", "remediator", "onboarding")]
    described: dict[str, object] = {name: {"dockerfile": "Dockerfile"} for name in images}
    described["functions"] = {"dockerfile": "Dockerfile", "repository": "platform", "sources": sources}
    functions = project["functions"]
    assert isinstance(functions, dict)
    for function in functions.values():
        function["image"] = "functions"
    return {**project, "images": described}


Make = Callable[[Mapping[str, Write]], GateProject]
