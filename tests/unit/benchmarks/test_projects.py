"""What benchmarks build is cut from this repository's own lockage.yaml, which grows."""

import importlib.util
from pathlib import Path
from types import ModuleType

import msgspec
import pytest
from shared.ground import declare, platform_alone

from lockage.config.load import load_project

ROOT = Path(__file__).parents[3]


def benchmark(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(f"benchmark_{name}", ROOT / "benchmarks" / f"{name}.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("images", [("platform",), ("scorer", "remediator", "onboarding")])
def test_the_platform_can_be_built_alone_and_as_three_images(tmp_path: Path, images: tuple[str, ...]) -> None:
    declared = platform_alone(msgspec.yaml.decode((ROOT / "lockage.yaml").read_bytes()))
    declare(tmp_path, declared if len(images) == 1 else benchmark("one_image").three_images(declared))
    project = load_project(tmp_path / "lockage.yaml", files=False)
    assert tuple(project.built) == ("base", *images)
    assert {project.runs(function) for function in ("scorer", "remediator", "onboarding")} == set(images)
    assert len(project.functions) == 3
