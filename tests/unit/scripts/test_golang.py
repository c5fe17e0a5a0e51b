"""``scripts/golang`` on machines of stubs: which words, which packages, and what is left alone."""

from pathlib import Path

import pytest
from fakes.machine import FakeMachine

SCRIPT = Path(__file__).parents[3] / "scripts" / "golang"
APT_GET = """
case "$*" in
    *update*) touch "$ROOT/updated" ;;
    *indextargets*) [ ! -e "$ROOT/updated" ] || echo http://mirror.example/debian/ ;;
    *install*) cp "$ROOT/packages/go" "$ROOT/bin/go" ;;
esac"""


@pytest.fixture
def machine(tmp_path: Path) -> FakeMachine:
    """Debian 12 without Go, and an archive that has it."""
    return with_archive(FakeMachine(tmp_path / "machine"))


def with_archive(machine: FakeMachine, version: str = "go1.24.4") -> FakeMachine:
    (machine.root / "packages").mkdir()
    has_go(machine, version)
    (machine.root / "bin/go").rename(machine.root / "packages/go")
    machine.program("apt-get", APT_GET)
    return machine


def has_go(machine: FakeMachine, version: str) -> None:
    machine.program("go", f'[ "$*" = "env GOVERSION" ] && echo {version}')


def installs(machine: FakeMachine) -> list[str]:
    return [call.partition("--no-remove ")[2] for call in machine.asked("apt-get") if " install " in call]


@pytest.mark.parametrize("version", ["go1.21.0", "go1.26.8", "go1.30rc1", "devel"])
def test_a_go_that_will_do_is_left_alone(machine: FakeMachine, version: str) -> None:
    has_go(machine, version)
    code, said = machine.run(SCRIPT)
    assert (code, said) == (0, f"golang: reused: {version} answers\n")
    assert machine.asked("apt-get") == []


@pytest.mark.parametrize("before", ["", "go1.19.8"])
def test_on_debian_12_it_comes_from_debian_13_and_nothing_else_does(machine: FakeMachine, before: str) -> None:
    if before:
        has_go(machine, before)
    code, said = machine.run(SCRIPT, CI="true")
    assert code == 0, said
    assert said.endswith("golang: go1.24.4 answers\n")
    assert installs(machine) == ["golang-go/trixie golang-src/trixie"]
    sources = (machine.root / "etc/apt/sources.list.d/lockage-trixie.sources").read_text()
    assert "URIs: http://mirror.example/debian/\nSuites: trixie\n" in sources
    assert "Pin-Priority: 100" in (machine.root / "etc/apt/preferences.d/lockage-trixie").read_text()


@pytest.mark.parametrize(("version", "told"), [("", "one older than 1.16, which tells no version"), ("tip", "tip")])
def test_one_that_tells_no_version_will_not_do(machine: FakeMachine, version: str, told: str) -> None:
    has_go(machine, version)
    code, said = machine.run(SCRIPT)
    assert code == 1
    assert f"why:  {told}; installing one needs your word" in said


def test_newer_systems_take_it_from_their_own_archive(tmp_path: Path) -> None:
    noble = FakeMachine(tmp_path / "newer", os_release="ID=ubuntu\nVERSION_CODENAME=noble\n")
    machine = with_archive(noble, "go1.22.2")
    assert machine.run(SCRIPT, "--yes").code == 0
    assert installs(machine) == ["golang-go golang-src"]
    assert list((machine.root / "etc/apt/sources.list.d").iterdir()) == []


def test_an_archive_whose_go_is_too_old_is_told(tmp_path: Path) -> None:
    jammy = FakeMachine(tmp_path / "old", os_release="ID=ubuntu\nVERSION_CODENAME=jammy\n")
    machine = with_archive(jammy, "go1.18.1")
    code, said = machine.run(SCRIPT, "--yes")
    assert code == 1
    assert "why:  golang-go was installed, and the first on the path is go1.18.1" in said


def test_without_a_terminal_it_says_what_to_do(machine: FakeMachine) -> None:
    code, said = machine.run(SCRIPT)
    assert code == 1
    assert said == (
        "error: no Go from 1.21 on answers, and tools must be built with it\n"
        "  why:  none is installed; installing one needs your word, and this is not a terminal\n"
        "  next: run 'scripts/golang --yes' (or set CI=true) to install golang-go, or see https://go.dev/doc/install\n"
    )
    assert machine.asked("apt-get") == []


@pytest.mark.parametrize(("answer", "installed"), [("y", True), ("n", False), ("", False)])
def test_on_a_terminal_it_asks(machine: FakeMachine, answer: str, *, installed: bool) -> None:
    code, said = machine.run_on_terminal(SCRIPT, answer)
    assert "Install Go (golang-go) with apt-get? [y/N]" in said
    assert (code == 0) == installed == bool(installs(machine))


def test_on_another_system_nothing_is_installed(tmp_path: Path) -> None:
    machine = with_archive(FakeMachine(tmp_path / "fedora", os_release="ID=fedora\n"))
    code, said = machine.run(SCRIPT, CI="true")
    assert code == 1
    assert "this machine is neither Debian nor Ubuntu, so nothing is installed for you" in said
    assert "next: install Go 1.21 or newer: https://go.dev/doc/install" in said
    assert machine.asked("apt-get") == []


def test_an_archive_that_cannot_be_reached_is_named(machine: FakeMachine) -> None:
    machine.program("apt-get", 'case "$*" in *install*) echo "E: Unable to fetch" >&2; exit 100 ;; esac')
    code, said = machine.run(SCRIPT, CI="true")
    assert code == 1
    assert "E: Unable to fetch" in said
    assert "error: Go could not be installed" in said
