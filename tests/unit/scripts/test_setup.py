"""``scripts/setup``: the parts, in their order, whatever order they are named in."""

from pathlib import Path

import pytest
from fakes.machine import FakeMachine

SETUP = Path(__file__).parents[3] / "scripts" / "setup"

LOCKAGE = """
[ ! -e "$ROOT/broken" ] || exit 1
case "$*" in *--no-build*crane*) echo crane; [ ! -e "$ROOT/offline" ] || echo trivy ;; esac"""
"""Trivy has a release, which can be had when this machine is not offline; crane has none."""


@pytest.fixture
def machine(tmp_path: Path) -> FakeMachine:
    machine = FakeMachine(tmp_path / "machine")
    (machine.root / "scripts").mkdir()
    (machine.root / "scripts/setup").write_bytes(SETUP.read_bytes())
    (machine.root / "scripts/setup").chmod(0o755)
    for part in ("docker-engine", "golang", "standin-base"):
        machine.program(part, "")
        (machine.root / "bin" / part).rename(machine.root / "scripts" / part)
    machine.program("lockage", LOCKAGE)
    return machine


def log(machine: FakeMachine) -> list[str]:
    return [line.strip() for line in (machine.root / "log").read_text().splitlines()]


def test_the_engine_comes_first_and_the_base_last(machine: FakeMachine) -> None:
    assert machine.run(machine.root / "scripts/setup", "base", "trivy", "engine", "opa").code == 0
    assert log(machine) == ["docker-engine", "lockage tools install --no-build trivy opa", "standin-base"]


def test_consent_is_passed_on(machine: FakeMachine) -> None:
    assert machine.run(machine.root / "scripts/setup", "--yes", "engine", "crane", "base").code == 0
    consented = [line for line in log(machine) if line.endswith(" --yes")]
    assert consented == ["docker-engine --yes", "golang --yes", "standin-base --yes"]


def test_go_is_there_before_what_must_be_built_and_for_nothing_else(machine: FakeMachine) -> None:
    assert machine.run(machine.root / "scripts/setup", "trivy", "crane").code == 0
    assert log(machine) == ["lockage tools install --no-build trivy crane", "golang", "lockage tools install crane"]


def test_what_no_release_could_be_had_of_is_built_too(machine: FakeMachine) -> None:
    (machine.root / "offline").touch()
    assert machine.run(machine.root / "scripts/setup", "trivy", "crane").code == 0
    assert log(machine)[1:] == ["golang", "lockage tools install crane trivy"]


def test_without_go_nothing_is_built(machine: FakeMachine) -> None:
    machine.program("golang", "exit 1")
    (machine.root / "bin/golang").rename(machine.root / "scripts/golang")
    assert machine.run(machine.root / "scripts/setup", "crane", "base").code == 1
    assert log(machine) == ["lockage tools install --no-build crane", "golang"]


def test_only_what_is_named_is_done(machine: FakeMachine) -> None:
    assert machine.run(machine.root / "scripts/setup", "syft").code == 0
    assert log(machine) == ["lockage tools install --no-build syft"]


def test_a_failure_stops_it(machine: FakeMachine) -> None:
    (machine.root / "broken").touch()
    assert machine.run(machine.root / "scripts/setup", "syft", "base").code == 1
    assert log(machine) == ["lockage tools install --no-build syft"]
