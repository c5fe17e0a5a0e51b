import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from fakes.tools import PROGRAM, MakeGo, Publisher, sha256
from msgspec.structs import replace

from lockage.console import Console, StepRecord
from lockage.errors import ToolError, UsageError
from lockage.tools import process
from lockage.tools.download import Unreachable, take
from lockage.tools.install import Installer
from lockage.tools.lock import Release, ToolsLock
from lockage.tools.locked import Locked, Tool


class QuietView:
    def began(self, name: str) -> None: ...

    def ended(self, record: StepRecord) -> None: ...

    def note(self, text: str) -> None: ...


class Releases:
    """Takes releases, or cannot; counts."""

    def __init__(self, unreachable: str = "") -> None:
        self.unreachable = unreachable
        self.taken = 0

    def __call__(self, release: Release, program: Path) -> None:
        del release
        if self.unreachable:
            raise Unreachable(self.unreachable)
        self.taken += 1
        program.write_bytes(PROGRAM)


@pytest.fixture
def locked(lock: ToolsLock, tmp_path: Path) -> Locked:
    return Locked(lock, tmp_path / "cache")


@pytest.fixture
def console() -> Console:
    return Console(QuietView())


def files_below(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.rglob("*") if path.is_file() and path.name != ".lock")


def test_a_release_is_taken(locked: Locked, console: Console) -> None:
    [tool] = Installer(locked, console, take_release=take, machine="x86_64").install(["scanner"])
    assert (tool.source, tool.sha256, tool.second_source) == ("release", sha256(PROGRAM), "")
    assert console.records[0].reason == "its release, both checksums verified"
    assert files_below(locked.folder) == ["scanner", "tool.json"]


def test_what_stands_is_reused(locked: Locked, console: Console) -> None:
    releases = Releases()
    for _ in range(2):
        Installer(locked, console, take_release=releases, machine="x86_64").install(["scanner"])
    assert releases.taken == 1
    assert [record.state for record in console.records] == ["done", "reused"]


def test_without_its_release_a_tool_is_built_from_its_module(locked: Locked, console: Console, make_go: MakeGo) -> None:
    go = make_go()
    [tool] = Installer(locked, console, take_release=Releases("no route"), machine="x86_64").install(["scanner"])
    assert tool.source == "module"
    assert tool.second_source == "scanner 1.2.3 built from its module"
    assert console.records[0].reason == ("built from its module, for its release cannot be downloaded: no route")
    [build] = go.builds()
    assert "-mod=readonly -trimpath -buildvcs=false -ldflags=-s -w -buildid= -X main.version=1.2.3" in build
    assert build.endswith("example.com/scanner/cmd [go.mod go.sum CGO_ENABLED=0 GOFLAGS= GOTOOLCHAIN=auto SPECIAL=yes]")


def test_releases_are_for_the_machine_they_were_made_for(locked: Locked, console: Console, make_go: MakeGo) -> None:
    make_go()
    releases = Releases()
    [tool] = Installer(locked, console, take_release=releases, machine="aarch64").install(["scanner"])
    assert (tool.source, releases.taken) == ("module", 0)
    assert "locked for x86_64, this machine is aarch64" in console.records[0].reason


def test_a_wrong_checksum_is_never_a_reason_to_build(
    locked: Locked, console: Console, publisher: Publisher, make_go: MakeGo
) -> None:
    go = make_go()
    publisher.publish("/scanner.tar.gz", b"something else")
    with pytest.raises(ToolError, match="wrong checksum"):
        Installer(locked, console, take_release=take, machine="x86_64").install(["scanner"])
    assert go.builds() == []
    assert files_below(locked.folder) == []


def test_neither_release_nor_module_says_why_to_both(
    locked: Locked, console: Console, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ToolError) as caught:
        Installer(locked, console, take_release=Releases("no route"), machine="x86_64").install(["scanner"])
    assert caught.value.render() == (
        "error: scanner 1.2.3 can be had neither as a release nor from its module\n"
        "  why:  release: no route\n"
        "        module: Go is not installed: no program go on the path\n"
        "  next: let this machine reach the release or a Go module proxy, or install Go 1.21 or newer"
    )


def test_a_build_that_fails_leaves_nothing(locked: Locked, console: Console, make_go: MakeGo) -> None:
    make_go(fails="module lookup disabled")
    with pytest.raises(ToolError, match="go failed with exit code 1") as caught:
        Installer(locked, console, machine="x86_64").install(["pusher"])
    assert caught.value.why == "module lookup disabled"
    assert files_below(locked.folder) == []


def test_a_go_that_cannot_read_the_modules_is_named(locked: Locked, console: Console, make_go: MakeGo) -> None:
    make_go(version="go1.19.8")
    with pytest.raises(ToolError, match="Go is too old") as caught:
        Installer(locked, console, machine="x86_64").install(["pusher"])
    assert caught.value.why == "go1.19.8 cannot read these modules"


def test_without_building_only_releases_are_taken(locked: Locked, console: Console, make_go: MakeGo) -> None:
    go = make_go()
    installer = Installer(locked, console, take_release=Releases(), machine="x86_64")
    assert installer.install_released(["pusher", "scanner"]) == ["pusher"]
    assert locked.path("scanner").source == "release"
    told = {record.name: (record.state, record.reason) for record in console.records}
    assert told["tool pusher 0.9.0"] == ("skipped", "to be built from its module: no release of it is locked")
    installer.install(["pusher"])
    assert installer.install_released(["pusher", "scanner"]) == [], "both stand"
    assert len(go.builds()) == 1


