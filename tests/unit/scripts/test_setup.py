"""``scripts/setup``: the parts, in their order, whatever order they are named in."""

from pathlib import Path

import pytest
from fakes.machine import FakeMachine

SETUP = Path(__file__).parents[3] / "scripts" / "setup"


@pytest.fixture
def machine(tmp_path: Path) -> FakeMachine:
    machine = FakeMachine(tmp_path / "machine")
    (machine.root / "scripts").mkdir()
    (machine.root / "scripts/setup").write_bytes(SETUP.read_bytes())
    (machine.root / "scripts/setup").chmod(0o755)
    for part in ("docker-engine", "standin-base"):
        machine.program(part, "")
        (machine.root / "bin" / part).rename(machine.root / "scripts" / part)
    machine.program("lockage", '[ ! -e "$ROOT/broken" ]')
    return machine


def log(machine: FakeMachine) -> list[str]:
    return [line.strip() for line in (machine.root / "log").read_text().splitlines()]


def test_the_engine_comes_first_and_the_base_last(machine: FakeMachine) -> None:
    assert machine.run(machine.root / "scripts/setup", "base", "trivy", "engine", "opa").code == 0
    assert log(machine) == ["docker-engine", "lockage tools install trivy opa", "standin-base"]


def test_consent_is_passed_on(machine: FakeMachine) -> None:
    assert machine.run(machine.root / "scripts/setup", "--yes", "engine", "base").code == 0
    assert log(machine) == ["docker-engine --yes", "standin-base --yes"]


def test_only_what_is_named_is_done(machine: FakeMachine) -> None:
    assert machine.run(machine.root / "scripts/setup", "syft").code == 0
    assert log(machine) == ["lockage tools install syft"]


def test_a_failure_stops_it(machine: FakeMachine) -> None:
    (machine.root / "broken").touch()
    assert machine.run(machine.root / "scripts/setup", "syft", "base").code == 1
    assert log(machine) == ["lockage tools install syft"]
