"""Where what is fetched or built once per user is kept."""

import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from lockage.errors import UsageError

_OTHERS_WRITE, _OTHERS_ENTER = 0o022, 0o011


class CacheOpen(UsageError):  # noqa: N818 - what is the matter
    """Others can put programs and wheels into the cache, which images and verdicts would then be made with."""


def cache_dir() -> Path:
    """The per-user cache: ``$LOCKAGE_CACHE``, else ``$XDG_CACHE_HOME/lockage``, else ``~/.cache/lockage``.

    It is made for this user alone if it is not there; if it cannot be, whoever needs it will say so. Everything in it
    can be deleted at any time and is made again when needed.

    Raises:
        CacheOpen: it belongs to another user, or others can write to it.
    """
    cache = _named()
    with suppress(OSError):
        cache.mkdir(mode=0o700, parents=True)
    for folder in _reachable(cache):
        _hold_own(folder, cache)
    return cache


def _named() -> Path:
    if own := os.environ.get("LOCKAGE_CACHE"):
        return Path(own)
    if shared := os.environ.get("XDG_CACHE_HOME"):
        return Path(shared) / "lockage"
    return Path.home() / ".cache" / "lockage"


def _reachable(cache: Path) -> Iterator[Path]:
    """The cache and, if others can enter it, its folders."""
    if not cache.is_dir():
        return
    yield cache
    if cache.stat().st_mode & _OTHERS_ENTER:
        yield from (folder for folder in cache.iterdir() if folder.is_dir())


def _hold_own(folder: Path, cache: Path) -> None:
    about = folder.stat()
    if about.st_uid != os.geteuid():
        raise CacheOpen(
            f"the cache {folder} belongs to another user",
            why=f"its owner is the user {about.st_uid}, this is {os.geteuid()}: what is in it could be anything",
            remedy="name a folder of your own: LOCKAGE_CACHE",
        )
    if about.st_mode & _OTHERS_WRITE:
        raise CacheOpen(
            f"others can write to the cache {folder}",
            why=f"its mode is {about.st_mode & 0o777:o}: what is in it could be anything",
            remedy=f"delete it if that is not your doing, else: chmod -R go-w {cache}",
        )
