import os
from pathlib import Path

import pytest

from lockage.tools.cache import CacheOpen, cache_dir


def test_its_own_variable_comes_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOCKAGE_CACHE", str(tmp_path / "own"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "shared"))
    assert cache_dir() == tmp_path / "own"


def test_then_the_shared_convention(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "shared"))
    assert cache_dir() == tmp_path / "shared/lockage"


def test_then_the_home_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    monkeypatch.setenv("HOME", str(tmp_path / "someone"))
    assert cache_dir() == tmp_path / "someone/.cache/lockage"


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("LOCKAGE_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


def test_it_is_made_for_this_user_alone_whatever_the_umask(cache: Path) -> None:
    usual = os.umask(0o002)
    try:
        cache_dir()
        (cache / "tools").mkdir()
    finally:
        os.umask(usual)
    assert cache.stat().st_mode & 0o777 == 0o700
    assert cache_dir() == cache, "others cannot come to the folders in it, whatever their modes"


@pytest.mark.parametrize("mode", [0o775, 0o757, 0o777])
def test_a_cache_that_others_can_write_to_is_refused(cache: Path, mode: int) -> None:
    cache.mkdir()
    cache.chmod(mode)
    with pytest.raises(CacheOpen) as caught:
        cache_dir()
    assert caught.value.render() == (
        f"error: others can write to the cache {cache}\n"
        f"  why:  its mode is {mode:o}: what is in it could be anything\n"
        f"  next: delete it if that is not your doing, else: chmod -R go-w {cache}"
    )


def test_so_is_a_folder_in_it_that_others_can_come_to(cache: Path) -> None:
    (cache / "tools").mkdir(parents=True)
    cache.chmod(0o755)
    (cache / "tools").chmod(0o777)
    with pytest.raises(CacheOpen, match=r"others can write to the cache .*/tools"):
        cache_dir()


def test_a_cache_of_another_user_is_refused(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cache.mkdir()
    monkeypatch.setattr(os, "geteuid", lambda: 54321)
    with pytest.raises(CacheOpen) as caught:
        cache_dir()
    assert caught.value.what == f"the cache {cache} belongs to another user"
    assert "LOCKAGE_CACHE" in caught.value.remedy


def test_where_it_cannot_be_made_only_who_needs_it_fails(cache: Path) -> None:
    cache.write_text("no folder\n")
    assert cache_dir() == cache
