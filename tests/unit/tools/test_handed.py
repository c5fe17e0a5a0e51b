"""What one job hands over another takes: that program and no other, and nothing is downloaded or built."""

from pathlib import Path
from typing import NoReturn

import msgspec
import pytest
from fakes.environment import Silent
from fakes.tools import PROGRAM, MakeGo, sha256

from lockage.console import Console
from lockage.errors import ToolError, UsageError
from lockage.tools.handed import Handed, hand_over, told
from lockage.tools.install import Installer
from lockage.tools.lock import Release, ToolsLock
from lockage.tools.locked import Locked, Record, Tool


def never(release: Release, program: Path) -> NoReturn:
    raise AssertionError(f"{release.url} was downloaded to {program}")


@pytest.fixture
def made(lock: ToolsLock, tmp_path: Path, make_go: MakeGo) -> Tool:
    """What the first job built, on a machine of its own."""
    make_go()
    [tool] = Installer(Locked(lock, tmp_path / "first"), Console(Silent())).install(["pusher"])
    return tool


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "handed"


@pytest.fixture
def second(lock: ToolsLock, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Locked:
    """Another machine, which has no Go."""
    monkeypatch.setenv("PATH", "/nowhere")
    return Locked(lock, tmp_path / "second")


def take(second: Locked, folder: Path, said: str, name: str = "pusher") -> Tool:
    handed = Handed(folder=folder, programs=told(said))
    [tool] = Installer(second, Console(Silent()), take_release=never, handed=handed).install([name])
    return tool


def left(second: Locked) -> list[Path]:
    return [path for path in second.folder.rglob("*") if path.is_file() and path.name != ".lock"]


def test_a_tool_is_taken_by_the_hash_that_was_told(made: Tool, folder: Path, second: Locked) -> None:
    said = hand_over([made], folder)
    assert said == f"pusher=sha256:{made.sha256}"
    (folder / "pusher" / "pusher").chmod(0o644)  # artifacts keep no modes
    tool = take(second, folder, said)
    assert tool.path.read_bytes() == made.path.read_bytes()
    assert tool.path.stat().st_mode & 0o777 == 0o755
    assert (tool.source, tool.version, tool.sha256) == ("module", "0.9.0", made.sha256)


def test_another_program_is_refused_and_not_kept(made: Tool, folder: Path, second: Locked) -> None:
    said = hand_over([made], folder)
    (folder / "pusher" / "pusher").write_bytes(b"another")
    with pytest.raises(ToolError) as caught:
        take(second, folder, said)
    assert caught.value.render() == (
        "error: pusher, as it was handed over, has the wrong checksum, and was not used\n"
        f"  why:  expected sha256 {made.sha256}\n"
        f"        found    sha256 {sha256(b'another')}\n"
        "  next: run all jobs again; if it stays so, look at who else writes this artifact"
    )
    assert left(second) == []


@pytest.mark.parametrize(
    ("said", "why"),
    [("", "its hash was not told; told were those of: none"), (f"scanner=sha256:{'0' * 64}", "those of: scanner")],
)
def test_what_was_not_told_is_not_built_instead(made: Tool, folder: Path, second: Locked, said: str, why: str) -> None:
    hand_over([made], folder)
    with pytest.raises(ToolError, match="pusher was not handed over, and here nothing is built") as caught:
        take(second, folder, said)
    assert why in caught.value.why
    assert left(second) == []


def test_what_is_not_there_is_not_built_instead(made: Tool, folder: Path, second: Locked) -> None:
    said = hand_over([made], folder)
    (folder / "pusher" / "pusher").unlink()
    with pytest.raises(ToolError, match="pusher was not handed over, and here nothing is built") as caught:
        take(second, folder, said)
    assert f"{folder / 'pusher'}: " in caught.value.why
    assert left(second) == []


def test_what_cannot_be_read_is_told(made: Tool, folder: Path, second: Locked) -> None:
    said = hand_over([made], folder)
    (folder / "pusher" / "pusher").unlink()
    (folder / "pusher" / "pusher").mkdir()
    with pytest.raises(ToolError) as caught:
        take(second, folder, said)
    assert caught.value.what == "pusher was handed over, and cannot be read"
    assert "Is a directory" in caught.value.why
    assert caught.value.remedy.startswith(f"let this user read {folder / 'pusher' / 'pusher'}, or hand it over again")
    assert left(second) == []


@pytest.mark.parametrize(("program", "source"), [(PROGRAM, "release"), (b"built", "module")])
def test_where_it_came_from_the_lock_says_and_not_who_hands_it_over(
    folder: Path, second: Locked, program: bytes, source: str
) -> None:
    (folder / "scanner").mkdir(parents=True)
    (folder / "scanner" / "scanner").write_bytes(program)
    claimed = Record(name="scanner", version="1.2.3", source="release", sha256=sha256(program))
    (folder / "scanner" / "tool.json").write_bytes(msgspec.json.encode(claimed))
    tool = take(second, folder, f"scanner=sha256:{sha256(program)}", "scanner")
    assert (tool.source, tool.sha256) == (source, sha256(program))
    assert bool(tool.second_source) == (source == "module")


def test_only_the_program_is_handed_over(made: Tool, folder: Path) -> None:
    hand_over([made], folder)
    assert [path.name for path in (folder / "pusher").iterdir()] == ["pusher"]


def test_another_that_stands_already_gives_way_to_what_was_told(made: Tool, folder: Path, second: Locked) -> None:
    said = hand_over([made], folder)
    (folder / "pusher" / "pusher").write_bytes(b"another")
    take(second, folder, f"pusher=sha256:{sha256(b'another')}")
    (folder / "pusher" / "pusher").write_bytes(made.path.read_bytes())
    again = Locked(second.lock, second.folder.parent)
    assert take(again, folder, said).sha256 == made.sha256
    assert again.path("pusher").path.read_bytes() == made.path.read_bytes()


def test_what_stands_already_is_kept_where_it_is_what_was_told(made: Tool, folder: Path, second: Locked) -> None:
    said = hand_over([made], folder)
    take(second, folder, said)
    (folder / "pusher" / "pusher").unlink()
    assert take(Locked(second.lock, second.folder.parent), folder, said).sha256 == made.sha256


def test_what_stands_already_is_refused_where_it_was_not_told(made: Tool, folder: Path, second: Locked) -> None:
    take(second, folder, hand_over([made], folder))
    with pytest.raises(ToolError, match="pusher was not handed over, and here nothing is built"):
        take(Locked(second.lock, second.folder.parent), folder, "")


@pytest.mark.parametrize("said", ["pusher", "pusher=sha256:abc", f"pusher=sha256:{'0' * 64},", "=sha256:"])
def test_what_was_told_must_read_so(said: str) -> None:
    with pytest.raises(UsageError, match="which tools were handed over cannot be read") as caught:
        told(said)
    assert repr(said) in caught.value.why
    assert "--hand-over" in caught.value.remedy
