"""Where a path leads in the function's file system, symbolic links followed as the kernel does; pure."""

from collections.abc import Mapping

_MOST_LINKS = 40  # as Linux counts before it says ELOOP


class LinkLoop(Exception):  # noqa: N818 - what is found, for the caller to name
    """A path leads round in a circle."""


def follow(path: str, links: Mapping[str, str]) -> str:
    """The path behind all symbolic links; it need not exist.

    Args:
        path: absolute.
        links: absolute path of each link to what is written in it.

    Raises:
        LinkLoop: more links than the kernel follows.
    """
    rest, at, followed = _parts(path), "", 0
    while rest:
        part = rest.pop()
        if part == "..":
            at = at.rpartition("/")[0]
            continue
        written = links.get(f"{at}/{part}")
        if written is None:
            at = f"{at}/{part}"
            continue
        followed += 1
        if followed > _MOST_LINKS:
            raise LinkLoop(path)
        at = "" if written.startswith("/") else at
        rest += _parts(written)
    return at or "/"


def within(path: str, folders: tuple[str, ...]) -> bool:
    """Whether a path without links lies in one of the folders, or is one."""
    return any(path == folder or path.startswith(f"{folder.rstrip('/')}/") for folder in folders)


def _parts(path: str) -> list[str]:
    """Components, the first one last."""
    return [part for part in reversed(path.split("/")) if part not in ("", ".")]
