import threading

import pytest

from lockage.tools.background import Later


def test_a_call_runs_while_others_do() -> None:
    go = threading.Event()
    later = Later(lambda: go.wait(10))
    go.set()
    assert later.result() is True
    assert later.result() is True


def test_what_it_raised_is_raised_where_its_result_is_needed() -> None:
    def fails() -> None:
        raise ValueError("broken")

    later = Later(fails)
    for _ in range(2):
        with pytest.raises(ValueError, match="broken"):
            later.result()
