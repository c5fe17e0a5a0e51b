"""What ``lockage reproduce --release`` says before anything is built."""

from pathlib import Path

import pytest
from fakes.environment import make_release
from fakes.zips import Zip, digest_of, zip_release
from msgspec.structs import replace

from lockage.cli.main import main_inner
from lockage.cli.reproduce import held
from lockage.config.load import load_project
from lockage.errors import LockageError
from lockage.model.canonical import canonical
from lockage.model.release import Release


def refused(*arguments: str) -> LockageError:
    with pytest.raises(LockageError) as caught:
        main_inner(["reproduce", *arguments])
    return caught.value


@pytest.fixture
def project(project_root: Path) -> str:
    return str(project_root / "lockage.yaml")


def written(path: Path, release: Release) -> str:
    path.write_bytes(canonical(release))
    return str(path)


def test_what_a_release_holds_is_told_by_artifact(project_root: Path) -> None:
    project = load_project(project_root / "lockage.yaml")
    release = make_release("a")
    assert held(release, project) == {"platform": release.functions[0].artifact}
    zipped = zip_release({"scorer": Zip(code="1", layers=("shared",))}, {"shared": "2"})
    assert held(zipped, project) == {"shared": digest_of("2"), "platform": digest_of("1")}


def test_a_release_of_a_dirty_tree_cannot_be_built_again(project: str, tmp_path: Path) -> None:
    file = written(tmp_path / "release.json", replace(make_release("a"), dirty=True))
    assert refused("--release", file, "--project", project).what.endswith("cannot be built again")


def test_a_commit_that_is_not_here_is_refused(project: str, tmp_path: Path) -> None:
    file = written(tmp_path / "release.json", make_release("0"))
    assert (
        refused("--release", file, "--project", project).what == f"this repository does not have the commit {'0' * 40}"
    )


def test_a_file_that_is_no_release_is_refused(project: str, tmp_path: Path) -> None:
    (tmp_path / "release.json").write_text("{}")
    error = refused("--release", str(tmp_path / "release.json"), "--project", project)
    assert error.what == f"{tmp_path}/release.json is not a release"


def test_a_release_is_built_as_a_whole(project: str) -> None:
    assert (
        refused("platform", "--release", "a" * 64, "--project", project).what == "a release is built again as a whole"
    )


def test_what_is_neither_file_nor_id_is_refused(project: str) -> None:
    assert refused("--release", "v1.2", "--project", project).what == "not a release id: 'v1.2'"
