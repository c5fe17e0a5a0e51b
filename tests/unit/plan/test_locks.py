from pathlib import Path
from typing import Any

import msgspec
import pytest

from lockage.config.schema import Project
from lockage.errors import LockageError
from lockage.model.artifact import Input
from lockage.plan.locks import Locks, lock_files
from lockage.plan.recipe import Lock, lock_inputs, sha256
from lockage.plan.requirements import LockError

HASH = f"--hash=sha256:{'0' * 64}"
URL = "https://packages.example/simple"


def locked(*names: str) -> str:
    return "".join(f"{name}==1.0 {HASH}\n" for name in names)


TEXTS = {"api.lock": locked("fast", "ours", "ours-log", "six"), "build.lock": locked("pip", "ours-tools")}
INDEXES = {"internal": {"url": URL, "packages": ["ours", "ours-*"]}}
FROM_SOURCE = {"packages": ["fast"], "requirements": "build.lock"}


class Declared:
    """A project of one zip, and its locks as texts."""

    def __init__(self, root: Path) -> None:
        self.root, self.texts = root, dict(TEXTS)
        (root / "sdists.py").write_text("# builds\n")
        self.zip: dict[str, Any] = {"requirements": "api.lock", "sources": ["api"], "from_source": FROM_SOURCE}
        self.indexes: dict[str, Any] = INDEXES

    @property
    def project(self) -> Project:
        about = {
            "version": 1,
            "project": "demo",
            "zips": {"api": self.zip},
            "indexes": self.indexes,
            "functions": {"api": {"zip": "api", "handler": "api.handle", "probe": "probe.json"}},
            "registry": {"account": "222222222222", "region": "eu-central-1", "store": "demo"},
            "environments": {"prod": {"account": "222222222222", "region": "eu-central-1"}},
        }
        return msgspec.convert(about, Project)

    @property
    def locks(self) -> Locks:
        return Locks(self.root, self.project, self.texts.__getitem__, self.root / "sdists.py")

    def lock(self) -> Lock:
        found = self.locks.lock(self.project.zips["api"])
        assert found is not None
        return found

    def refused(self) -> LockageError:
        with pytest.raises(LockError) as caught:
            self.lock()
        return caught.value


@pytest.fixture
def declared(tmp_path: Path) -> Declared:
    return Declared(tmp_path)


def test_a_lock_says_where_each_package_comes_from_and_what_is_built(declared: Declared) -> None:
    lock = declared.lock()
    assert {name: (index.name, index.url) for name, index in lock.indexes.items()} == {
        "ours": ("internal", URL),
        "ours-log": ("internal", URL),
    }
    assert lock.from_source is not None
    assert (lock.from_source.packages, lock.from_source.lock.path) == (("fast",), "build.lock")
    assert list(lock.from_source.lock.indexes) == ["ours-tools"]
    assert lock.paths == ("api.lock", "build.lock")


def test_what_has_no_requirements_has_no_lock(declared: Declared) -> None:
    declared.zip = {"sources": ["api"]}
    assert declared.locks.lock(declared.project.zips["api"]) is None


def test_all_of_it_are_inputs(declared: Declared) -> None:
    assert lock_inputs(declared.lock()) == [
        Input(kind="requirements", name="api.lock", digest=sha256(TEXTS["api.lock"].encode())),
        Input(kind="option", name="index of ours", digest=URL),
        Input(kind="option", name="index of ours-log", digest=URL),
        Input(kind="option", name="from source", digest="fast"),
        Input(kind="option", name="built with build.lock", digest=sha256(TEXTS["build.lock"].encode())),
        Input(kind="stage", name="sdists", digest=sha256(b"# builds\n")),
        Input(kind="option", name="index of ours-tools", digest=URL),
    ]


def test_what_an_index_is_called_is_no_input(declared: Declared) -> None:
    before = lock_inputs(declared.lock())
    declared.indexes = {"renamed": INDEXES["internal"]}
    assert lock_inputs(declared.lock()) == before


def test_a_package_to_build_that_is_not_locked_is_named_with_its_like(declared: Declared) -> None:
    declared.zip = {**declared.zip, "from_source": {"packages": ["fasst", "six"], "requirements": "build.lock"}}
    error = declared.refused()
    assert error.what == "api.lock has no package to build from source under this name"
    assert error.why == "'fasst' (did you mean 'fast'?)"


def test_what_builds_is_locked_too(declared: Declared) -> None:
    declared.texts["build.lock"] = locked("setuptools")
    error = declared.refused()
    assert error.what == "build.lock does not name pip"
    assert error.remedy.startswith("add pip to build.in, and lock again: ")


def test_what_builds_is_held_to_hashes_and_in_step(declared: Declared) -> None:
    declared.texts["build.lock"] = "pip==26.0\n"
    assert declared.refused().why == "line 1: pip==26.0 has no hash"
    declared.texts |= {"build.lock": locked("pip"), "build.in": "pip\nsetuptools\n"}
    (declared.root / "build.in").touch()
    assert declared.refused().what == "build.lock is out of date"


def test_a_listed_package_that_no_lock_names_protects_nothing(declared: Declared) -> None:
    declared.indexes = {"internal": {"url": URL, "packages": ["our", "ours-log", "ours-tools", "other-*", "gone"]}}
    with pytest.raises(LockageError) as caught:
        declared.locks.hold_indexes()
    assert caught.value.what == "lockage.yaml lists packages under indexes that no lock names"
    assert caught.value.why.splitlines() == [
        "indexes.internal: 'our' (did you mean 'ours'?)",
        "indexes.internal: 'gone'",
    ]
    assert "as it stands it protects nothing" in caught.value.remedy


def test_a_beginning_may_wait_for_its_first_package(declared: Declared) -> None:
    declared.indexes = {"internal": {"url": URL, "packages": ["ours", "theirs-*"]}}
    declared.locks.hold_indexes()


def test_locks_and_what_they_are_made_from_are_no_sources(declared: Declared) -> None:
    assert lock_files(declared.project.zips["api"]) == {"api.lock", "api.in", "build.lock", "build.in"}
    declared.zip = {"sources": ["api"]}
    assert lock_files(declared.project.zips["api"]) == set()
