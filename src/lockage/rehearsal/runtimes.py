"""Which image on this machine a zip's runtime is: the pinned one, or the one that takes its place."""

from lockage.config.schema import Local, Project
from lockage.errors import UsageError

_IN_ENGINE = "docker-image://"


def images(project: Project, local: Local) -> dict[str, str]:
    """Lambda's name of each runtime → what the Docker engine runs for it.

    One that the engine does not have is pulled, by its digest.

    Raises:
        UsageError: what takes an image's place is not in the engine.
    """
    return {name: _image(pinned, local.mirrors.bases.get(pinned, "")) for name, pinned in project.runtimes.items()}


def _image(pinned: str, mirror: str) -> str:
    if not mirror:
        return _without_tag(pinned)
    if not mirror.startswith(_IN_ENGINE):
        raise UsageError(
            f"functions cannot run in {mirror}",
            why=f"it takes the place of {pinned}, and the embedded AWS runs zips in images that the Docker engine has",
            remedy=f"load it into the engine (docker load), and name it as {_IN_ENGINE}NAME in the local configuration",
        )
    return mirror.removeprefix(_IN_ENGINE)


def _without_tag(pinned: str) -> str:
    """``host:1/name:tag@digest`` → ``host:1/name@digest``: the digest says all, and the engine takes one of the two."""
    name, _, digest = pinned.partition("@")
    folder, slash, last = name.rpartition("/")
    return f"{folder}{slash}{last.partition(':')[0]}@{digest}"
