"""Where a release is placed, and against what its weight is told."""

from pathlib import Path

import pytest
from fakes.environment import Environments, Silent, make_release
from msgspec.structs import replace

from lockage.cli.release import follow
from lockage.config.load import load_project
from lockage.config.schema import Project
from lockage.console import Console
from lockage.model.release import Release, Weight


class Heard(Silent):
    """Keeps what is told."""

    def __init__(self) -> None:
        self.notes: list[str] = []

    def note(self, text: str) -> None:
        """Keep it."""
        self.notes.append(text)


@pytest.fixture
def project(project_root: Path) -> Project:
    return load_project(project_root / "lockage.yaml", files=False)


def weighed(letter: str, size: int, packages: int) -> Release:
    weight = Weight(name="dashboard", size=size, unpacked=2 * size, packages=packages)
    return replace(make_release(letter), weights=(weight,))


@pytest.fixture
def environments() -> Environments:
    """The first environment runs a release that has a parent of 10 MB."""
    made = Environments()
    first = made.add(weighed("a", 10_000_000, 20))
    made.roll_out(replace(weighed("b", 11_000_000, 22), parent=first.id))
    return made


def told(environments: Environments, release: Release, project: Project) -> tuple[Release, list[str]]:
    heard = Heard()
    return follow(release, project, environments.store, Console(heard)), heard.notes


def running(environments: Environments) -> Release:
    record, _ = environments.store.record("preprod")
    assert record.release
    return environments.store.release(record.release)


def test_a_new_release_is_told_against_its_parent_which_is_what_runs(
    environments: Environments, project: Project
) -> None:
    made, notes = told(environments, weighed("c", 10_500_000, 23), project)
    assert made.parent == running(environments).id
    assert notes == ["dashboard: 10.5 MB (-0.5) to push, 21.0 MB (-1.0) unpacked, 23 (+1) packages"]


def test_what_runs_made_again_is_told_against_its_parent_and_not_against_itself(
    environments: Environments, project: Project
) -> None:
    made, notes = told(environments, weighed("b", 11_000_000, 22), project)
    assert made == running(environments)
    assert notes == ["dashboard: 11.0 MB (+1.0) to push, 22.0 MB (+2.0) unpacked, 22 (+2) packages"]


def test_the_first_release_of_all_has_nothing_to_be_held_against(project: Project) -> None:
    made, notes = told(Environments(), weighed("a", 10_000_000, 20), project)
    assert made.parent is None
    assert notes == ["dashboard: 10.0 MB (new) to push, 20.0 MB (new) unpacked, 20 (new) packages"]


def test_the_step_summary_says_the_same(
    environments: Environments, project: Project, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(tmp_path / "summary.md"))
    made, _ = told(environments, weighed("c", 10_500_000, 23), project)
    summary = (tmp_path / "summary.md").read_text()
    assert summary.startswith(f"### Release `{made.id[:12]}`\n")
    assert "| dashboard | 10.5 MB (-0.5) | 21.0 MB (-1.0) | 23 (+1) |" in summary