def test_a_release_that_cannot_be_had_is_left_to_be_built(locked: Locked, console: Console) -> None:
    installer = Installer(locked, console, take_release=Releases("no route"), machine="x86_64")
    assert installer.install_released(["scanner"]) == ["scanner"]
    assert console.records[0].reason == "to be built from its module: no route"
    assert files_below(locked.folder) == []


def test_one_failure_does_not_undo_the_others(locked: Locked, console: Console, make_go: MakeGo) -> None:
    make_go(fails="no proxy")
    with pytest.raises(ToolError):
        Installer(locked, console, take_release=Releases(), machine="x86_64").install(["pusher", "scanner"])
    assert locked.path("scanner").source == "release"


def test_an_unknown_tool_is_refused_before_anything_is_done(locked: Locked, console: Console) -> None:
    releases = Releases()
    with pytest.raises(UsageError):
        Installer(locked, console, take_release=releases, machine="x86_64").install(["scanner", "scaner"])
    assert releases.taken == 0


def test_several_are_installed_at_once(lock: ToolsLock, tmp_path: Path, console: Console) -> None:
    for file in lock.module("scanner"):
        (lock.folder / "other").mkdir(exist_ok=True)
        (lock.folder / "other" / file.name).write_bytes(file.read_bytes())
    two = replace(lock, pins={"scanner": lock.pin("scanner"), "other": lock.pin("scanner")})
    together = threading.Barrier(2)

    def meet(release: Release, program: Path) -> None:
        del release
        together.wait(timeout=10)  # nobody comes past here alone
        program.write_bytes(PROGRAM)

    installer = Installer(Locked(two, tmp_path / "cache"), console, take_release=meet, machine="x86_64")
    assert [tool.name for tool in installer.install(["scanner", "other"])] == ["scanner", "other"]


def test_two_at_once_install_it_once(lock: ToolsLock, tmp_path: Path, console: Console) -> None:
    releases = Releases()
    together = threading.Barrier(2)

    def install() -> None:
        installer = Installer(Locked(lock, tmp_path / "cache"), console, take_release=releases, machine="x86_64")
        together.wait()
        installer.install(["scanner"])

    threads = [threading.Thread(target=install) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert releases.taken == 1
    assert sorted(record.state for record in console.records) == ["done", "reused"]


def test_what_a_killed_run_left_is_removed(locked: Locked, console: Console) -> None:
    left = locked.folder / "scanner" / ".part-killed"
    left.mkdir(parents=True)
    (left / "asset").write_bytes(b"half")
    Installer(locked, console, take_release=Releases(), machine="x86_64").install(["scanner"])
    assert not left.exists()


def test_a_cache_that_cannot_be_written_is_named(lock: ToolsLock, tmp_path: Path, console: Console) -> None:
    (tmp_path / "cache").write_text("no folder\n")
    with pytest.raises(ToolError, match="scanner could not be installed") as caught:
        Installer(Locked(lock, tmp_path / "cache"), console, take_release=Releases()).install(["scanner"])
    assert "Not a directory" in caught.value.why
    assert "LOCKAGE_CACHE" in caught.value.remedy


def test_a_full_disk_leaves_nothing(locked: Locked, console: Console) -> None:
    def full(release: Release, program: Path) -> None:
        program.write_bytes(b"as much as there was room for")
        raise OSError(28, "No space left on device", release.url)

    with pytest.raises(ToolError, match="scanner could not be installed") as caught:
        Installer(locked, console, take_release=full, machine="x86_64").install(["scanner"])
    assert "No space left on device" in caught.value.why
    assert caught.value.remedy == (
        f"make room and write access in {locked.folder}, or name another cache: LOCKAGE_CACHE"
    )
    assert files_below(locked.folder) == []


def test_an_unreadable_record_is_replaced(locked: Locked, console: Console) -> None:
    locked.home("scanner").mkdir(parents=True)
    (locked.home("scanner") / "tool.json").write_text("{")
    [tool] = Installer(locked, console, take_release=Releases(), machine="x86_64").install(["scanner"])
    assert tool.path.read_bytes() == PROGRAM


@pytest.mark.parametrize("harm", [Path.unlink, lambda program: program.write_bytes(b"other bytes")])
def test_a_program_that_is_gone_or_changed_is_made_again(
    lock: ToolsLock, tmp_path: Path, console: Console, harm: Callable[[Path], object]
) -> None:
    releases = Releases()

    def install() -> Tool:
        locked = Locked(lock, tmp_path / "cache")
        [tool] = Installer(locked, console, take_release=releases, machine="x86_64").install(["scanner"])
        return tool

    harm(install().path)
    assert install().path.read_bytes() == PROGRAM
    assert releases.taken == 2
    assert [record.state for record in console.records] == ["done", "done"]


def test_ctrl_c_stops_a_program_that_another_thread_waits_for() -> None:
    failures: list[ToolError] = []
    started = threading.Event()

    def wait() -> None:
        started.set()
        try:
            process.run(["sleep", "600"])
        except ToolError as error:
            failures.append(error)

    thread = threading.Thread(target=wait)
    thread.start()
    started.wait()
    while thread.is_alive():
        process.interrupt_all()
        thread.join(0.01)
    assert failures[0].what == "sleep failed with exit code -2"
