from pathlib import Path

import pytest
from fakes.emulator import Behaviour, FakeEngine, answer

from lockage.inspect.emulator.call import Call
from lockage.inspect.emulator.invoke import FunctionFailed, invoke
from lockage.inspect.emulator.reading import Answer, Trace
from lockage.inspect.emulator.sandbox import Place, Sandbox, Stopped
from lockage.inspect.emulator.subject import Archive, Subject
from lockage.oci.layout import hash_file
from lockage.tools.docker import Container, State
from lockage.tools.process import Completed

CALL = Call(
    function="scorer", handler="scorer.handler.handle", memory_mb=256, timeout_s=3, variables={"A": "1"}, event=b"{}"
)
IMAGE = Subject(image="lockage/platform@sha256:1", platform="linux/amd64")
HERE = Place(image=IMAGE.image, platform=IMAGE.platform)
IMPORT_ERROR = '{"errorType": "Runtime.ImportModuleError", "errorMessage": "Unable to import module"}'


def test_a_function_runs_as_it_is_called_and_is_gone_afterwards() -> None:
    docker = FakeEngine()
    reading = Sandbox(docker).run(CALL, HERE)
    [container] = docker.started
    assert (container.image, container.platform, container.command) == (IMAGE.image, IMAGE.platform, (CALL.handler,))
    assert (container.memory_mb, container.environment, container.network) == (256, {"A": "1"}, False)
    assert docker.events == ["{}"]
    assert docker.commands[0][:4] == ("python3", "-I", "-S", "-c")
    assert reading.answer == Answer(status=200, seconds=0.25, peak=64_000_000, killed=0, tmp=0, body='{"ok": true}')
    assert docker.there == set()


def test_a_function_is_asked_again_in_its_own_container() -> None:
    docker = FakeEngine()
    first, again = Sandbox(docker).run_again(CALL, HERE, 3)
    assert len(docker.started) == 1
    assert docker.events == ["{}"] * 4
    assert first.running
    assert [one.answer for one in again] == [first.answer] * 3
    assert docker.there == set()


def test_what_does_not_answer_is_not_asked_again() -> None:
    silent = Behaviour(asked=Completed(code=1, stdout="", stderr="nobody listens"))
    docker = FakeEngine({CALL.handler: silent})
    first, again = Sandbox(docker).run_again(CALL, HERE, 3)
    assert (first.answer, first.trouble, again) == (None, "nobody listens", ())
    assert len(docker.commands) == 1
    broken, again = Sandbox(FakeEngine(broken="exec format error")).run_again(CALL, HERE, 3)
    assert (broken.trouble, again) == ("docker failed with exit code 125\nexec format error", ())


def archive(path: Path) -> Archive:
    path.write_bytes(b"PK\x05\x06" + bytes(18))
    return Archive(path=path, digest=hash_file(path))


def test_a_zip_s_functions_see_what_was_unpacked_for_as_long_as_they_run(tmp_path: Path) -> None:
    docker = FakeEngine()
    task, layer = archive(tmp_path / "task.zip"), archive(tmp_path / "layer.zip")
    sandbox = Sandbox(docker)
    with sandbox.unpacked(Subject(image="i", platform="linux/amd64", task=task, layers=(layer,))) as place:
        sandbox.run(CALL, place)
        assert docker.there == {place.folders_of}
    assert docker.started[0].folders_of == place.folders_of != ""
    assert docker.folders == [("/var/task", "/opt")]
    assert docker.there == set()


@pytest.mark.parametrize(
    ("traced", "trace"),
    [
        (Completed(code=0, stdout='{"traceback": "no x"}', stderr=""), Trace(traceback="no x")),
        (Completed(code=139, stdout="", stderr="Fatal Python error\n"), Trace(crash="Fatal Python error")),
        (Completed(code=3, stdout="", stderr=""), Trace(crash="importing it ended the process with code 3")),
        (None, None),
    ],
)
def test_what_never_got_so_far_is_imported_again_to_see_why(traced: Completed | None, trace: Trace | None) -> None:
    docker = FakeEngine({CALL.handler: Behaviour(asked=answer(IMPORT_ERROR, 502), traced=traced)})
    assert Sandbox(docker).run(CALL, HERE).trace == trace
    assert docker.commands[1][-1] == "scorer.handler"


