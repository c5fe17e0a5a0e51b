"""Where what is fetched or built once per user is kept."""

import os
from pathlib import Path


def cache_dir() -> Path:
    """The per-user cache: ``$LOCKAGE_CACHE``, else ``$XDG_CACHE_HOME/lockage``, else ``~/.cache/lockage``.

    It need not exist. Everything in it can be deleted at any time and is made again when needed.
    """
    if own := os.environ.get("LOCKAGE_CACHE"):
        return Path(own)
    if shared := os.environ.get("XDG_CACHE_HOME"):
        return Path(shared) / "lockage"
    return Path.home() / ".cache" / "lockage"
