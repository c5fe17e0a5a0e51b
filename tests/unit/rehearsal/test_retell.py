"""What a rehearsal tells of how it came to its end."""

from lockage.console import StepRecord
from lockage.rehearsal.retell import failed_step


def failed(name: str, reason: str) -> StepRecord:
    return StepRecord(name=name, state="failed", seconds=1, reason=reason)


def test_the_step_that_ended_it_is_the_one_that_failed_so() -> None:
    """Steps that ran beside it may have ended after it, well or not."""
    done = StepRecord(name="image c", state="done", seconds=1)
    steps = (failed("packages of a", "no wheel"), failed("image a", "no wheel"), failed("image b", "no room"), done)
    assert failed_step(steps, "no wheel") == "image a"


def test_what_failed_between_steps_has_none() -> None:
    assert failed_step((failed("image a", "as the story wants"),), "no wheel") == ""
    assert failed_step((), "no wheel") == ""
