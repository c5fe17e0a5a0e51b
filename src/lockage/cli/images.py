"""Which images a verb is about."""

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
