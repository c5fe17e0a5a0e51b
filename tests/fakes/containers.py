"""What a process has started in the Docker engine; others work there too."""

import os

from lockage.tools.process import run


def started_by(process: int | None = None) -> set[str]:
    """Containers that a process is to remove, this one's by default."""
    label = f"label=lockage.invoke={os.getpid() if process is None else process}"
    return set(run(["docker", "ps", "--all", "--quiet", "--filter", label]).stdout.split())
