"""Against a stub ``docker`` on the path: what we ask, and what we make of the answers."""

from pathlib import Path

import pytest

from lockage.errors import LockageError
from lockage.tools.docker import Container, Docker, Engine, EngineMissing


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


def test_a_function_s_container_is_locked_down_and_its_values_stay_off_the_command_line(stub: Path) -> None:
    says(stub)
    Docker().start(
        Container(
            name="n", image="i@sha256:1", command=("a.b",), environment={"SECRET": "s3cret"}, memory_mb=256, port=8080
        )
    )
    command, environment = (stub.parent / "calls").read_text().splitlines()
    assert command == (
        "run --detach --name n --label lockage.invoke --read-only "
        "--tmpfs /tmp:rw,nosuid,nodev,size=512m,mode=1777 --user 10001:10001 --cap-drop ALL "
        "--security-opt no-new-privileges --memory 256m --memory-swap 256m --pids-limit 1024 "
        "--publish 127.0.0.1::8080 --env SECRET i@sha256:1 a.b"
    )
    assert environment == "secret=s3cret"
