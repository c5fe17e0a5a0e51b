"""Facts come from ``lockage.yaml``, ``dist/`` and git; what none of them tells stays unknown."""

import shutil
from pathlib import Path
from typing import Any

import pytest
from fakes.packaged_project import NOW, PROJECT, change, project, put_image, put_zip, write_project

from lockage.errors import UsageError
from lockage.model.dist import DistDir
from lockage.model.packaging import Facts, Measured, Measurements
from lockage.plan.packaging.gather import Gathered, Inspected, gather
from lockage.plan.packaging.measurements import keep, kept, path
from lockage.plan.packaging.parts import code_sharers, lock_sharers, parts

NOTHING = Inspected(glibc_offered=34)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    write_project(tmp_path)
    return tmp_path


@pytest.fixture
def dist(root: Path) -> DistDir:
    return DistDir(root / "dist")


def gathered(root: Path, function: str, *measured: Measured, inspected: Inspected = NOTHING) -> Gathered:
    measurements = Measurements(function=function, measured=measured) if measured else None
    return gather(function, project(), root, NOW, inspected, measurements)


def facts(root: Path, function: str, *measured: Measured) -> Facts:
    return gathered(root, function, *measured).facts


def test_parts_are_those_of_the_artifact_and_its_layers() -> None:
    ingestion = parts(project(), "ingestion")
    assert ingestion.declared == "layers"
    assert ingestion.artifacts == ("ingestion", "dependencies", "common")
    assert ingestion.sources == {"functions/ingestion", "functions/common"}
    assert ingestion.locks == {"layers/dependencies/requirements.lock"}
    assert (ingestion.runtime, ingestion.platform) == ("python3.13", "linux/amd64")
    assert parts(project(), "dashboard").declared == "zip"
    scorer = parts(project(), "scorer")
    assert (scorer.declared, scorer.artifacts, scorer.runtime) == ("image", ("platform",), "python3.13")


def test_sharers_are_counted_across_packagings() -> None:
    counted = {name: code_sharers(project(), name) for name in project().functions}
    assert counted == {"scorer": 3, "remediator": 3, "dashboard": 1, "ingestion": 3}


def test_a_lock_is_shared_by_content_and_not_by_name(root: Path) -> None:
    def content(lock: str) -> str:
        return (root / lock).read_text()

    assert {name: lock_sharers(project(), name, content) for name in project().functions} == {
        "scorer": 3,
        "remediator": 3,
        "dashboard": 1,
        "ingestion": 3,
    }
    bare: dict[str, Any] = {**PROJECT["zips"], "dashboard": {"sources": ["functions/dashboard"]}}
    assert lock_sharers(project(zips=bare), "dashboard", content) == 0


def test_before_anything_is_built_sizes_are_unknown(root: Path) -> None:
    found = gathered(root, "ingestion")
    assert found.unbuilt == ("ingestion", "dependencies", "common")
    assert (found.facts.unpacked, found.facts.zipped, found.facts.image_unpacked) == (None, None, None)
    assert facts(root, "scorer").system_parts is None
    assert facts(root, "dashboard").system_parts == 0


def test_a_layered_zip_weighs_what_it_runs_with(root: Path, dist: DistDir) -> None:
    put_zip(dist, "ingestion", 10, 100)
    put_zip(dist, "dependencies", 20, 200, layer=True)
    assert facts(root, "ingestion").unpacked is None, "a part of a sum is no sum"
    put_zip(dist, "common", 30, 300, layer=True)
    found = gathered(root, "ingestion")
    assert found.unbuilt == ()
    assert (found.facts.zipped, found.facts.unpacked, found.facts.layers) == (60, 600, 2)
    assert found.standing == Measured(packaging="layers", size=60, change=10, unpacked=600)


def test_an_image_is_weighed_as_the_zip_it_could_be(root: Path, dist: DistDir) -> None:
    put_image(dist, "platform", "opa 1.19.1")
    found = facts(root, "scorer")
    assert (found.unpacked, found.image_unpacked, found.zipped) == (4, 10_240, None)
    assert (found.system_parts, found.system_names) == (1, ("opa 1.19.1",))
    assert gathered(root, "scorer").standing == Measured(packaging="image", size=100, unpacked=10_240)


