from threading import Event, Lock

import pytest

from lockage.rollout.together import together


@pytest.mark.parametrize("workers", [1, 3])
def test_results_come_in_order(workers: int) -> None:
    assert together(lambda number: number * number, range(10), workers) == [number * number for number in range(10)]


def test_a_failure_does_not_wait_for_the_others_and_begins_no_more() -> None:
    never, began, lock = Event(), list[int](), Lock()

    def work(number: int) -> None:
        with lock:
            began.append(number)
        if number == 0:
            raise KeyboardInterrupt
        never.wait()

    with pytest.raises(KeyboardInterrupt):
        together(work, range(100), 2)
    assert len(began) <= 3, "what was under way, and no more"
    never.set()
