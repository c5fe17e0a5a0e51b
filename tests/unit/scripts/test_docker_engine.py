"""``scripts/docker-engine`` on machines of stubs: which words, which packages, and what is left alone."""

from pathlib import Path

import pytest
from fakes.machine import FakeMachine

SCRIPT = Path(__file__).parents[3] / "scripts" / "docker-engine"

DOCKER = """
case "$1" in
    info) [ -e "$ROOT/running" ] || { echo "Cannot connect to the Docker daemon" >&2; exit 1; } ;;
    buildx) [ -e "$ROOT/buildx" ] ;;
    version) echo 26.1.5 ;;
esac"""
DOCKERD = 'touch "$ROOT/running"'
APT_GET = """
case "$*" in
    *update*) touch "$ROOT/updated" ;;
    *indextargets*) [ ! -e "$ROOT/updated" ] || echo http://mirror.example/debian/ ;;
    *install*)
        cp "$ROOT/packages/dockerd" "$ROOT/bin/dockerd"
        [ -e "$ROOT/bin/docker" ] || cp "$ROOT/packages/docker" "$ROOT/bin/docker"
        touch "$ROOT/buildx" ;;
esac"""


@pytest.fixture
def machine(tmp_path: Path) -> FakeMachine:
    """Debian 12 without Docker, and an archive that has it."""
    return with_archive(FakeMachine(tmp_path / "machine"))


def with_archive(machine: FakeMachine) -> FakeMachine:
    (machine.root / "packages").mkdir()
    for name, body in (("docker", DOCKER), ("dockerd", DOCKERD)):
        machine.program(name, body)
        (machine.root / "bin" / name).rename(machine.root / "packages" / name)
    machine.program("apt-get", APT_GET)
    machine.program("apt-cache", "")
    return machine


def install_by_hand(machine: FakeMachine, *, running: bool, buildx: bool = True) -> None:
    for name, body in (("docker", DOCKER), ("dockerd", DOCKERD)):
        machine.program(name, body)
    for state, holds in (("running", running), ("buildx", buildx)):
        if holds:
            (machine.root / state).touch()


def installs(machine: FakeMachine) -> list[str]:
    return [call.partition("--no-remove ")[2] for call in machine.asked("apt-get") if " install " in call]


def test_an_engine_that_answers_is_left_alone(machine: FakeMachine) -> None:
    install_by_hand(machine, running=True)
    code, said = machine.run(SCRIPT)
    assert (code, said) == (0, "docker-engine: reused: engine 26.1.5 answers\n")
    assert machine.asked("apt-get") == machine.asked("dockerd") == []


def test_an_installed_engine_is_started_and_not_configured(machine: FakeMachine) -> None:
    install_by_hand(machine, running=False)
    code, said = machine.run(SCRIPT)
    assert code == 0, said
    assert len(machine.asked("dockerd")) == 1
    assert not (machine.root / "etc/docker/daemon.json").exists()
    assert machine.asked("apt-get") == []


def test_with_systemd_the_service_is_started(machine: FakeMachine) -> None:
    install_by_hand(machine, running=False)
    (machine.root / "run/systemd/system").mkdir(parents=True)
    machine.program("systemctl", DOCKERD)
    assert machine.run(SCRIPT).code == 0
    assert machine.asked("systemctl") == ["start docker"]
    assert machine.asked("dockerd") == []


def test_ci_installs_at_once(machine: FakeMachine) -> None:
    code, said = machine.run(SCRIPT, CI="true")
    assert code == 0, said
    assert said.endswith("docker-engine: engine 26.1.5 answers\n")
    assert (machine.root / "etc/docker/daemon.json").read_text() == '{"features":{"containerd-snapshotter":true}}\n'


def test_on_debian_12_only_what_leaves_the_c_library_alone_comes_from_debian_13(machine: FakeMachine) -> None:
    machine.run(SCRIPT, "--yes")
    assert installs(machine) == ["docker.io/trixie docker-buildx/trixie iptables docker-cli/trixie"]
    assert (
        "http://mirror.example/debian/" in (machine.root / "etc/apt/sources.list.d/lockage-trixie.sources").read_text()
    )
    assert "Pin-Priority: 100" in (machine.root / "etc/apt/preferences.d/lockage-trixie").read_text()


@pytest.mark.parametrize(
    "os_release",
    ["ID=debian\nVERSION_CODENAME=trixie\n", 'ID=ubuntu\nID_LIKE=debian\nVERSION_CODENAME="noble"\n'],
)
def test_newer_systems_take_all_from_their_own_archive(tmp_path: Path, os_release: str) -> None:
    machine = with_archive(FakeMachine(tmp_path / "newer", os_release=os_release))
    assert machine.run(SCRIPT, CI="true").code == 0
    assert installs(machine) == ["docker.io docker-buildx iptables docker-cli"]
    assert list((machine.root / "etc/apt/sources.list.d").iterdir()) == []


