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
from lockage.model.check import ArtifactCheck, Failure, NativeCheck
from lockage.model.ids import Digest
from lockage.tools.docker import Machine

MACHINE = Machine(platform="linux/amd64", cpus=2, memory=8 << 30)
RAISES = Behaviour(asked=answer('{"errorType": "KeyError", "errorMessage": "x"}'))


PURE = NativeCheck(summary="pure Python")
UNFIT = NativeCheck(
    summary="1 native object",
    failure=Failure(kind="native", what="it will not run", why="x.so needs y", remedy="bring y"),
)
DOUBTFUL = NativeCheck(
    summary="1 native object", failure=Failure(kind="doubt", what="it cannot be told", why="x.so", remedy="look at it")
)


def digest(letter: str) -> Digest:
    return Digest(f"sha256:{letter * 64}")


def call(name: str, **changes: Any) -> Call:  # noqa: ANN401 - any field
    fields: dict[str, Any] = {"memory_mb": 256, "timeout_s": 3, "variables": {}, "event": b"{}"}
    return Call(**{"function": name, "handler": f"{name}.handle", **fields, **changes})


ABOUT = ArtifactCheck(name="shop", artifact=digest("a"), layers=(digest("b"),), runtime="r", rules=RULES, functions=())


def case(*calls: Call, **changes: Any) -> Case:  # noqa: ANN401 - any field
    return Case(**{"about": ABOUT, "before": None, "platform": "linux/amd64", "calls": calls, **changes})


def checked(
    engine: FakeEngine, *cases: Case, machine: Machine = MACHINE, native: NativeCheck = PURE
) -> Sequence[ArtifactCheck]:
    def subject(one: Case) -> Subject:
        return Subject(image=one.about.name, platform=one.platform)

    with Checker(Sandbox(engine), subject, lambda _: native, machine).begun(cases) as begun:
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
    assert not case(call("a"), call("b"), before=after).due
    assert case(call("a"), before=after).result() == replace(after, functions=after.functions[:1])


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
    assert not case(call("a"), before=before).due
    another = case(call("a"), before=before, about=replace(ABOUT, **changes))
    assert (len(another.waiting), another.native) == (1, None)


@pytest.mark.parametrize("changes", [{"event": b"[]"}, {"memory_mb": 128}, {"variables": {"A": "1"}}])
def test_nothing_stands_of_what_is_asked_otherwise(changes: dict[str, Any]) -> None:
    [before] = checked(FakeEngine(), case(call("a")))
    another = case(call("a", **changes), before=before)
    assert (len(another.waiting), another.native) == (1, PURE)


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

    def of(platform: str) -> Checker:
        return Checker(
            NoSuchImage(FakeEngine()), lambda _: Subject(image="i", platform=platform), lambda _: PURE, MACHINE
        )

    checker = of("linux/arm64")
    with checker.begun([case(call("a"), **ARM)]) as [future]:
        [found] = future.result().functions
    assert found.failure is not None
    assert (found.outcome, "No such image" in found.failure.why) == ("inconclusive", True)
    with of("linux/amd64").begun([case(call("a"))]) as [future], pytest.raises(ToolError):
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


def test_native_code_is_looked_at_beside_the_runs_and_told_with_them() -> None:
    [found] = checked(FakeEngine({"a.handle": RAISES}), case(call("a"), call("b")), native=UNFIT)
    assert (found.native, found.outcome) == (UNFIT, "fail")
    with pytest.raises(FunctionsFailed) as caught:
        hold_answered([found])
    assert caught.value.what == "native code of 1 artifact does not fit, and 1 function failed"
    assert caught.value.why.startswith("it will not run\n  x.so needs y\na answered with an error")
    assert caught.value.remedy == "bring y\nmend the function, or the event it was given"


def test_native_code_that_was_refused_is_looked_at_again_and_what_answered_is_not_run_again() -> None:
    [before] = checked(FakeEngine(), case(call("a")), native=UNFIT)
    again = case(call("a"), before=before)
    assert (again.due, again.waiting) == (True, ())
    engine = FakeEngine()
    [after] = checked(engine, again)
    assert (engine.started, after.native, after.outcome) == ([], PURE, "pass")


def test_native_code_that_could_not_be_told_is_inconclusive() -> None:
    [found] = checked(FakeEngine(), case(call("a")), native=DOUBTFUL)
    assert found.outcome == "inconclusive"
    with pytest.raises(Inconclusive, match="of native code of 1 artifact it could not be told"):
        hold_answered([found])


@pytest.mark.parametrize("native", [PURE, UNFIT])
def test_of_what_no_function_runs_only_native_code_counts(native: NativeCheck) -> None:
    engine = FakeEngine()
    [found] = checked(engine, case(), native=native)
    assert (engine.started, found.native, found.functions) == ([], native, ())
    assert case(before=found).due == bool(native.failure)
    if native.failure:
        with pytest.raises(FunctionsFailed, match="native code of 1 artifact does not fit"):
            hold_checked(found, expected(asked={}))
    else:
        assert hold_checked(found, expected(asked={})) == ()


def test_what_no_function_runs_is_called_by_its_name() -> None:
    [found] = checked(FakeEngine(), case())
    with pytest.raises(UsageError, match="shop was not checked as it is now"):
        hold_checked(found, expected(asked={}, artifact=digest("c")))


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
    assert caught.value.remedy == "check it again: ./noxw -s check -- shop"


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


def test_a_check_without_a_look_at_native_code_opens_nothing() -> None:
    [found] = checked(FakeEngine(), case(call("a")))
    with pytest.raises(UsageError) as caught:
        hold_checked(replace(found, native=None), expected())
    assert caught.value.why == "native code: checked was not looked at, here is looked at"


class Interrupted(FakeEngine):
    def start(self, container: Any) -> None:  # noqa: ANN401 - as the method it replaces
        super().start(container)
        raise KeyboardInterrupt


def test_ctrl_c_leaves_no_container() -> None:
    engine = Interrupted()
    with pytest.raises(KeyboardInterrupt):
        checked(engine, case(call("a"), call("b")))
    assert engine.there == set()
