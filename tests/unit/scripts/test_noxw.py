"""``noxw`` on machines of stubs: which Python, and an environment that is whole or not there."""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
from fakes.machine import FakeMachine

ROOT = Path(__file__).parents[3]

PYTHON = f"""
case "$*" in
    *"print("*) echo 3.12 ;;
    *"import ensurepip"*) [ ! -e "$ROOT/no-venv" ] ;;
    "-m venv "*)
        mkdir -p "$3/bin"
        cp "$ROOT/packages/env-python" "$3/bin/python" ;;
    *) exec {sys.executable} "$@" ;;
esac"""
ENV_PYTHON = """
case "$*" in
    *"pip install"*) [ ! -e "$ROOT/no-index" ] || { echo "no index" >&2; exit 1; } ;;
    *nox*) echo "nox ran" ;;
esac"""


@pytest.fixture
def machine(tmp_path: Path) -> FakeMachine:
    """A checkout, and Python 3.12 as python3.12."""
    machine = FakeMachine(tmp_path / "machine")
    (machine.root / "packages").mkdir()
    machine.program("env-python", ENV_PYTHON)
    (machine.root / "bin/env-python").rename(machine.root / "packages/env-python")
    machine.program("python3.12", PYTHON)
    (machine.root / "checkout/scripts").mkdir(parents=True)
    for name in ("noxw", "scripts/noxw-requirements.txt"):
        (machine.root / "checkout" / name).write_bytes((ROOT / name).read_bytes())
    (machine.root / "checkout/noxw").chmod(0o755)
    return machine


def noxw(machine: FakeMachine) -> Path:
    return machine.root / "checkout/noxw"


def environments(machine: FakeMachine) -> list[str]:
    return sorted(path.name.partition("-")[0] for path in (machine.root / "checkout/.noxw").iterdir())


def test_the_first_run_makes_the_environment_by_hash_and_runs_nox(machine: FakeMachine) -> None:
    code, said = machine.run(noxw(machine), "-s", "build", "--", "platform")
    assert (code, said.splitlines()[-1]) == (0, "nox ran")
    [install, run] = [call for call in machine.asked("env-python") if "pip" in call or "nox" in call]
    assert "--require-hashes --only-binary :all:" in install
    assert run.endswith(f"-m nox --noxfile {machine.root}/checkout/noxfile.py -s build -- platform")
    assert environments(machine) == ["env"]


def test_later_runs_start_at_once(machine: FakeMachine) -> None:
    machine.run(noxw(machine))
    (machine.root / "log").unlink()
    assert machine.run(noxw(machine)).said == "nox ran\n"
    assert machine.asked("python3.12") == []


@pytest.mark.parametrize(("days", "left"), [(0, 2), (29, 2), (32, 1)])
def test_another_lock_makes_another_environment_and_drops_only_what_nobody_can_be_using(
    machine: FakeMachine, days: int, left: int
) -> None:
    machine.run(noxw(machine))
    [before] = (machine.root / "checkout/.noxw").iterdir()
    made = time.time() - days * 86_400
    os.utime(before, (made, made))
    with (machine.root / "checkout/scripts/noxw-requirements.txt").open("a") as lock:
        lock.write("# bumped\n")
    assert machine.run(noxw(machine)).code == 0
    after = set((machine.root / "checkout/.noxw").iterdir())
    assert len(after) == left
    assert (before in after) is (left == 2)


def test_an_environment_whose_python_is_gone_is_made_again(machine: FakeMachine) -> None:
    machine.run(noxw(machine))
    [env] = (machine.root / "checkout/.noxw").iterdir()
    (env / "bin/python").unlink()
    assert machine.run(noxw(machine)).code == 0
    assert (env / "bin/python").exists()


def test_a_failed_install_leaves_nothing(machine: FakeMachine) -> None:
    (machine.root / "no-index").touch()
    code, said = machine.run(noxw(machine))
    assert code == 1
    assert "error: nox could not be installed" in said
    assert environments(machine) == []


def test_two_at_once_both_run(machine: FakeMachine) -> None:
    both = [
        subprocess.Popen([noxw(machine)], env=machine.environment(), stdout=subprocess.PIPE, text=True)  # noqa: S603 - the wrapper itself
        for _ in range(2)
    ]
    assert [(process.communicate()[0], process.returncode) for process in both] == [("nox ran\n", 0)] * 2
    assert environments(machine) == ["env"]


def test_without_python_it_says_what_to_install(machine: FakeMachine) -> None:
    (machine.root / "bin/python3.12").unlink()
    code, said = machine.run(noxw(machine))
    assert code == 1
    assert said == (
        "error: no Python 3.11 or newer\n"
        f"  why:  no python3 on the path: {machine.root}/bin\n"
        "  next: install Python 3.11 or newer, for example: sudo apt-get install python3 python3-venv\n"
    )


def test_an_older_python_is_named(machine: FakeMachine) -> None:
    (machine.root / "bin/python3.12").unlink()
    machine.program("python3", 'case "$*" in *"print("*) echo 3.9 ;; *) exit 1 ;; esac')
    code, said = machine.run(noxw(machine))
    assert code == 1
    assert "why:  python3 is 3.9; \n" in said


def test_a_version_managers_stub_is_passed_over(machine: FakeMachine) -> None:
    machine.program("python3.14", 'echo "python3.14: command not found" >&2; exit 127')
    assert machine.run(noxw(machine)).said.endswith("nox ran\n")


def test_a_python_without_venv_names_the_package(machine: FakeMachine) -> None:
    (machine.root / "no-venv").touch()
    code, said = machine.run(noxw(machine))
    assert code == 1
    assert "python3.12 3.12 cannot make environments; Debian and Ubuntu keep venv in a package of its own" in said
    assert "next: sudo apt-get install python3.12-venv" in said