def test_a_client_that_is_there_is_kept(machine: FakeMachine) -> None:
    machine.program("docker", DOCKER)
    assert machine.run(SCRIPT, CI="true").code == 0
    assert installs(machine) == ["docker.io/trixie docker-buildx/trixie iptables"]


def test_an_existing_configuration_is_never_touched(machine: FakeMachine) -> None:
    (machine.root / "etc/docker").mkdir()
    (machine.root / "etc/docker/daemon.json").write_text('{"debug":true}\n')
    code, said = machine.run(SCRIPT, CI="true")
    assert code == 0
    assert (machine.root / "etc/docker/daemon.json").read_text() == '{"debug":true}\n'
    assert f"left {machine.root}/etc/docker/daemon.json as it is" in said


def test_without_a_terminal_it_says_what_to_do(machine: FakeMachine) -> None:
    code, said = machine.run(SCRIPT)
    assert code == 1
    assert said == (
        "error: no Docker engine with buildx answers\n"
        "  why:  none is installed; installing one needs your word, and this is not a terminal\n"
        "  next: run 'scripts/docker-engine --yes' (or set CI=true) to install docker.io and docker-buildx,"
        " or see https://docs.docker.com/engine/install/\n"
    )
    assert machine.asked("apt-get") == []


@pytest.mark.parametrize(("answer", "installed"), [("y", True), ("n", False), ("", False)])
def test_on_a_terminal_it_asks(machine: FakeMachine, answer: str, *, installed: bool) -> None:
    code, said = machine.run_on_terminal(SCRIPT, answer)
    assert "Install a Docker engine (docker.io, docker-buildx) with apt-get? [y/N]" in said
    assert (code == 0) == installed == bool(installs(machine))


def test_on_another_system_nothing_is_installed(tmp_path: Path) -> None:
    machine = with_archive(FakeMachine(tmp_path / "fedora", os_release="ID=fedora\n"))
    code, said = machine.run(SCRIPT, CI="true")
    assert code == 1
    assert said == (
        "error: no Docker engine with buildx answers\n"
        "  why:  none is installed, and this machine is neither Debian nor Ubuntu, so nothing is installed for you\n"
        "  next: install Docker Engine 26 or newer with buildx: https://docs.docker.com/engine/install/\n"
    )
    assert machine.asked("apt-get") == []
    assert not (machine.root / "etc/docker").exists(), "nothing half-written is left"


def test_an_archive_that_cannot_be_reached_is_named(machine: FakeMachine) -> None:
    machine.program("apt-get", 'case "$*" in *install*) echo "E: Unable to fetch" >&2; exit 100 ;; esac')
    code, said = machine.run(SCRIPT, CI="true")
    assert code == 1
    assert "E: Unable to fetch" in said
    assert "error: the Docker engine could not be installed" in said


def test_without_root_or_sudo_it_says_so(machine: FakeMachine) -> None:
    machine.program("id", "echo 1000")
    code, said = machine.run(SCRIPT, CI="true")
    assert code == 1
    assert "this user is not root and sudo is not installed" in said


def test_an_engine_that_never_answers_is_given_up_with_its_log(machine: FakeMachine) -> None:
    install_by_hand(machine, running=False)
    machine.program("dockerd", 'echo "no space left on device"')
    code, said = machine.run(SCRIPT)
    assert code == 1
    assert "error: dockerd did not answer within 60 s" in said
    assert "no space left on device" in said


def test_a_user_who_may_not_use_the_engine_is_told_how(machine: FakeMachine) -> None:
    machine.program("docker", 'echo "permission denied while trying to connect" >&2; exit 1')
    machine.program("id", 'if [ "$1" = -un ]; then echo ann; else echo 1000; fi')
    code, said = machine.run(SCRIPT, CI="true")
    assert code == 1
    assert "next: run 'sudo usermod -aG docker ann', log in again, then try again" in said
    assert machine.asked("apt-get") == []


def test_an_engine_elsewhere_is_not_replaced_by_one_here(machine: FakeMachine) -> None:
    install_by_hand(machine, running=False)
    code, said = machine.run(SCRIPT, DOCKER_HOST="tcp://builder:2375", CI="true")
    assert code == 1
    assert "error: the Docker engine at DOCKER_HOST=tcp://builder:2375 does not answer" in said
    assert machine.asked("dockerd") == machine.asked("apt-get") == []
