"""Memory for small files: only with room to spare, only where they may be executed, never against the user's word."""

import os
from pathlib import Path

import pytest

from lockage.rehearsal import scratch
from lockage.rehearsal.scratch import in_memory

MB = 1 << 20


@pytest.fixture(autouse=True)
def memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A place with 400 MB, on a machine that can spare 800."""
    place, meminfo = tmp_path / "shm", tmp_path / "meminfo"
    place.mkdir()
    meminfo.write_text(f"MemTotal: 99999999 kB\nMemAvailable:   {800 << 10} kB\n")
    monkeypatch.delenv("TMPDIR", raising=False)
    monkeypatch.setattr(scratch, "_MEMORY", place)
    monkeypatch.setattr(scratch, "_MEMINFO", meminfo)
    monkeypatch.setattr(scratch, "_GROUP", tmp_path / "no groups")
    monkeypatch.setattr(scratch, "_GROUPS", tmp_path)
    has(monkeypatch, 400 * MB)
    return place


def has(monkeypatch: pytest.MonkeyPatch, free: int, flags: int = 0) -> None:
    numbers = (4096, 4096, free // 4096, free // 4096, free // 4096, 9, 9, 9, flags, 255)
    monkeypatch.setattr(os, "statvfs", lambda _path: os.statvfs_result(numbers))


def test_what_leaves_three_quarters_of_the_room_goes_there(memory: Path) -> None:
    assert in_memory(100 * MB) == memory
    assert in_memory(101 * MB) is None


def test_memory_that_is_taken_is_no_room(memory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    has(monkeypatch, 4000 * MB)
    assert in_memory(200 * MB) == memory
    assert in_memory(201 * MB) is None


def test_a_group_s_limit_counts(tmp_path: Path, memory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of the groups above it too: a container's is one of them."""
    group = tmp_path / "groups/container/job"
    group.mkdir(parents=True)
    (tmp_path / "own").write_text("0::/container/job\n")
    (group / "memory.max").write_text("max\n")
    (group / "memory.current").write_text("1\n")
    (group.parent / "memory.max").write_text(f"{300 * MB}\n")
    (group.parent / "memory.current").write_text(f"{100 * MB}\n")
    monkeypatch.setattr(scratch, "_GROUP", tmp_path / "own")
    monkeypatch.setattr(scratch, "_GROUPS", tmp_path / "groups")
    assert in_memory(50 * MB) == memory
    assert in_memory(51 * MB) is None


def test_where_nothing_may_be_executed_nothing_goes(monkeypatch: pytest.MonkeyPatch) -> None:
    has(monkeypatch, 400 * MB, os.ST_NOEXEC)
    assert in_memory(1) is None


def test_a_place_that_the_user_names_is_kept_to(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TMPDIR", "/somewhere")
    assert in_memory(1) is None


def test_a_machine_without_such_a_place_has_none(memory: Path) -> None:
    memory.rmdir()
    assert in_memory(1) is None


def test_a_machine_that_does_not_tell_its_memory_has_none(tmp_path: Path) -> None:
    (tmp_path / "meminfo").unlink()
    assert in_memory(1) is None
