"""Which images a verb is about, and the files that govern it."""

from pathlib import Path

from lockage.errors import UsageError


def chosen(names: tuple[str, ...], images: tuple[str, ...]) -> tuple[str, ...]:
    """The images that are meant: those named, else all.

    Raises:
        UsageError: a name is no image's.
    """
    unknown = [name for name in names if name not in images]
    if unknown:
        raise UsageError(
            f"there is no image called {', '.join(unknown)}",
            why=f"lockage.yaml names {', '.join(images)}",
            remedy="give names of images, or none for all of them",
        )
    return names or images


def needed(path: Path) -> Path:
    """A file of the project without which nothing can be said of an image.

    Raises:
        UsageError: it is not there.
    """
    if not path.is_file():
        raise UsageError(
            f"{path} does not exist",
            why="it governs how images are described or scanned; without it something could be left out unseen",
            remedy="restore it from version control",
        )
    return path
