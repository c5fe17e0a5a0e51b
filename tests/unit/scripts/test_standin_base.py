"""``scripts/standin-base`` on machines of stubs: when a stand-in is made, and whose configuration is changed."""

import shutil
from pathlib import Path

import pytest
from fakes.machine import FakeMachine

SCRIPTS = Path(__file__).parents[3] / "scripts"
BASE = "public.ecr.aws/lambda/python:3.13@sha256:" + "5d" * 32
STANDIN = "docker-image://lockage-standin/python:3.13"

DOCKER = """
case "$*" in
    *imagetools*) [ -e "$ROOT/reachable" ] || { echo "no such host" >&2; exit 1; } ;;
    "image inspect"*) cat "$ROOT/label" 2>/dev/null ;;
    "buildx build"*)
        for word; do case "$word" in RECIPE=*) echo "${word#RECIPE=}" >"$ROOT/label" ;; esac; context=$word; done
        ls "$context" >"$ROOT/context" ;;
esac"""
UV = """
while [ "$1" != --target ]; do shift; done
mkdir -p "$2/samcli/local/rapid"
touch "$2/samcli/local/rapid/aws-lambda-rie-x86_64" "$2/samcli/local/rapid/aws-lambda-rie-arm64" """


@pytest.fixture
def machine(tmp_path: Path) -> FakeMachine:
    """Debian 12 with an engine, out of the registry's reach, in a checkout that pins the base."""
    machine = FakeMachine(tmp_path / "machine")
    machine.program("docker", DOCKER)
    machine.program("uv", UV)
    machine.program("mmdebstrap", "echo a tar")
    machine.program("apt-get", "")
    (machine.root / "checkout/images/base").mkdir(parents=True)
    (machine.root / "checkout/images/base/Dockerfile").write_text(f"# the base\nFROM {BASE} AS base\nRUN true\n")
    (machine.root / "checkout/scripts").symlink_to(SCRIPTS)
    return machine


def script(machine: FakeMachine) -> Path:
    return machine.root / "checkout/scripts/standin-base"


def user_config(machine: FakeMachine) -> Path:
    return machine.root / "home/.config/lockage/local.yaml"


def builds(machine: FakeMachine) -> int:
    return sum("buildx build" in call for call in machine.asked("docker"))


def test_out_of_reach_a_stand_in_is_made_and_configured(machine: FakeMachine) -> None:
    code, said = machine.run(script(machine))
    assert code == 0, said
    assert "the pinned base cannot be had (no such host)" in said
    assert (machine.root / "context").read_text().split() == ["Dockerfile", "rootfs.tar", "runtime.tar"]
    assert not any(call.startswith("tag ") for call in machine.asked("docker")), "it never bears the original's name"
    assert f'    "{BASE}": "{STANDIN}"\n' in user_config(machine).read_text()
    assert list((machine.root / "tmp").iterdir()) == []


def test_without_uv_on_the_path_the_wrappers_own_serves(machine: FakeMachine) -> None:
    scripts = machine.root / "checkout/scripts"
    scripts.unlink()
    shutil.copytree(SCRIPTS, scripts)
    own = machine.root / "checkout/.noxw/env-1-2/bin"
    own.mkdir(parents=True)
    (machine.root / "bin/uv").rename(own / "uv")
    code, said = machine.run(script(machine))
    assert code == 0, said
    assert machine.asked("uv")


def test_a_second_run_reuses_it_and_asks_no_registry(machine: FakeMachine) -> None:
    machine.run(script(machine))
    (machine.root / "log").unlink()
    code, said = machine.run(script(machine))
    assert (code, said) == (0, "standin-base: reused: lockage-standin/python:3.13 stands\n")
    assert builds(machine) == 0
    assert not any("imagetools" in call for call in machine.asked("docker"))


def test_another_recipe_makes_another_stand_in(machine: FakeMachine) -> None:
    machine.run(script(machine))
    (machine.root / "label").write_text("an older recipe\n")
    assert machine.run(script(machine)).code == 0
    assert builds(machine) == 2


def test_within_reach_nothing_is_made(machine: FakeMachine) -> None:
    (machine.root / "reachable").touch()
    code, said = machine.run(script(machine))
    assert (code, said) == (0, f"standin-base: not needed: {BASE} can be had\n")
    assert builds(machine) == 0
    assert not user_config(machine).exists()


@pytest.mark.parametrize("place", ["checkout/lockage.local.yaml", "home/.config/lockage/local.yaml"])
def test_another_mirror_is_respected(machine: FakeMachine, place: str) -> None:
    config = machine.root / place
    config.parent.mkdir(parents=True, exist_ok=True)
    config.write_text(f"mirrors:\n  bases:\n    '{BASE}': docker-image://mirror.corp/python:3.13\n")
    code, said = machine.run(script(machine))
    assert (code, said) == (
        0,
        "standin-base: not needed: local configuration serves the base from docker-image://mirror.corp/python:3.13\n",
    )
    assert builds(machine) == 0


def test_what_people_wrote_is_not_changed(machine: FakeMachine) -> None:
    user_config(machine).parent.mkdir(parents=True)
    user_config(machine).write_text("mirrors:\n  registry: localhost:5000\n")
    code, said = machine.run(script(machine))
    assert code == 1
    assert "stands already, and what people wrote is not changed" in said
    assert f'next: add under mirrors.bases:  "{BASE}": "{STANDIN}"' in said
    assert user_config(machine).read_text() == "mirrors:\n  registry: localhost:5000\n"


def test_its_own_words_follow_a_new_pin(machine: FakeMachine) -> None:
    machine.run(script(machine))
    newer = BASE.replace("5d", "6e")
    (machine.root / "checkout/images/base/Dockerfile").write_text(f"FROM {newer}\n")
    assert machine.run(script(machine)).code == 0
    assert newer in user_config(machine).read_text()


def test_the_programs_it_needs_are_installed_only_with_leave(machine: FakeMachine) -> None:
    (machine.root / "bin/mmdebstrap").unlink()
    code, said = machine.run(script(machine))
    assert code == 1
    assert "it is made with mmdebstrap, which is not installed, and this is not a terminal" in said
    assert "next: run 'scripts/standin-base --yes' (or set CI=true) to install it, then try again" in said
    assert not any("install" in call for call in machine.asked("apt-get"))


def test_elsewhere_than_on_debian_it_names_the_way(tmp_path: Path, machine: FakeMachine) -> None:
    del tmp_path
    (machine.root / "bin/mmdebstrap").unlink()
    (machine.root / "etc/os-release").write_text("ID=fedora\n")
    code, said = machine.run(script(machine), CI="true")
    assert code == 1
    assert "give this machine access to the registry, or name a mirror under mirrors.bases" in said


def test_a_failing_build_leaves_nothing(machine: FakeMachine) -> None:
    machine.program("mmdebstrap", "echo 'E: no space left' >&2; exit 1")
    code, said = machine.run(script(machine))
    assert code != 0
    assert "E: no space left" in said
    assert list((machine.root / "tmp").iterdir()) == []
    assert not user_config(machine).exists()


@pytest.mark.parametrize("dockerfile", ["FROM public.ecr.aws/lambda/python:3.13\n", "FROM scratch\n"])
def test_a_base_without_a_digest_is_refused(machine: FakeMachine, dockerfile: str) -> None:
    (machine.root / "checkout/images/base/Dockerfile").write_text(dockerfile)
    code, said = machine.run(script(machine))
    assert code == 1
    assert "next: pin the base by digest" in said
