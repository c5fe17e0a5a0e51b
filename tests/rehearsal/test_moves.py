"""The ways from one packaging to another, walked to their ends in a rehearsal of their own.

They are no story of ``lockage rehearse``: what a message looks like, and where one sees what became of it, only a
project can tell. These projects are made for it.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest
from moves import counter, dashboard
from moves.figures import Measurer, table
from moves.mover import Mover
from moves.project import Files, write
from moves.story import story

from lockage.config.load import load_local, load_project
from lockage.console import Console
from lockage.rehearsal import runtimes
from lockage.rehearsal.embedded import EmbeddedAws
from lockage.rehearsal.engine import containers
from lockage.rehearsal.perform import Performer
from lockage.rehearsal.surroundings import surroundings

pytestmark = [pytest.mark.aws, pytest.mark.tools]


@contextmanager
def performing(folder: Path, releases: Sequence[Files]) -> Iterator[Performer]:
    """A performer of a new project, in an embedded AWS of its own that is gone afterwards."""
    file = write(folder / "project", releases)
    project = load_project(file)
    account, region = project.registry.account, project.registry.region
    images = runtimes.images(project, load_local(file))
    aws = EmbeddedAws(account=account, region=region, parent=folder, runtimes=images)
    try:
        with surroundings(aws.start().endpoint, aws.host):
            yield Performer(aws, project_file=file, project=project, folder=aws.folder, console=Console())
    finally:
        aws.stop()
        assert containers(aws.label) == []


def test_from_zip_to_image_and_from_image_to_zip_over_parallel_functions(tmp_path: Path) -> None:
    with performing(tmp_path, counter.releases()) as performer:
        Mover(performer).perform(story())


def test_from_one_zip_to_layers_in_place(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with performing(tmp_path, list(dashboard.releases())) as performer:
        measurer = Measurer(performer)
        measurer.release(1)
        bundled, files = measurer.release(2), measurer.files()
        measurer.release(3)
        assert measurer.files() == files, "what the function imports from is the same, byte for byte"
        published = measurer.layer_versions()
        layered = measurer.release(4)
        assert measurer.layer_versions() == published == {"shop-packages": 1, "shop-shared": 1}
    with capsys.disabled():
        print(f"\n{table({'one zip': bundled, 'layers': layered})}")  # noqa: T201 - what was measured
    assert list(bundled.uploaded.values()) == [bundled.function_bytes]
    assert list(layered.uploaded.values()) == [layered.function_bytes]
    assert layered.function_bytes < 50_000
    assert bundled.function_bytes > 1000 * layered.function_bytes
    assert (bundled.layer_bytes, len(layered.layer_bytes)) == ((), 2)
