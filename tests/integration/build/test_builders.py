"""The two kinds of BuildKit, and what is asked of a registry."""

import socket
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from fakes.oci import write_layout

from lockage.errors import ToolError
from lockage.oci import layout
from lockage.tools.buildx import BUILDKIT, Build, Builder, Buildx, choose
from lockage.tools.crane import Crane, Login
from lockage.tools.docker import Docker, Engine, Made
from lockage.tools.locked import Locked
from lockage.tools.process import Running, run

pytestmark = pytest.mark.docker


NOBODY = "bm9ib2R5Og=="


def listens(host: str) -> bool:
    name, _, port = host.partition(":")
    with socket.socket() as probe:
        return probe.connect_ex((name, int(port))) == 0


@pytest.fixture
def registry(tmp_path: Path) -> Iterator[str]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        host = f"127.0.0.1:{probe.getsockname()[1]}"
    server = Running([Locked().path("crane").path, "registry", "serve", "--address", host], log=tmp_path / "log")
    try:
        deadline = time.monotonic() + 20
        while not listens(host):
            assert time.monotonic() < deadline, server.tail()
            time.sleep(0.05)
        yield host
    finally:
        server.stop()


@pytest.mark.tools
def test_a_base_s_time_and_layers_are_read_from_its_registry(registry: str, tmp_path: Path) -> None:
    digest = write_layout(tmp_path / "base", layers=[{"a": b"1"}], config={"created": "2026-06-11T00:00:00Z"})
    Crane(Locked().path("crane")).push(tmp_path / "base", f"{registry}/base:1", Login(host=registry, token=NOBODY))
    buildx = Buildx(lambda: choose(Docker().engine()))
    found = buildx.made(f"{registry}/base:1@{digest}", "linux/amd64")
    assert found == Made(created="2026-06-11T00:00:00Z", layers=1)


def scratch(tmp_path: Path, number: int) -> Build:
    context = tmp_path / f"{number}/context"
    (context / "tree").mkdir(parents=True)
    (context / "tree/file").write_text("content\n")
    dockerfile = tmp_path / f"{number}/Dockerfile"
    dockerfile.write_text("FROM scratch\nCOPY tree/file /file\nUSER 10001:10001\n")
    run(["touch", "--date=@315532800", context / "tree/file"])
    return Build(
        name="Dockerfile",
        dockerfile=dockerfile,
        context=context,
        contexts={},
        platform="linux/amd64",
        epoch=315532800,
        rewrite=True,
        output=tmp_path / f"{number}/layout",
        cache=False,
    )


def digests(builder: Builder, tmp_path: Path) -> set[str]:
    buildx = Buildx(lambda: builder)
    buildx.prepare()
    builds = [scratch(tmp_path, number) for number in (1, 2)]
    for build in builds:
        buildx.build(build)
    return {layout.read(build.output).digest for build in builds}


def test_the_engine_s_own_buildkit_gives_one_digest(tmp_path: Path) -> None:
    engine = Docker().engine()
    if not engine.containerd:
        pytest.skip("this engine does not keep images in containerd's store")
    assert len(digests(choose(engine), tmp_path)) == 1


def test_a_pinned_buildkit_in_a_container_gives_one_digest(tmp_path: Path) -> None:
    try:
        run(["docker", "pull", "--quiet", BUILDKIT])
    except ToolError as error:
        pytest.skip(f"the pinned BuildKit cannot be had here: {error.why}")
    builder = choose(Engine(version="28", context="default", containerd=False))
    assert len(digests(builder, tmp_path)) == 1
