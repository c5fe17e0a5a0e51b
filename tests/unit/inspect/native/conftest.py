"""Really built objects, and trees to put them in. Objects are for this machine, so targets are as well."""

import platform
from collections.abc import Callable
from pathlib import Path

import pytest
from fakes.forge import Forge

from lockage.inspect.native import NativeInspection, Root, Target, inspect_native

Inspect = Callable[..., NativeInspection]


@pytest.fixture(scope="session")
def here() -> Target:
    """A runtime that runs what this machine's compiler makes."""
    return Target(python="3.13", platform="linux/arm64" if platform.machine() == "aarch64" else "linux/amd64")


@pytest.fixture(scope="session")
def elsewhere(here: Target) -> Target:
    """The runtime of the other machine."""
    return Target(python="3.13", platform="linux/amd64" if here.platform == "linux/arm64" else "linux/arm64")


@pytest.fixture
def forge(tmp_path: Path) -> Forge:
    return Forge(tmp_path / "forge")


@pytest.fixture
def task(tmp_path: Path) -> Path:
    folder = tmp_path / "task"
    folder.mkdir()
    return folder


@pytest.fixture
def inspect(task: Path, here: Target) -> Inspect:
    """The check on the task root, with layers over ``/opt``."""

    def inspected(*layers: Path, target: Target = here) -> NativeInspection:
        return inspect_native([Root(task), *(Root(layer, "/opt") for layer in layers)], target)

    return inspected
