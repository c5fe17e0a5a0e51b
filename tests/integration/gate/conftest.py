"""Throw-away projects, the locked scanner and the fixture database."""

from pathlib import Path

import pytest
from fakes.gate_project import ROOT, GateProject, Make

from lockage.gate.fixture import Fixture
from lockage.tools.cache import cache_dir
from lockage.tools.locked import Locked
from lockage.tools.trivy import Trivy


@pytest.fixture
def make_project(tmp_path: Path) -> Make:
    return lambda images, zips=None: GateProject(tmp_path / "project", images, zips)


@pytest.fixture(scope="session")
def trivy() -> Trivy:
    return Trivy(Locked().path("trivy"), ROOT / "sbom" / "trivy.yaml")


@pytest.fixture(scope="session")
def fixture_database() -> Path:
    module = Locked().lock.folder / "trivy-fixtures"
    return Fixture(ROOT / "sbom" / "fixture-advisories.yaml", module, cache_dir() / "trivy").build()