@pytest.mark.parametrize(
    "behaviour",
    [
        Behaviour(),
        Behaviour(asked=answer(IMPORT_ERROR, 502, killed=1)),
        Behaviour(asked=answer("", 502), state=State(running=False, code=1, out_of_memory=False)),
    ],
)
def test_what_answered_was_killed_or_is_gone_is_not(behaviour: Behaviour) -> None:
    docker = FakeEngine({CALL.handler: behaviour})
    assert Sandbox(docker).run(CALL, HERE).trace is None
    assert len(docker.commands) == 1


def test_an_engine_that_starts_nothing_is_a_reading_too() -> None:
    docker = FakeEngine(broken="exec format error")
    reading = Sandbox(docker).run(CALL, HERE)
    assert (reading.answer, reading.running) == (None, False)
    assert reading.trouble == "docker failed with exit code 125\nexec format error"
    assert docker.there == set()


class Interrupted(FakeEngine):
    def start(self, container: Container) -> None:
        super().start(container)
        raise KeyboardInterrupt


def test_ctrl_c_takes_everything_away(tmp_path: Path) -> None:
    docker = Interrupted()
    with pytest.raises(KeyboardInterrupt):
        invoke(CALL, Subject(image="i", platform="linux/amd64", task=archive(tmp_path / "a.zip")), Sandbox(docker))
    assert docker.there == set()


class StoppedMeanwhile(FakeEngine):
    """Another thread stops the sandbox while the engine starts a container."""

    sandbox: Sandbox

    def start(self, container: Container) -> None:
        super().start(container)
        self.sandbox.stop()


def test_what_is_stopped_while_it_starts_is_asked_nothing_and_nothing_begins_after(tmp_path: Path) -> None:
    docker = StoppedMeanwhile()
    docker.sandbox = Sandbox(docker)
    with pytest.raises(Stopped):
        docker.sandbox.run(CALL, HERE)
    assert (docker.events, docker.there) == ([], set())
    with pytest.raises(Stopped):
        docker.sandbox.run(CALL, HERE)
    assert len(docker.started) == 1
    subject = Subject(image="i", platform="linux/amd64", task=archive(tmp_path / "a.zip"))
    with pytest.raises(Stopped), docker.sandbox.unpacked(subject):
        raise AssertionError
    assert docker.folders == []


def test_stopping_takes_away_what_is_there(tmp_path: Path) -> None:
    docker = FakeEngine()
    sandbox = Sandbox(docker)
    with sandbox.unpacked(Subject(image="i", platform="linux/amd64", task=archive(tmp_path / "a.zip"))):
        assert len(docker.there) == 1
        sandbox.stop()
        assert docker.there == set()


def test_an_invoked_function_has_a_network_and_says_what_it_says() -> None:
    docker = FakeEngine()
    said = invoke(CALL, IMAGE, Sandbox(docker))
    assert said.answer == '{"ok": true}'
    assert "said" in said.log
    assert docker.started[0].network


def test_an_invoked_function_that_fails_says_why_and_what_could_be_lacking() -> None:
    said = '{"errorType": "KeyError", "errorMessage": "\'x\'", "stackTrace": ["  File handler.py, line 3\\n"]}'
    docker = FakeEngine({CALL.handler: Behaviour(asked=answer(said))})
    with pytest.raises(FunctionFailed) as caught:
        invoke(CALL, IMAGE, Sandbox(docker))
    assert caught.value.what == "scorer answered with an error: KeyError"
    assert caught.value.why == "'x'\n  File handler.py, line 3\nsaid"
    assert caught.value.remedy.endswith("what it lacks around it: --env KEY=VALUE")
