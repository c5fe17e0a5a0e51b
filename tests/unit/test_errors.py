import pytest

from lockage import errors


def all_errors(root: type[errors.LockageError] = errors.LockageError) -> set[type[errors.LockageError]]:
    return {root}.union(*(all_errors(child) for child in root.__subclasses__()))


def test_a_message_has_three_parts_and_hangs_its_lines() -> None:
    error = errors.ToolError("trivy failed", why="first\nsecond", remedy="look")
    assert error.render() == "error: trivy failed\n  why:  first\n        second\n  next: look"


@pytest.mark.parametrize("error", sorted(all_errors(), key=str))
def test_every_class_ends_the_process_as_a_failure(error: type[errors.LockageError]) -> None:
    assert 1 <= error.exit_code < 126


def test_outcomes_that_a_pipeline_branches_on_have_codes_of_their_own() -> None:
    codes = [error.exit_code for error in errors.LockageError.__subclasses__() if error.__module__ == errors.__name__]
    assert len(codes) == len(set(codes))
