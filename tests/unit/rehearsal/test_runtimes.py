from pathlib import Path

import pytest
from msgspec.structs import replace

from lockage.config.load import load_project
from lockage.config.schema import Local, Mirrors, Project
from lockage.errors import UsageError
from lockage.rehearsal.runtimes import images

DIGEST = "sha256:" + "a" * 64
PINNED = f"public.ecr.aws:443/lambda/python:3.13@{DIGEST}"


@pytest.fixture
def project(project_root: Path) -> Project:
    return replace(load_project(project_root / "lockage.yaml", files=False), runtimes={"python3.13": PINNED})


def test_the_pinned_image_is_run_by_its_digest(project: Project) -> None:
    assert images(project, Local()) == {"python3.13": f"public.ecr.aws:443/lambda/python@{DIGEST}"}


def test_a_mirror_in_the_engine_takes_its_place(project: Project) -> None:
    local = Local(mirrors=Mirrors(bases={PINNED: "docker-image://standin/python:3.13", "other": "oci-layout://x"}))
    assert images(project, local) == {"python3.13": "standin/python:3.13"}


def test_a_mirror_that_the_engine_cannot_run_is_refused(project: Project) -> None:
    local = Local(mirrors=Mirrors(bases={PINNED: "oci-layout:///somewhere"}))
    with pytest.raises(UsageError, match="functions cannot run in oci-layout:///somewhere") as caught:
        images(project, local)
    assert PINNED in caught.value.why
    assert "docker load" in caught.value.remedy
