from collections.abc import Sequence
from typing import Any, NoReturn

import pytest
from fakes.emulator import Behaviour, FakeEngine, answer
from msgspec.structs import replace

from lockage.errors import Inconclusive, LockageError, ToolError, UsageError
from lockage.inspect.emulator.call import Call
from lockage.inspect.emulator.check import Case, Checker, slots
from lockage.inspect.emulator.hold import Expected, FunctionsFailed, hold_answered, hold_checked
from lockage.inspect.emulator.sandbox import Sandbox
from lockage.inspect.emulator.standing import RULES
from lockage.inspect.emulator.subject import Subject
from lockage.model.check import ArtifactCheck
from lockage.model.ids import Digest
from lockage.tools.docker import Machine

MACHINE = Machine(platform="linux/amd64", cpus=2, memory=8 << 30)
RAISES = Behaviour(asked=answer('{"errorType": "KeyError", "errorMessage": "x"}'))


def digest(letter: str) -> Digest:
    return Digest(f"sha256:{letter * 64}")


def call(name: str, **changes: Any) -> Call:  # noqa: ANN401 - any field
    fields: dict[str, Any] = {"memory_mb": 256, "timeout_s": 3, "variables": {}, "event": b"{}"}
    return Call(**{"function": name, "handler": f"{name}.handle", **fields, **changes})


ABOUT = ArtifactCheck(name="shop", artifact=digest("a"), layers=(digest("b"),), runtime="r", rules=RULES, functions=())


def case(*calls: Call, **changes: Any) -> Case:  # noqa: ANN401 - any field
    return Case(**{"about": ABOUT, "before": None, "platform": "linux/amd64", "calls": calls, **changes})


def checked(engine: FakeEngine, *cases: Case, machine: Machine = MACHINE) -> Sequence[ArtifactCheck]:
    def subject(one: Case) -> Subject:
        return Subject(image=one.about.name, platform=one.platform)

    with Checker(Sandbox(engine), subject, machine).begun(cases) as begun:
        return [future.result() for future in begun]


def test_all_functions_run_and_every_result_is_in_its_place() -> None:
    engine = FakeEngine({"b.handle": RAISES})
    first, second = checked(
        engine, case(call("a"), call("b"), call("c")), case(call("d"), about=replace(ABOUT, name="x"))
    )
    assert [(one.function, one.outcome) for one in first.functions] == [("a", "pass"), ("b", "fail"), ("c", "pass")]
    assert (first.outcome, second.outcome, second.name) == ("fail", "pass", "x")
    assert (first.functions[0].cold_ms, first.functions[0].memory_mb) == (250, 64)
    assert sorted(container.image for container in engine.started) == ["shop", "shop", "shop", "x"]
    assert engine.there == set()


def test_what_passed_stands_and_only_the_rest_is_run() -> None:
    [before] = checked(FakeEngine({"b.handle": RAISES}), case(call("a"), call("b")))
    again = case(call("a"), call("b"), call("new"), before=before)
    assert [one.function for one in again.waiting] == ["b", "new"]
    engine = FakeEngine()
    [after] = checked(engine, again)
    assert sorted(container.command[0] for container in engine.started) == ["b.handle", "new.handle"]
    assert after.outcome == "pass"
    assert case(call("a"), call("b"), before=after).waiting == ()
    assert case(call("a"), before=after).result().functions == after.functions[:1]


@pytest.mark.parametrize(
    "changes",
    [
        {"artifact": digest("c")},
        {"layers": ()},
        {"runtime": "other"},
        {"runtime_digest": digest("d")},
        {"second_source": "a stand-in"},
        {"rules": "0"},
    ],
)
def test_nothing_stands_of_another_artifact_layer_runtime_or_rule(changes: dict[str, Any]) -> None:
    [before] = checked(FakeEngine(), case(call("a")))
    assert case(call("a"), before=before).waiting == ()
    assert len(case(call("a"), before=before, about=replace(ABOUT, **changes)).waiting) == 1


@pytest.mark.parametrize("changes", [{"event": b"[]"}, {"memory_mb": 128}, {"variables": {"A": "1"}}])
def test_nothing_stands_of_what_is_asked_otherwise(changes: dict[str, Any]) -> None:
    [before] = checked(FakeEngine(), case(call("a")))
    assert len(case(call("a", **changes), before=before).waiting) == 1


@pytest.mark.parametrize(
    ("cpus", "memory", "largest", "number"), [(4, 64, 256, 4), (4, 2, 512, 2), (2, 1, 4096, 1), (1, 64, 128, 1)]
)
def test_as_many_run_at_a_time_as_the_machine_bears(cpus: int, memory: int, largest: int, number: int) -> None:
    machine = Machine(platform="linux/amd64", cpus=cpus, memory=memory << 30)
    assert slots(machine, [case(call("a"), call("b", memory_mb=largest))]) == number