def test_an_image_without_tools_needs_none(root: Path, dist: DistDir) -> None:
    put_image(dist, "platform")
    assert facts(root, "scorer").system_parts == 0


def test_layers_that_would_be_are_one_for_the_lock_and_one_for_shared_code(root: Path) -> None:
    assert facts(root, "dashboard").layers == 1
    assert facts(root, "scorer").layers == 2


def test_changes_are_counted_over_thirty_days_by_sources_and_locks(root: Path) -> None:
    for days, file in ((20, "functions/ingestion/handler.py"), (10, "functions/common/log.py")):
        change(root, file, days)
    change(root, "layers/dependencies/requirements.lock", 5)
    found = facts(root, "ingestion")
    assert (found.code_changes, found.lock_changes) == (2, 1)
    assert facts(root, "scorer").code_changes == 1
    assert facts(root, "dashboard").code_changes == 0


def test_a_lock_beside_the_code_is_not_code(root: Path) -> None:
    change(root, "functions/dashboard/requirements.lock", 5)
    found = facts(root, "dashboard")
    assert (found.code_changes, found.lock_changes) == (0, 1)


def test_without_history_changes_are_unknown(root: Path) -> None:
    shutil.rmtree(root / ".git")
    found = facts(root, "dashboard")
    assert (found.code_changes, found.lock_changes) == (None, None)


def test_declared_and_inspected_figures_are_taken_as_they_are(root: Path) -> None:
    inspected = Inspected(glibc=17, glibc_offered=34, native_objects=3, packages=40, os_packages=110)
    dashboard = gathered(root, "dashboard", inspected=inspected).facts
    assert (dashboard.cold_start_ms, dashboard.glibc, dashboard.native_objects) == (1000, 17, 3)
    assert (dashboard.packages, dashboard.os_packages) == (40, None), "what a zip holds says nothing of an image"
    assert gathered(root, "scorer", inspected=inspected).facts.os_packages == 110
    assert facts(root, "scorer").cold_start_ms is None


IMAGE = Measured(packaging="image", size=5, unpacked=50, os_packages=95, cold_starts_ms=(1000.2, 10.0))
ZIP = Measured(packaging="zip", size=3, unpacked=30, cold_starts_ms=(800.0,))
LAYERED = Measured(packaging="layers", size=4, unpacked=40, cold_starts_ms=(900.0,))


def test_other_packagings_are_known_by_what_was_measured_of_them(root: Path) -> None:
    dashboard = facts(root, "dashboard", IMAGE, ZIP, LAYERED)
    assert (dashboard.image_unpacked, dashboard.os_packages) == (50, 95)
    assert (dashboard.image_start_ms, dashboard.archive_start_ms) == (1001, 800)
    assert facts(root, "ingestion", ZIP, LAYERED).archive_start_ms == 900
    assert facts(root, "ingestion", ZIP).archive_start_ms == 800
    assert facts(root, "scorer", ZIP).zipped == 3


def test_what_stands_in_dist_counts_before_what_was_measured(root: Path, dist: DistDir) -> None:
    put_zip(dist, "dashboard", 10, 100)
    dashboard = facts(root, "dashboard", ZIP)
    assert (dashboard.unpacked, dashboard.zipped) == (100, 10)


def test_measurements_are_kept_by_function(dist: DistDir) -> None:
    assert kept(dist, "dashboard") is None
    first = Measurements(function="dashboard", measured=(ZIP,), setting="here")
    keep(dist, first)
    keep(dist, Measurements(function="ingestion", measured=(LAYERED,)))
    assert kept(dist, "dashboard") == first
    second = Measurements(function="dashboard", measured=(IMAGE, ZIP))
    keep(dist, second)
    assert kept(dist, "dashboard") == second
    assert kept(dist, "ingestion") is not None


def test_measurements_that_cannot_be_read_are_not_taken_for_none(dist: DistDir) -> None:
    dist.root.mkdir()
    path(dist).write_text("{")
    with pytest.raises(UsageError, match=r"packaging\.json cannot be read") as caught:
        kept(dist, "dashboard")
    assert caught.value.remedy == "remove it and measure again"
