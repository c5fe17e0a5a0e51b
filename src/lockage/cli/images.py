"""Which artifacts a verb is about, and the files that govern it."""

from pathlib import Path

from lockage.errors import UsageError


def chosen(names: tuple[str, ...], built: tuple[str, ...]) -> tuple[str, ...]:
    """The artifacts that are meant: those named, else all.

    Raises:
        UsageError: a name of none of them.
    """
    unknown = [name for name in names if name not in built]
    if unknown:
        raise UsageError(
            f"no artifact called {', '.join(unknown)} can be taken here",
            why=f"of what lockage.yaml names, these can: {', '.join(built)}",
            remedy="give some of these names, or none for all of them",
        )
    return names or built


def needed(path: Path) -> Path:
    """A file of the project without which nothing can be said of an artifact.

    Raises:
        UsageError: it is not there.
    """
    if not path.is_file():
        raise UsageError(
            f"{path} does not exist",
            why="it governs how artifacts are described or scanned; without it something could be left out unseen",
            remedy="restore it from version control",
        )
    return path
