"""Against a stub ``docker`` on the path: what we ask, and what we make of the answers."""

import os
from pathlib import Path
from typing import Any

import pytest

from lockage.errors import LockageError
from lockage.tools.docker import Container, Docker, Engine, EngineMissing, Machine, State


@pytest.fixture
def stub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", f"{folder}:/usr/bin:/bin")
    return folder / "docker"


def says(stub: Path, stdout: str = "", stderr: str = "", code: int = 0) -> None:
    calls = stub.parent / "calls"
    stub.write_text(
        f"""#!/bin/sh
        echo "$*" >>{calls}
        echo "secret=$SECRET" >>{calls}
        printf '{stdout}'
        printf '{stderr}' >&2
        exit {code}
        """
    )
    stub.chmod(0o755)


@pytest.mark.parametrize(
    ("status", "containerd"),
    [("[[driver-type io.containerd.snapshotter.v1]]", True), ("[[Backing Filesystem extfs]]", False)],
)
def test_the_engine_says_where_it_keeps_images(stub: Path, status: str, *, containerd: bool) -> None:
    says(stub, f"26.1.5\\tdesktop-linux\\t{status}\\n")
    assert Docker().engine() == Engine(version="26.1.5", context="desktop-linux", containerd=containerd)


@pytest.mark.parametrize(
    "stderr",
    ["Cannot connect to the Docker daemon at unix:///x. Is it running?", "error during connect: Get: dial tcp"],
)
def test_an_engine_that_does_not_answer_is_said_with_what_to_do(stub: Path, stderr: str) -> None:
    says(stub, stderr=stderr, code=1)
    for ask in (Docker().engine, lambda: Docker().image("x")):
        with pytest.raises(EngineMissing) as caught:
            ask()
        assert caught.value.what == "no Docker engine answers"
        assert stderr in caught.value.why
        assert "scripts/docker-engine" in caught.value.remedy


def test_no_docker_at_all_is_the_same_to_a_person(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(EngineMissing, match="no Docker engine answers"):
        Docker().engine()


def test_an_image_that_is_not_there_is_none(stub: Path) -> None:
    says(stub, stderr="Error: No such image: x", code=1)
    assert Docker().image("x") is None


def test_other_failures_pass_through(stub: Path) -> None:
    says(stub, stderr="permission denied", code=1)
    with pytest.raises(LockageError, match="docker failed with exit code 1") as caught:
        Docker().load(Path("image.tar"))
    assert not isinstance(caught.value, EngineMissing)


def calls(stub: Path) -> list[str]:
    return [line for line in (stub.parent / "calls").read_text().splitlines() if not line.startswith("secret=")]


def container(**changes: Any) -> Container:  # noqa: ANN401 - any field
    fields: dict[str, Any] = {
        "name": "n", "image": "i@sha256:1", "command": ("a.b",), "environment": {"SECRET": "s3cret"},
        "memory_mb": 256, "platform": "linux/amd64",
    }  # fmt: skip
    return Container(**{**fields, **changes})


OURS = f"lockage.invoke={os.getpid()}"
LOCKED_DOWN = (
    f"run --detach --name n --label {OURS} --pull never --platform linux/amd64 --read-only "
    "--tmpfs /tmp:rw,nosuid,nodev,size=512m,mode=1777 --user 10001:10001 --cap-drop ALL "
    "--security-opt no-new-privileges --memory 256m --memory-swap 256m --pids-limit 1024 "
)


def test_a_function_s_container_is_locked_down_and_its_values_stay_off_the_command_line(stub: Path) -> None:
    says(stub)
    Docker().start(container())
    command, environment = (stub.parent / "calls").read_text().splitlines()
    assert command == f"{LOCKED_DOWN}--network none --env SECRET i@sha256:1 a.b"
    assert environment == "secret=s3cret"


def test_a_container_can_have_a_network_and_others_folders(stub: Path) -> None:
    says(stub)
    Docker().start(container(network=True, folders_of="held", environment={}))
    assert calls(stub) == [f"{LOCKED_DOWN}--volumes-from held:ro i@sha256:1 a.b"]


def test_folders_are_held_in_memory_by_a_container_that_sleeps_and_ends_by_itself(stub: Path, tmp_path: Path) -> None:
    says(stub)
    content = tmp_path / "content.tar"
    content.write_bytes(b"tar")
    Docker().hold("held", "i@sha256:1", "linux/arm64", ("/var/task", "/opt"))
    Docker().fill("held", content)
    held, copied = calls(stub)
    mount = 'type=volume,dst={},volume-nocopy,volume-opt=type=tmpfs,volume-opt=device=tmpfs,"volume-opt=o=mode=0755"'
    assert held == (
        f"run --detach --rm --name held --label {OURS} --pull never --platform linux/arm64 --network none "
        f"--user 10001:10001 --mount {mount.format('/var/task')} --mount {mount.format('/opt')} "
        "--entrypoint python3 i@sha256:1 -c import time; time.sleep(7200)"
    )
    assert copied == "cp --quiet - held:/"


def test_a_program_beside_a_function_gets_its_input_and_any_code_is_an_answer(stub: Path) -> None:
    stub.write_text('#!/bin/sh\necho "$*: $(cat)"\nexit 137\n')
    stub.chmod(0o755)
    done = Docker().execute("n", ("python3", "-c", "x"), stdin="{}", timeout=60)
    assert (done.code, done.stdout) == (137, "exec --interactive n python3 -c x: {}\n")


@pytest.mark.parametrize(
    ("printed", "state"),
    [
        ("true 0 false", State(running=True, code=0, out_of_memory=False)),
        ("false 137 true", State(running=False, code=137, out_of_memory=True)),
    ],
)
def test_how_a_container_is(stub: Path, printed: str, state: State) -> None:
    says(stub, f"{printed}\n")
    assert Docker().state("n") == state


@pytest.mark.parametrize(("machine", "platform"), [("x86_64", "linux/amd64"), ("aarch64", "linux/arm64")])
def test_what_the_engine_runs_on(stub: Path, machine: str, platform: str) -> None:
    says(stub, f"linux {machine} 2 8000000000\n")
    assert Docker().machine() == Machine(platform=platform, cpus=2, memory=8_000_000_000)


def test_an_image_is_fetched_for_its_platform(stub: Path) -> None:
    says(stub)
    Docker().pull("i@sha256:1", "linux/arm64")
    assert calls(stub) == ["pull --quiet --platform linux/arm64 i@sha256:1"]
