from threading import Event

import pytest

from lockage.errors import UsageError
from lockage.tools.ahead import Ahead


def test_it_is_asked_before_it_is_wanted_and_once() -> None:
    asked, times = Event(), list[int]()

    def ask() -> str:
        times.append(1)
        asked.set()
        return "an answer"

    answer = Ahead(ask)
    assert asked.wait(10)
    assert [answer(), answer(), len(times)] == ["an answer", "an answer", 1]


def test_what_asking_raises_is_raised_where_the_answer_is_wanted() -> None:
    def ask() -> str:
        raise UsageError("nobody answers", why="w", remedy="r")

    answer = Ahead(ask)
    with pytest.raises(UsageError, match="nobody answers"):
        answer()
