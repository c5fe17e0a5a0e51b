"""Mistakes that only the whole of ``lockage.yaml`` shows: names that lead nowhere, rights that could not work."""

import re
from collections.abc import Iterable, Mapping

from lockage.config import indexes, packaging
from lockage.config.document import Document, Place
from lockage.config.mistakes import nearest
from lockage.config.schema import Function, Grant, Project

SERVICES: Mapping[str, str] = {"table": "dynamodb", "topic": "sns", "queue": "sqs", "secret": "secretsmanager"}
"""The IAM service prefix of each kind of resource."""

POLLING = ("sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes")
"""What Lambda needs of a function's role to poll a queue on its behalf
(https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html)."""

PIPELINE_ROLES = ("publisher", "deployer", "rollback", "e2e")
"""Roles that every project has; so is ``releases-<environment>``."""

RESERVED_VARIABLES = frozenset(
    {
        "AWS_ACCESS_KEY",
        "AWS_ACCESS_KEY_ID",
        "AWS_DEFAULT_REGION",
        "AWS_EXECUTION_ENV",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE",
        "AWS_LAMBDA_FUNCTION_NAME",
        "AWS_LAMBDA_FUNCTION_VERSION",
        "AWS_LAMBDA_INITIALIZATION_TYPE",
        "AWS_LAMBDA_LOG_GROUP_NAME",
        "AWS_LAMBDA_LOG_STREAM_NAME",
        "AWS_LAMBDA_RUNTIME_API",
        "AWS_REGION",
        "AWS_SECRET_ACCESS_KEY",
        "AWS_SESSION_TOKEN",
        "LAMBDA_RUNTIME_DIR",
        "LAMBDA_TASK_ROOT",
    }
)
"""Lambda sets these itself and refuses them in a configuration
(https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html)."""

LARGEST_ENVIRONMENT = 4096
"""Bytes that a function's variables may have in all
(https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html)."""

_OTHER_PARTITIONS = re.compile(r"(cn|us-gov|us-iso[a-z]*|eu-isoe)-")
"""How Regions begin whose ARNs do not begin ``arn:aws:``, as botocore's own partition data has them."""

REFERENCE = re.compile(r"\$\{([^}]*)\}?")
"""A symbolic reference in an environment value; a closing brace may be forgotten."""


def check(project: Project, document: Document) -> None:
    """Record every mistake of meaning."""
    packaging.check(project, document)
    indexes.check(project, document)
    known = _references(project)
    for name, function in project.functions.items():
        place = ("functions", name)
        if name in PIPELINE_ROLES or name.startswith("releases-"):
            document.mistake(place, f"{name!r} is the name of a role of the pipeline; a function's role needs another")
        _environment(document, place, function, known)
        _grants(document, (*place, "grants"), function.grants, known)
        _trigger(document, place, function, project)
    _grants(document, ("checks", "grants"), project.checks.grants, known)
    _queues(document, project)
    _environments(document, project)
    _repositories(document, project)


def _references(project: Project) -> tuple[str, ...]:
    resources = project.resources
    kinds: dict[str, Iterable[str]] = {
        "table": resources.tables,
        "topic": resources.topics,
        "queue": resources.queues,
        "secret": resources.secrets,
    }
    return tuple(f"{kind}.{name}" for kind, names in kinds.items() for name in names)


def _environment(document: Document, place: Place, function: Function, known: tuple[str, ...]) -> None:
    valid = [f"${{{reference}}}" for reference in known]
    for key, value in function.environment.items():
        if key in RESERVED_VARIABLES:
            document.mistake((*place, "environment", key), "is Lambda's own to set; choose another name")
        for match in REFERENCE.finditer(value):
            if match.group() not in valid:
                problem = f"{match.group()!r} refers to nothing declared under resources"
                document.mistake((*place, "environment", key), problem, nearest=nearest(match.group(), valid))
    # What references stand for is known in an environment only, so this is the least that it will be.
    least = sum(len((key + REFERENCE.sub("", value)).encode()) for key, value in function.environment.items())
    if least > LARGEST_ENVIRONMENT:
        problem = f"has {least} bytes without what its references stand for; Lambda takes {LARGEST_ENVIRONMENT} in all"
        document.mistake((*place, "environment"), problem)


