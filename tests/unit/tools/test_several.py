"""Several programs at once: results in order, nothing begun after a failure, nothing left after Ctrl-C."""

import os
import time
from pathlib import Path
from threading import Barrier, Event

import pytest

from lockage.tools.exclusive import alone
from lockage.tools.process import run
from lockage.tools.several import several


@pytest.fixture(autouse=True)
def _two_processors(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "cpu_count", lambda: 2)


def test_results_come_in_the_order_of_the_items() -> None:
    later = Event()

    def work(item: int) -> int:
        if item == 0:
            later.wait(30)
        else:
            later.set()
        return item * item

    assert several(work, range(4)) == [0, 1, 4, 9]


def test_as_many_run_at_once_as_there_are_processors() -> None:
    meeting = Barrier(2)
    assert sorted(several(lambda _: meeting.wait(30), "ab")) == [0, 1]


def test_after_a_failure_nothing_more_is_begun() -> None:
    begun, failed = [], Event()

    def work(item: int) -> None:
        begun.append(item)
        if item == 1:
            failed.set()
            raise ValueError(item)
        failed.wait(30)
        time.sleep(0.2)

    with pytest.raises(ValueError, match="1"):
        several(work, range(100))
    assert len(begun) <= 3, "the one before is still at work"


def test_of_two_failures_the_first_in_order_is_told() -> None:
    second = Event()

    def work(item: str) -> None:
        if item == "first":
            second.wait(30)
        second.set()
        raise ValueError(item)

    with pytest.raises(ValueError, match="first"):
        several(work, ("first", "second"))


def test_ctrl_c_ends_the_programs_also_those_about_to_start() -> None:
    begun, interrupted, ended = Event(), Event(), Event()

    def work(item: str) -> None:
        if item == "user":
            begun.wait(30)
            interrupted.set()
            raise KeyboardInterrupt
        begun.set()
        interrupted.wait(30)
        with pytest.raises(KeyboardInterrupt):
            run(["sleep", "600"])
        ended.set()

    with pytest.raises(KeyboardInterrupt):
        several(work, ("user", "program"))
    assert ended.is_set()


def test_ctrl_c_ends_who_waits_for_a_lock(tmp_path: Path) -> None:
    waiting, given_up = Event(), Event()

    def work(item: str) -> None:
        if item == "user":
            waiting.wait(30)
            raise KeyboardInterrupt
        waiting.set()
        with pytest.raises(KeyboardInterrupt), alone(tmp_path):
            raise AssertionError
        given_up.set()

    with alone(tmp_path), pytest.raises(KeyboardInterrupt):
        several(work, ("user", "program"))
    assert given_up.is_set()


def test_ctrl_c_does_not_wait_for_what_was_never_begun() -> None:
    def work(item: int) -> None:
        if item == 0:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        several(work, range(1000))
