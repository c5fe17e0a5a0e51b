"""The stand-in base does what functions rely on in the AWS base image: entrypoint, import order, layers, read-only."""

import json
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from lockage.tools import process

pytestmark = pytest.mark.docker

IMAGE = "lockage-standin/python:3.13"
HANDLER = """
import os, sys
import from_layer

def handle(event, context):
    return {"path": sys.path, "environment": dict(os.environ), "layer": from_layer.NAME, "event": event}
"""


@pytest.fixture(scope="module", autouse=True)
def standin() -> None:
    if process.run(["docker", "image", "inspect", IMAGE], ok=(0, 1)).code:
        pytest.skip("there is no stand-in here: the pinned base image can be had")


@contextmanager
def serving(task: Path, layer: Path) -> Iterator[str]:
    """The task's function behind the Runtime Interface Emulator, as restricted as in Lambda; gives its URL."""
    mounts = ["--volume", f"{task}:/var/task:ro", "--volume", f"{layer}:/opt:ro"]
    limits = ["--read-only", "--tmpfs", "/tmp", "--user", "10001:10001", "--cap-drop", "ALL"]
    command = ["docker", "run", "--detach", "--rm", "--publish", "127.0.0.1::8080", *limits, *mounts, IMAGE]
    container = process.run([*command, "app.handle"]).stdout.strip()
    try:
        yield f"http://{process.run(['docker', 'port', container, '8080/tcp']).stdout.strip()}"
    finally:
        process.run(["docker", "rm", "--force", container])


def invoke(url: str, event: object) -> Any:  # noqa: ANN401 - what a function answers
    request = urllib.request.Request(  # noqa: S310 - loopback
        f"{url}/2015-03-31/functions/function/invocations", data=json.dumps(event).encode()
    )
    for _ in range(200):
        try:
            with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310 - loopback
                return json.load(answer)
        except ConnectionError:  # the container's port is open before the emulator listens
            continue
    raise AssertionError("the emulator did not answer")


def test_a_function_and_its_layer_run_as_in_lambda(tmp_path: Path) -> None:
    task, layer = tmp_path / "task", tmp_path / "layer"
    (layer / "python").mkdir(parents=True)
    (layer / "python/from_layer.py").write_text('NAME = "layer"\n')
    task.mkdir()
    (task / "app.py").write_text(HANDLER)
    with serving(task, layer) as url:
        answer = invoke(url, {"asked": 1})
    assert (answer["layer"], answer["event"]) == ("layer", {"asked": 1})
    expected = ["/var/task", "/opt/python/lib/python3.13/site-packages", "/opt/python", "/var/runtime"]
    assert answer["path"][:4] == expected
    assert answer["environment"]["AWS_EXECUTION_ENV"] == "AWS_Lambda_python3.13"
    assert answer["environment"]["LAMBDA_TASK_ROOT"] == "/var/task"


def test_the_entrypoint_takes_exactly_a_handler() -> None:
    done = process.run(["docker", "run", "--rm", IMAGE], ok=(142,))
    assert done.stderr == "entrypoint requires the handler name to be the first argument\n"
