"""A throw-away project with the gate's own files, and artifacts in its ``dist/`` that were never built."""

import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Protocol

import yaml

from fakes.dist import put_image
from lockage.model.artifact import Artifact
from lockage.model.dist import DistDir

ROOT = Path(__file__).parents[2]

Write = Callable[[Path], str]
"""Writes an image's layout into a folder and returns its digest."""

Put = Callable[[DistDir, str], Artifact]
"""Puts a zip into ``dist/`` under a name."""

RUNTIME = "public.ecr.aws/lambda/python:3.13@sha256:" + "1" * 64


class GateProject:
    """The project's folder.

    Args:
        root: to be made.
        images: what is in ``dist/``, by name.
        zips: what else is there.
    """

    def __init__(self, root: Path, images: Mapping[str, Write], zips: Mapping[str, Put] | None = None) -> None:
        self.root = root
        self.file = root / "lockage.yaml"
        self.dist = DistDir(root / "dist")
        shutil.copytree(ROOT / "sbom", root / "sbom")
        for name, write in images.items():
            put_image(self.dist, name, write)
        for name, put in (zips or {}).items():
            put(self.dist, name)
        self.file.write_text(yaml.safe_dump(_configuration(list(images), list(zips or {}))))

    def accept(self, *entries: Mapping[str, object]) -> None:
        content = {"version": 1, "exceptions": [dict(entry) for entry in entries]}
        (self.root / "sbom" / "exceptions.yaml").write_text(yaml.safe_dump(content))


def _configuration(images: list[str], zips: list[str]) -> dict[str, object]:
    """A project of one function, which runs in none of these images and from none of these zips."""
    described: dict[str, object] = {name: {"dockerfile": "Dockerfile"} for name in images}
    described["functions"] = {
        "dockerfile": "Dockerfile",
        "repository": "platform",
        "sources": ["functions/shop"],
    }
    account = {"account": "222222222222", "region": "eu-central-1"}
    project: dict[str, object] = {
        "version": 1,
        "project": "platform",
        "images": described,
        "functions": {
            "shop": {"image": "functions", "handler": "shop.handler.handle", "probe": "functions/shop/probe.json"}
        },
        "registry": {**account, "store": "platform-releases"},
        "environments": {"prod": account},
    }
    if zips:
        project["zips"] = {name: {"sources": ["functions/shop"]} for name in zips}
        project["runtimes"] = {"python3.13": RUNTIME}
    return project


class Make(Protocol):
    """Makes the project."""

    def __call__(self, images: Mapping[str, Write], zips: Mapping[str, Put] | None = None) -> GateProject:
        """With these artifacts."""
