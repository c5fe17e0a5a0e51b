"""What is forgotten of the Docker engine's images: everything of one registry, and nothing else."""

import tarfile
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest
from fakes.oci import write_layout

from lockage.oci import layout
from lockage.rehearsal.engine import remove_images
from lockage.tools.docker import Docker

pytestmark = pytest.mark.docker

MINE, OTHERS = "localhost:1", "localhost:2"


@pytest.fixture(autouse=True)
def image(tmp_path: Path) -> Iterator[None]:
    """An image that the engine knows by three names, as if two rehearsals had pulled it."""
    made = write_layout(tmp_path / "image", layers=[{"unique": uuid4().bytes}])
    for name in (f"{MINE}/shop", f"{MINE}/mail", f"{OTHERS}/shop"):
        load(tmp_path / "image", f"{name}@{made}")
    yield
    remove_images(MINE)
    remove_images(OTHERS)


def load(image: Path, reference: str) -> None:
    (image / "index.json").write_bytes(layout.named_index(layout.read(image), reference))
    archive = image.with_suffix(".tar")
    with tarfile.open(archive, "w") as tar:
        tar.add(image, arcname=".")
    Docker().load(archive)


def test_all_names_of_a_registry_are_forgotten_and_no_other() -> None:
    assert remove_images(MINE) == 2
    assert remove_images(MINE) == 0
    assert remove_images(OTHERS) == 1
