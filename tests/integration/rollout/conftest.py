"""The embedded AWS, one for each module."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from fakes.accounts import REGION, REGISTRY, Accounts
from fakes.pipeline import DECLARED, Pipeline

from lockage.config.load import load_local, load_project
from lockage.rehearsal import runtimes
from lockage.rehearsal.embedded import EmbeddedAws

ROOT = Path(__file__).parents[3]


@pytest.fixture(scope="module")
def accounts(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Accounts]:
    aws = EmbeddedAws(account=REGISTRY, region=REGION, parent=tmp_path_factory.mktemp("aws"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AWS_ENDPOINT_URL", aws.endpoint)
        try:
            aws.start()
            yield Accounts(aws)
        finally:
            aws.stop()


@pytest.fixture(scope="module")
def pipeline(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pipeline]:
    folder = tmp_path_factory.mktemp("zips")
    pinned = load_project(ROOT / "lockage.yaml", files=False).runtimes["python3.13"]
    (folder / "lockage.yaml").write_text(DECLARED.replace("PINNED", pinned))
    project = load_project(folder / "lockage.yaml", files=False)
    images = runtimes.images(project, load_local(ROOT / "lockage.yaml"))
    aws = EmbeddedAws(account=REGISTRY, region=REGION, parent=folder, runtimes=images)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AWS_ENDPOINT_URL", aws.endpoint)
        try:
            yield Pipeline(aws.start(), project, folder)
        finally:
            aws.stop()
