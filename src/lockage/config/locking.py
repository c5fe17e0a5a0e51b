"""How a lock is made: the one command, whoever has to name it."""

from pathlib import PurePosixPath

_COMMAND = "uv pip compile --universal --generate-hashes --no-emit-index-url"


def asked_path(lock: str) -> str:
    """Where the requirements stand that a lock is made from."""
    return str(PurePosixPath(lock).with_suffix(".in"))


def command(lock: str) -> str:
    """What makes a lock of the requirements beside it, run in its folder."""
    return f"{_COMMAND} --output-file {PurePosixPath(lock).name} {PurePosixPath(asked_path(lock)).name}"


def in_its_folder(lock: str, made_by: str) -> str:
    """A command as it is typed in the project's folder, where it names the lock as its own folder does."""
    path = PurePosixPath(lock)
    beside = path.name != lock and f"--output-file {path.name} " in f"{made_by} "
    return f"cd {path.parent} && {made_by}" if beside else made_by
