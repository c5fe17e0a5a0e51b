from pathlib import Path

import msgspec
import pytest
from fakes.tools import PROGRAM, sha256

from lockage.errors import ToolError
from lockage.model.tool import Source, UsedTool
from lockage.tools.lock import ToolsLock
from lockage.tools.locked import Locked, Record


def put(locked: Locked, name: str, *, source: Source, content: bytes = PROGRAM) -> Path:
    home = locked.home(name)
    home.mkdir(parents=True)
    (home / name).write_bytes(content)
    record = Record(name=name, version=locked.lock.pin(name).version, source=source, sha256=sha256(content))
    (home / "tool.json").write_bytes(msgspec.json.encode(record))
    return home / name


@pytest.fixture
def locked(lock: ToolsLock, tmp_path: Path) -> Locked:
    return Locked(lock, tmp_path / "cache")


def test_a_release_is_the_first_source(locked: Locked) -> None:
    program = put(locked, "scanner", source="release")
    tool = locked.path("scanner")
    assert (tool.path, tool.version, tool.source, tool.sha256) == (program, "1.2.3", "release", sha256(PROGRAM))
    assert tool.used == UsedTool(name="scanner", version="1.2.3", source="release", sha256=sha256(PROGRAM))
    assert tool.second_source == ""


def test_a_module_build_is_a_second_source_where_there_is_a_release(locked: Locked) -> None:
    put(locked, "scanner", source="module", content=b"other bytes")
    assert locked.path("scanner").second_source == "scanner 1.2.3 built from its module"


def test_a_module_build_is_the_first_source_where_there_is_none(locked: Locked) -> None:
    put(locked, "pusher", source="module", content=b"other bytes")
    assert locked.path("pusher").second_source == ""


def test_a_tool_that_is_not_installed_says_how_to(locked: Locked) -> None:
    with pytest.raises(ToolError) as caught:
        locked.path("scanner")
    assert caught.value.render() == (
        "error: scanner 1.2.3 is not installed\n"
        f"  why:  nothing stands in {locked.home('scanner')}\n"
        "  next: install it: lockage tools install scanner"
    )


@pytest.mark.parametrize("source", ["release", "module"])
def test_changed_bytes_are_refused_at_use(locked: Locked, source: Source) -> None:
    program = put(locked, "scanner", source=source)
    program.write_bytes(b"changed")
    with pytest.raises(ToolError) as caught:
        locked.path("scanner")
    assert caught.value.what == f"{program} has the wrong checksum, and was not used"
    assert caught.value.why == f"expected sha256 {sha256(PROGRAM)}\nfound    sha256 {sha256(b'changed')}"
    assert "lockage tools install scanner" in caught.value.remedy


def test_a_release_is_held_against_the_lock_and_not_its_own_record(locked: Locked) -> None:
    put(locked, "scanner", source="release", content=b"forged, with a record that agrees")
    with pytest.raises(ToolError, match="wrong checksum"):
        locked.path("scanner")


def test_another_pin_is_another_tool(locked: Locked, tmp_path: Path) -> None:
    put(locked, "pusher", source="module")
    (locked.lock.folder / "pusher" / "go.sum").write_text("a dependency more\n")
    assert Locked(locked.lock, tmp_path / "cache").recorded("pusher") is None


def test_a_record_that_cannot_be_read_counts_as_nothing(locked: Locked) -> None:
    (put(locked, "pusher", source="module").parent / "tool.json").write_text("{")
    assert locked.recorded("pusher") is None
