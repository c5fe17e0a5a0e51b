from pathlib import Path

import pytest

from lockage.tools.cache import cache_dir


def test_its_own_variable_comes_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOCKAGE_CACHE", "/tmp/own")
    monkeypatch.setenv("XDG_CACHE_HOME", "/tmp/shared")
    assert cache_dir() == Path("/tmp/own")


def test_then_the_shared_convention(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", "/tmp/shared")
    assert cache_dir() == Path("/tmp/shared/lockage")


def test_then_the_home_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    monkeypatch.setenv("HOME", "/tmp/someone")
    assert cache_dir() == Path("/tmp/someone/.cache/lockage")
