"""Functions in their real image, through the real Runtime Interface Emulator."""

import io
import json
import sys
from pathlib import Path

import pytest
from fakes.checkout import Checkout
from fakes.containers import hold_ctrl_c_leaves_nothing, started_by

from lockage.errors import LockageError

pytestmark = pytest.mark.docker

SLEEPER = "import time\n\n\ndef handle(event, context):\n    time.sleep(60)\n"
WRITER = """\
import os
from pathlib import Path


def handle(event, context):
    found = {}
    for path in ("/tmp/x", "/var/task/x", "/etc/x"):
        try:
            Path(path).write_text("x")
            found[path] = "written"
        except OSError as error:
            found[path] = error.strerror
    return {**found, "user": os.getuid(), "memory": context.memory_limit_in_mb, "given": os.environ.get("GIVEN")}
"""


@pytest.mark.parametrize("name", ["scorer", "remediator", "onboarding"])
def test_each_function_answers_its_probe(built: Checkout, capsys: pytest.CaptureFixture[str], name: str) -> None:
    capsys.readouterr()
    built.lockage("invoke", name, str(built.root / f"functions/{name}/probe.json"))
    told = capsys.readouterr()
    assert json.loads(told.out)["ok"] is True
    assert "START RequestId" in told.err
    assert started_by() == set()


def test_an_error_for_an_answer_is_a_failure(built: Checkout, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b'{"no": "findings"}')))
    with pytest.raises(LockageError, match="scorer answered with an error: InvalidInputError"):
        built.lockage("invoke", "scorer", "-")
    assert started_by() == set()


def test_a_function_has_its_memory_its_user_and_only_tmp_to_write(
    checkout: Checkout, capsys: pytest.CaptureFixture[str]
) -> None:
    (checkout.root / "functions/remediator/handler.py").write_text(WRITER)
    checkout.build()
    capsys.readouterr()
    checkout.lockage(
        "invoke", "remediator", "--env", "GIVEN=yes", str(checkout.root / "functions/remediator/probe.json")
    )
    assert json.loads(capsys.readouterr().out) == {
        "/tmp/x": "written",
        "/var/task/x": "Read-only file system",
        "/etc/x": "Read-only file system",
        "user": 10001,
        "memory": "256",
        "given": "yes",
    }


def test_ctrl_c_takes_the_container_away(checkout: Checkout, tmp_path: Path) -> None:
    (checkout.root / "functions/remediator/handler.py").write_text(SLEEPER)
    checkout.build()
    event = checkout.root / "functions/remediator/probe.json"
    program, project = Path(sys.executable).with_name("lockage"), checkout.root / "lockage.yaml"
    command: list[str | Path] = [program, "invoke", "--project", project, "remediator", event]
    hold_ctrl_c_leaves_nothing(command, tmp_path / "log", containers=1)