def _grants(document: Document, place: Place, grants: tuple[Grant, ...], known: tuple[str, ...]) -> None:
    granted: set[str] = set()
    for index, grant in enumerate(grants):
        here = (*place, index)
        if grant.to not in known:
            document.mistake((*here, "to"), f"there is no resource {grant.to!r}", nearest=nearest(grant.to, known))
        if grant.to in granted:
            document.mistake((*here, "to"), f"{grant.to!r} is granted twice; write one grant with all its actions")
        granted.add(grant.to)
        service = SERVICES.get(grant.to.partition(".")[0], "")
        for number, action in enumerate(grant.actions):
            spot = (*here, "actions", number)
            if action in grant.actions[:number]:
                document.mistake(spot, f"{action!r} is here twice")
            if service and not action.startswith(f"{service}:"):
                document.mistake(spot, f"{action!r} never applies to {grant.to!r}, whose actions begin {service}:")


def _trigger(document: Document, place: Place, function: Function, project: Project) -> None:
    trigger, here = function.trigger, (*place, "trigger")
    if trigger is None:
        return
    if (trigger.queue is None) == (trigger.topic is None):
        problem = "has neither queue nor topic" if trigger.queue is None else "has both queue and topic"
        document.mistake(here, f"{problem}; a function has one of them as its trigger")
    elif trigger.topic is not None:
        _named(document, (*here, "topic"), "topic", trigger.topic, project.resources.topics)
        if trigger.batch is not None:
            document.mistake((*here, "batch"), "is for queues; a topic sends each message in an event of its own")
    elif trigger.queue is not None:
        _named(document, (*here, "queue"), "queue", trigger.queue, project.resources.queues)
        _polling(document, here, function, trigger.queue)


def _polling(document: Document, place: Place, function: Function, queue: str) -> None:
    held = {action for grant in function.grants if grant.to == f"queue.{queue}" for action in grant.actions}
    missing = [action for action in POLLING if action not in held]
    if missing:
        document.mistake(place, f"polling queue {queue!r} needs a grant of {', '.join(missing)}")


def _queues(document: Document, project: Project) -> None:
    queues = project.resources.queues
    for name, queue in queues.items():
        if name.removesuffix("-dead") in queues.keys() - {name}:
            document.mistake(("resources", "queues", name), "is the name of the other queue's dead-letter queue")
        if queue.subscribe is not None:
            place = ("resources", "queues", name, "subscribe", "topic")
            _named(document, place, "topic", queue.subscribe.topic, project.resources.topics)


def _named(document: Document, place: Place, kind: str, name: str, valid: Iterable[str]) -> None:
    names = list(valid)
    if name not in names:
        document.mistake(place, f"there is no {kind} {name!r}", nearest=nearest(name, names))


def _environments(document: Document, project: Project) -> None:
    if _OTHER_PARTITIONS.match(project.registry.region):
        problem = "is in another partition of AWS than the ARNs that are written here, which begin arn:aws:"
        document.mistake(("registry", "region"), problem)
    seen: dict[str, str] = {}
    for name, environment in project.environments.items():
        place = ("environments", name)
        if environment.account in seen:
            other = seen[environment.account]
            problem = (
                f"shares its account with {other!r}; role names are equal in all environments, so each needs its own"
            )
            document.mistake((*place, "account"), problem)
        seen.setdefault(environment.account, name)
        if environment.region != project.registry.region:
            problem = (
                f"is not the registry's, {project.registry.region!r}; Lambda pulls images from its own Region only"
            )
            document.mistake((*place, "region"), problem)
        if environment.after is None:
            continue
        if environment.after not in project.environments:
            near = nearest(environment.after, project.environments.keys() - {name})
            document.mistake((*place, "after"), f"there is no environment {environment.after!r}", nearest=near)
        elif _returns(name, project):
            document.mistake((*place, "after"), f"{name!r} comes after itself: no release could ever reach it")


def _returns(name: str, project: Project) -> bool:
    """Whether following ``after`` from an environment comes back to it."""
    visited: set[str] = set()
    here = project.environments[name].after
    while here is not None and here in project.environments and here not in visited:
        if here == name:
            return True
        visited.add(here)
        here = project.environments[here].after
    return False


def _repositories(document: Document, project: Project) -> None:
    seen: dict[str, str] = {}
    for name, image in project.images.items():
        if image.repository is None:
            continue
        if image.repository in seen:
            other = seen[image.repository]
            document.mistake(("images", name, "repository"), f"is the repository of image {other!r} too")
        seen.setdefault(image.repository, name)
