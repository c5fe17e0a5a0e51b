import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from fakes.builder import FakeDocker

from lockage.build.invoke import FunctionFailed, environment, invoke
from lockage.config.load import load_project
from lockage.config.schema import Project
from lockage.tools.docker import Container

IMAGE = "lockage/platform-platform@sha256:" + "a" * 64


@pytest.fixture
def project(project_root: Path) -> Project:
    return load_project(project_root / "lockage.yaml")


@contextmanager
def emulator(answer: bytes) -> Iterator[tuple[str, list[bytes]]]:
    """Answers as the Runtime Interface Emulator does; its address, and the events it got."""
    events: list[bytes] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_error(404)

        def do_POST(self) -> None:
            assert self.path == "/2015-03-31/functions/function/invocations"
            events.append(self.rfile.read(int(self.headers["Content-Length"])))
            self.send_response(200)
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *_: object) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield f"127.0.0.1:{server.server_port}", events
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def test_the_function_runs_as_it_is_declared_and_is_gone_afterwards(project: Project) -> None:
    with emulator(b'{"ok": true}') as (address, events):
        docker = FakeDocker(address=address, log=("START\nEND\n", "(rapid)\n"))
        answer = invoke("scorer", project, IMAGE, b'{"x": 1}', {"AWS_REGION": "eu-west-1"}, docker)
    assert (answer.body, answer.log) == (b'{"ok": true}', "START\nEND\n")
    assert events == [b'{"x": 1}']
    [container] = docker.started
    assert (container.image, container.command) == (IMAGE, ("scorer.handler.handle",))
    assert container.memory_mb == project.functions["scorer"].memory_mb
    assert container.environment["AWS_REGION"] == "eu-west-1"
    assert docker.removed == [container.name]


def test_references_become_the_names_that_resources_would_have(project: Project) -> None:
    found = environment("scorer", project)
    assert found["DECISIONS_TABLE"] == "platform-decisions"
    assert found["DECISIONS_TOPIC"] == "arn:aws:sns:eu-central-1:000000000000:platform-decisions"
    assert found["AWS_LAMBDA_FUNCTION_NAME"] == "platform-scorer"
    arn = "arn:aws:secretsmanager:eu-central-1:000000000000:secret:platform-onboarding-token"
    assert arn in environment("onboarding", project).values()


def test_nothing_of_the_caller_s_environment_is_handed_on(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    assert "AWS_SECRET_ACCESS_KEY" not in environment("scorer", project)


def test_an_error_for_an_answer_is_a_failure_with_its_trace_and_log(project: Project) -> None:
    said = {"errorType": "KeyError", "errorMessage": "'x'", "stackTrace": ["  File handler.py, line 3\n"]}
    with emulator(json.dumps(said).encode()) as (address, _):
        docker = FakeDocker(address=address, log=("[ERROR] KeyError\n", ""))
        with pytest.raises(FunctionFailed) as caught:
            invoke("scorer", project, IMAGE, b"{}", {}, docker)
    assert caught.value.what == "scorer answered with an error: KeyError"
    assert caught.value.why == "'x'\n  File handler.py, line 3\n\n[ERROR] KeyError\n"
    assert "--env KEY=VALUE" in caught.value.remedy
    assert len(docker.removed) == 1


def test_a_container_that_ends_at_once_shows_what_it_printed(project: Project) -> None:
    docker = FakeDocker(address="127.0.0.1:1", log=("", "exec format error"), runs=False)
    with pytest.raises(FunctionFailed) as caught:
        invoke("scorer", project, IMAGE, b"{}", {}, docker)
    assert caught.value.what == "scorer.handler.handle did not start"
    assert caught.value.why == "exec format error"
    assert len(docker.removed) == 1


class Interrupted(FakeDocker):
    def start(self, container: Container) -> None:
        super().start(container)
        raise KeyboardInterrupt


def test_ctrl_c_takes_the_container_away(project: Project) -> None:
    docker = Interrupted()
    with pytest.raises(KeyboardInterrupt):
        invoke("scorer", project, IMAGE, b"{}", {}, docker)
    assert docker.removed == [docker.started[0].name]
