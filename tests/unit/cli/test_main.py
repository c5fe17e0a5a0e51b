"""What the machine refuses is told in words; only what nobody foresaw is called a defect."""

import errno
import os
import sys

import pytest

from lockage.cli import main


def ends(error: BaseException, monkeypatch: pytest.MonkeyPatch) -> int:
    def verb(_arguments: list[str]) -> int:
        raise error

    monkeypatch.setattr(main, "main_inner", verb)
    monkeypatch.setattr(sys, "argv", ["lockage", "scan"])
    with pytest.raises(SystemExit) as caught:
        main.main()
    assert isinstance(caught.value.code, int)
    return caught.value.code


REFUSED = {
    errno.ENOSPC: ("error: the disk is full", "free some space"),
    errno.EDQUOT: ("error: this user's share of the disk is full", "free some space"),
    errno.EROFS: ("error: a file system that must be written is read-only", "LOCKAGE_CACHE"),
    errno.EACCES: ("error: a file may not be read or written", "LOCKAGE_CACHE"),
}


@pytest.mark.parametrize("number", REFUSED)
def test_what_the_machine_refuses_is_no_defect(
    number: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert ends(OSError(number, os.strerror(number), "/x/dist/platform"), monkeypatch) == 2
    what, remedy = REFUSED[number]
    said = capsys.readouterr().err
    assert said.startswith(f"{what}\n  why:  /x/dist/platform: {os.strerror(number)}\n  next: ")
    assert remedy in said
    assert "defect" not in said


def test_a_full_disk_is_told_though_the_summary_cannot_be_written(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", "/dev/full")
    assert ends(OSError(errno.ENOSPC, "No space left on device"), monkeypatch) == 2
    assert "why:  the system names no file: No space left on device" in capsys.readouterr().err


@pytest.mark.parametrize("error", [FileNotFoundError(errno.ENOENT, "No such file", "x"), KeyError("x")])
def test_what_nobody_foresaw_is_a_defect_and_shown(
    error: Exception, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert ends(error, monkeypatch) == 70
    said = capsys.readouterr().err
    assert "Traceback" in said
    assert "error: this is a defect in lockage" in said
