import io

import pytest

from lockage.console import Console, PlainView


def told() -> tuple[Console, io.StringIO]:
    stream = io.StringIO()
    return Console(PlainView(stream)), stream


def test_a_step_is_a_line_with_state_time_name_and_reason() -> None:
    console, stream = told()
    with console.step("build platform") as step:
        step.made("sha256:0")
    with console.step("build base") as step:
        step.reused("nothing changed")
    with console.step("sign") as step:
        step.skipped("no key")
    states = [line.split()[0] for line in stream.getvalue().splitlines()]
    assert states == ["done", "reused", "skipped"]
    assert stream.getvalue().endswith("sign  (no key)\n")


def test_what_ended_is_recorded_with_its_time() -> None:
    console, _ = told()
    with console.step("plan"):
        pass
    (record,) = console.records
    assert (record.name, record.state, record.reason) == ("plan", "done", "")
    assert 0 <= record.seconds < 1


@pytest.mark.parametrize(("error", "reason"), [(ValueError("no"), "no"), (KeyboardInterrupt(), "interrupted")])
def test_a_failure_is_recorded_and_passes_on(error: BaseException, reason: str) -> None:
    console, stream = told()
    with pytest.raises(type(error)), console.step("push"):
        raise error
    assert (console.records[0].state, console.records[0].reason) == ("failed", reason)
    assert stream.getvalue().startswith("failed")


def test_steps_within_something_say_so() -> None:
    console, _ = told()
    with console.within("release 2"), console.within("preprod"), console.step("stage"):
        pass
    with console.step("stage"):
        pass
    assert [record.name for record in console.records] == ["release 2: preprod: stage", "stage"]
