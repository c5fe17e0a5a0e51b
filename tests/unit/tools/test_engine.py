"""Against a stand-in engine behind a Unix socket."""

import json
import socketserver
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from lockage.model.ids import Digest
from lockage.tools import engine
from lockage.tools.docker import Docker, Engine, Image

CONTAINERD = [["driver-type", "io.containerd.snapshotter.v1"]]
INFO = {"ServerVersion": "26.1.5", "DriverStatus": CONTAINERD}
DIGEST, CREATED = Digest("sha256:" + "a" * 64), "2026-06-11T00:00:00Z"
IMAGE = {"Id": DIGEST, "Created": CREATED, "RootFS": {"Layers": ["sha256:1", "sha256:2"]}}


class Served:
    """What the engine answers by path, and what it was asked."""

    def __init__(self, place: Path) -> None:
        self.answers: dict[str, object] = {}
        self.asked: list[str] = []
        served = self

        class Handler(socketserver.StreamRequestHandler):
            def handle(self) -> None:
                path = self.rfile.readline().split()[1].decode()
                served.asked.append(path)
                answer = served.answers.get(path)
                body = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
                self.wfile.write(b"HTTP/1.0 %d Status\r\nServer: x\r\n\r\n%s" % (200 if answer else 404, body))

        self._server = socketserver.ThreadingUnixStreamServer(str(place), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,))
        self._thread.start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


@pytest.fixture
def served(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Served]:
    monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path}/engine.sock")
    monkeypatch.setenv("PATH", "/nowhere")  # the command line is not there to help
    served = Served(tmp_path / "engine.sock")
    yield served
    served.close()


@pytest.mark.parametrize(("status", "containerd"), [(CONTAINERD, True), ([["Backing Filesystem", "extfs"]], False)])
def test_the_engine_says_what_it_is(served: Served, status: object, *, containerd: bool) -> None:
    served.answers["/info"] = {**INFO, "DriverStatus": status}
    assert Docker().engine() == Engine(version="26.1.5", context="default", containerd=containerd)


def test_an_image_is_found_by_its_whole_reference_or_is_none(served: Served) -> None:
    reference = "lockage/platform-base@sha256:" + "b" * 64
    assert Docker().image(reference) is None
    served.answers[f"/images/{reference}/json"] = IMAGE
    assert Docker().image(reference) == Image(digest=DIGEST, created=CREATED, layers=2)
    served.answers[f"/images/{reference}/json"] = {**IMAGE, "RootFS": {"Type": "layers"}}
    assert Docker().image(reference) == Image(digest=DIGEST, created=CREATED, layers=0), "one from scratch"
    with pytest.raises(engine.Unreachable):
        engine.image_path("x HTTP/1.0\r\n")


@pytest.mark.parametrize("answer", [b"{", b"not json"])
def test_an_answer_that_cannot_be_read_is_no_answer(served: Served, answer: bytes) -> None:
    served.answers["/info"] = answer
    with pytest.raises(engine.Unreachable):
        engine.get("/info")


def test_no_engine_is_no_answer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path}/none.sock")
    with pytest.raises(engine.Unreachable):
        engine.get("/info")


@pytest.fixture
def bare(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    monkeypatch.delenv("DOCKER_HOST", raising=False)
    monkeypatch.delenv("DOCKER_CONTEXT", raising=False)
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path))
    return tmp_path / "config.json"


DEFAULT = Path("/var/run/docker.sock")


@pytest.mark.parametrize(
    ("host", "place"),
    [
        ("unix:///run/user/1/docker.sock", Path("/run/user/1/docker.sock")),
        ("tcp://host:2376", None),
        ("ssh://host", None),
    ],
)
def test_a_host_is_asked_only_behind_a_socket(
    bare: Path, monkeypatch: pytest.MonkeyPatch, host: str, place: Path | None
) -> None:
    del bare
    monkeypatch.setenv("DOCKER_HOST", host)
    assert engine.socket_path() == place


@pytest.mark.parametrize(
    ("configuration", "place"),
    [
        (None, DEFAULT),
        ("{", DEFAULT),
        ('{"auths": {}}', DEFAULT),
        ('{"currentContext": "default"}', DEFAULT),
        ('{"currentContext": "desktop-linux"}', None),
    ],
)
def test_another_context_is_left_to_the_command_line(bare: Path, configuration: str | None, place: Path | None) -> None:
    if configuration is not None:
        bare.write_text(configuration)
    assert engine.socket_path() == place


def test_the_environment_s_context_comes_before_the_configured_one(bare: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    bare.write_text('{"currentContext": "desktop-linux"}')
    monkeypatch.setenv("DOCKER_CONTEXT", "default")
    assert engine.socket_path() == DEFAULT
    monkeypatch.setenv("DOCKER_CONTEXT", "other")
    assert engine.socket_path() is None
