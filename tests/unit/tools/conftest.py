"""A tools lock of one's own, and where its tools come from."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from fakes.tools import PROGRAM, FakeGo, MakeGo, Publisher, archive, sha256

from lockage.tools.lock import Pin, Release, ToolsLock


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


@pytest.fixture
def publisher() -> Iterator[Publisher]:
    publisher = Publisher()
    yield publisher
    publisher.close()


@pytest.fixture
def release(publisher: Publisher) -> Release:
    asset = archive(LICENSE=b"free", scanner=PROGRAM)
    url = publisher.publish("/scanner.tar.gz", asset)
    return Release(url=url, sha256=sha256(asset), member="scanner", program_sha256=sha256(PROGRAM))


@pytest.fixture
def make_go(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> MakeGo:
    def make(*, version: str = "go1.26.8", fails: str = "") -> FakeGo:
        go = FakeGo(tmp_path / "go-bin", version=version, fails=fails)
        monkeypatch.setenv("PATH", f"{go.folder}:/usr/bin:/bin")
        return go

    return make


@pytest.fixture
def lock(tmp_path: Path, release: Release) -> ToolsLock:
    """``scanner`` with a release, ``pusher`` without."""
    folder = tmp_path / "lock"
    pins = {
        "scanner": Pin(
            version="1.2.3",
            package="example.com/scanner/cmd",
            linker="-X main.version={version}",
            environment={"SPECIAL": "yes"},
            release=release,
        ),
        "pusher": Pin(version="0.9.0", package="example.com/pusher"),
    }
    for name in pins:
        (folder / name).mkdir(parents=True)
        (folder / name / "go.mod").write_text(f"module tools/{name}\n")
        (folder / name / "go.sum").write_text("")
    return ToolsLock(folder=folder, pins=pins)
