"""Which function a verb is about."""

import difflib

from lockage.config.schema import Project
from lockage.errors import UsageError


def hold_known(name: str, project: Project) -> None:
    """Refuse a name that is no function's.

    Raises:
        UsageError: it is none; the nearest one is named.
    """
    if name not in project.functions:
        near = difflib.get_close_matches(name, project.functions, n=1)
        raise UsageError(
            f"no function is called {name!r}",
            why=f"lockage.yaml names {', '.join(project.functions)}",
            remedy=f"did you mean {near[0]!r}?" if near else "give one of these names",
        )