ARM = {"platform": "linux/arm64"}


def test_what_this_machine_cannot_execute_is_inconclusive() -> None:
    [found] = checked(FakeEngine(broken="exec format error"), case(call("a"), call("b"), **ARM))
    assert [one.outcome for one in found.functions] == ["inconclusive", "inconclusive"]
    with pytest.raises(Inconclusive) as caught:
        hold_answered([found])
    assert caught.value.what == "2 functions could not be tried"
    assert "exec format error" in caught.value.why


def test_an_archive_whose_runtime_is_not_there_for_its_platform_is_inconclusive_too() -> None:
    class NoSuchImage(Sandbox):
        def unpacked(self, subject: Subject) -> NoReturn:
            raise ToolError("docker failed", why=f"No such image: {subject.image}", remedy="")

    checker = Checker(NoSuchImage(FakeEngine()), lambda _: Subject(image="i", platform="linux/arm64"), MACHINE)
    with checker.begun([case(call("a"), **ARM)]) as [future]:
        [found] = future.result().functions
    assert found.failure is not None
    assert (found.outcome, "No such image" in found.failure.why) == ("inconclusive", True)
    native = Checker(NoSuchImage(FakeEngine()), lambda _: Subject(image="i", platform="linux/amd64"), MACHINE)
    with native.begun([case(call("a"))]) as [future], pytest.raises(ToolError):
        future.result()


def test_emulation_counts_as_the_machine_itself() -> None:
    [found] = checked(FakeEngine(), case(call("a"), **ARM))
    assert found.outcome == "pass"


def test_all_failures_are_told_at_once() -> None:
    found = checked(FakeEngine({"a.handle": RAISES, "b.handle": RAISES}), case(call("a")), case(call("b"), call("c")))
    with pytest.raises(FunctionsFailed) as caught:
        hold_answered(found)
    assert caught.value.exit_code == 18
    assert caught.value.what == "2 functions failed"
    assert caught.value.why == (
        "a answered with an error: KeyError\n  x\n  said\nb answered with an error: KeyError\n  x\n  said"
    )
    assert caught.value.remedy == "mend the function, or the event it was given"


def expected(**changes: Any) -> Expected:  # noqa: ANN401 - any field
    fields: dict[str, Any] = {"artifact": ABOUT.artifact, "layers": ABOUT.layers, "asked": {"a": call("a").asked}}
    return Expected(**{**fields, **changes})


def test_a_check_opens_the_door_to_what_it_is_of() -> None:
    [found] = checked(FakeEngine(), case(call("a")))
    assert hold_checked(found, expected()) == ()
    assert hold_checked(replace(found, second_source="a stand-in"), expected()) == ("a stand-in",)


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"artifact": digest("c")}, f"the artifact: checked was {digest('a')}, here is {digest('c')}"),
        ({"layers": ()}, f"its layers: checked was {digest('b')}, here is none"),
        ({"asked": {"b": digest("e")}}, f"how b is asked: checked was nothing, here is {digest('e')}"),
        ({"asked": {"a": digest("e")}}, f"how a is asked: checked was {call('a').asked}, here is {digest('e')}"),
    ],
)
def test_a_check_of_anything_else_does_not(changes: dict[str, Any], why: str) -> None:
    [found] = checked(FakeEngine(), case(call("a")))
    with pytest.raises(UsageError) as caught:
        hold_checked(found, expected(**changes))
    assert caught.value.what == "the functions of shop were not run as they are now"
    assert caught.value.why == why
    assert caught.value.remedy == "run them again: ./noxw -s check -- shop"


@pytest.mark.parametrize(
    ("engine", "platform", "error"),
    [
        (FakeEngine({"a.handle": RAISES}), "linux/amd64", FunctionsFailed),
        (FakeEngine(broken="x"), "linux/arm64", Inconclusive),
    ],
)
def test_a_check_that_did_not_pass_opens_nothing(engine: FakeEngine, platform: str, error: type[LockageError]) -> None:
    [found] = checked(engine, case(call("a"), platform=platform))
    with pytest.raises(error):
        hold_checked(found, expected())


class Interrupted(FakeEngine):
    def start(self, container: Any) -> None:  # noqa: ANN401 - as the method it replaces
        super().start(container)
        raise KeyboardInterrupt


def test_ctrl_c_leaves_no_container() -> None:
    engine = Interrupted()
    with pytest.raises(KeyboardInterrupt):
        checked(engine, case(call("a"), call("b")))
    assert engine.there == set()
