"""The environments that verbs take by name."""

from lockage.config.schema import Environment, Project
from lockage.errors import UsageError


def declared(project: Project, name: str) -> Environment:
    """What ``lockage.yaml`` says of an environment.

    Raises:
        UsageError: it names no such environment.
    """
    if name not in project.environments:
        raise UsageError(
            f"there is no environment {name}",
            why=f"lockage.yaml declares {', '.join(project.environments)}",
            remedy="name one of them: --env NAME",
        )
    return project.environments[name]
