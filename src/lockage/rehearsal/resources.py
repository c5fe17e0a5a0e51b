"""Everything a project needs in AWS, as one pure table.

Terraform makes the same for real, and a test compares the two; the rehearsal provisions its embedded AWS from this.
"""

from collections.abc import Iterator, Mapping
from typing import TypedDict

import msgspec

from lockage.config.schema import Project
from lockage.config.schema import Queue as DeclaredQueue
from lockage.rehearsal import rights
from lockage.rehearsal.arns import Arns, bucket
from lockage.rehearsal.policies import Statement

QUEUE_VISIBILITY_S = 30
"""SQS's own default, for queues that no function polls."""

POLLED_VISIBILITY_FACTOR = 6
"""A polled queue hides a message for six times the function's timeout, as AWS advises
(https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html)."""

UNBUFFERED_BATCH = 10
"""The largest batch that needs no batching window (same page)."""

LOG_RETENTION_DAYS = 90


class Resource(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind"):
    """One thing in one account and Region."""

    account: str
    region: str
    name: str


class Repository(Resource, frozen=True, kw_only=True, tag="repository"):
    """An ECR repository; its tags are immutable."""

    arn: str
    policy: tuple[Statement, ...]


class Store(Resource, frozen=True, kw_only=True, tag="store"):
    """The release store: an S3 bucket, versioned, encrypted, never public."""

    arn: str
    policy: tuple[Statement, ...]


class Table(Resource, frozen=True, kw_only=True, tag="table"):
    """A DynamoDB table with one string key, billed on demand."""

    arn: str
    key: str


class Topic(Resource, frozen=True, kw_only=True, tag="topic"):
    """An SNS topic."""

    arn: str


class Queue(Resource, frozen=True, kw_only=True, tag="queue"):
    """An SQS queue."""

    arn: str
    visibility_s: int
    dead_letter: str = ""
    """ARN of the queue that takes what failed ``receives`` times; empty for a dead-letter queue itself."""
    receives: int = 0
    policy: tuple[Statement, ...] = ()


class Subscription(Resource, frozen=True, kw_only=True, tag="subscription"):
    """A queue's subscription: filtered by message attributes, delivered raw (the body is the published message)."""

    topic: str
    queue: str
    filter: Mapping[str, tuple[str, ...]]


class Secret(Resource, frozen=True, kw_only=True, tag="secret"):
    """A secret without a value; people set it."""


class IdentityProvider(Resource, frozen=True, kw_only=True, tag="identity-provider"):
    """GitHub's tokens are believed in this account."""

    arn: str
    url: str
    audience: str


class Role(Resource, frozen=True, kw_only=True, tag="role"):
    """An IAM role: whom it trusts and what it may do."""

    arn: str
    trust: tuple[Statement, ...]
    statements: tuple[Statement, ...]


class LogGroup(Resource, frozen=True, kw_only=True, tag="log-group"):
    """Where a function's log goes."""

    retention_days: int


class FunctionShell(Resource, frozen=True, kw_only=True, tag="function"):
    """Terraform's half of a function: made with a seed image, published once, its alias on that first version."""

    arn: str
    role: str
    alias: str
    architecture: str
    """``x86_64`` or ``arm64``."""
    repository_uri: str
    """Without tag or digest; the seed image is in it or beside it."""


class EventSource(Resource, frozen=True, kw_only=True, tag="event-source"):
    """A mapping from a queue to a function's alias; the function answers which messages of a batch failed."""

    queue: str
    function: str
    alias: str
    batch: int
    window_s: int


class FunctionUrl(Resource, frozen=True, kw_only=True, tag="url"):
    """A URL of a function's alias, open to callers: the function authenticates them itself.

    Two permissions on the alias let callers in: ``lambda:InvokeFunctionUrl`` and, for calls that came by the URL only,
    ``lambda:InvokeFunction`` (https://docs.aws.amazon.com/lambda/latest/dg/urls-auth.html).
    """

    function: str
    alias: str


class Parameter(Resource, frozen=True, kw_only=True, tag="parameter"):
    """An SSM parameter that tells the rollout what a symbolic reference stands for."""

    of: str
    """``table``, ``topic``, ``queue``, ``secret`` or ``url``."""
    target: str
    """The name in AWS of the resource; for a URL, of the function."""
    value: str
    """Empty where only AWS knows it: a queue's URL, a secret's ARN, a function's URL."""


def resources(project: Project) -> tuple[Resource, ...]:
    """The whole table, in an order in which each thing only needs earlier ones."""
    return (*registry(project), *(made for name in project.environments for made in environment(project, name)))


def registry(project: Project) -> tuple[Resource, ...]:
    """What the registry's account holds for all environments: images, releases, and who writes them."""
    arns = rights.registry_arns(project)
    repositories = (image.repository for image in project.images.values() if image.repository is not None)
    pulled = tuple(statement for name in project.environments for statement in rights.pulled_by(project, name))
    store = project.registry.store
    job = rights.trusted_by_job(project, arns, "publish")
    return (
        *(Repository(**_at(arns), name=name, arn=arns.repository(name), policy=pulled) for name in repositories),
        Store(**_at(arns), name=store, arn=bucket(store), policy=rights.only_by_tls(store)),
        *_identity_provider(project, arns),
        _role(arns, "publisher", job, rights.publisher(project)),
    )


def environment(project: Project, name: str) -> tuple[Resource, ...]:
    """What one environment holds, and its way into the release store."""
    arns = rights.environment_arns(project, name)
    return (
        *_messaging(project, arns),
        *_provider_unless_registry_has_it(project, arns),
        *_pipeline_roles(project, name, arns),
        *(made for function in project.functions for made in _function(project, name, function, arns)),
        *_parameters(project, arns),
    )


def _messaging(project: Project, arns: Arns) -> Iterator[Resource]:
    """Tables, topics, queues with what feeds them, secrets."""
    declared = project.resources
    for name, table in declared.tables.items():
        yield Table(**_at(arns), name=arns.named(name), arn=arns.table(name), key=table.key)
    for name in declared.topics:
        yield Topic(**_at(arns), name=arns.named(name), arn=arns.topic(name))
    for name, queue in declared.queues.items():
        yield from _queue(project, arns, name, queue)
    for name in declared.secrets:
        yield Secret(**_at(arns), name=arns.named(name))


def _queue(project: Project, arns: Arns, name: str, queue: DeclaredQueue) -> Iterator[Resource]:
    """The dead-letter queue first, then the queue, then its subscription."""
    dead, polled = f"{name}-dead", [f for f in project.functions.values() if f.trigger and f.trigger.queue == name]
    yield Queue(**_at(arns), name=arns.named(dead), arn=arns.queue(dead), visibility_s=QUEUE_VISIBILITY_S)
    subscribed = queue.subscribe
    yield Queue(
        **_at(arns),
        name=arns.named(name),
        arn=arns.queue(name),
        visibility_s=max((POLLED_VISIBILITY_FACTOR * f.timeout_s for f in polled), default=QUEUE_VISIBILITY_S),
        dead_letter=arns.queue(dead),
        receives=queue.receives,
        policy=rights.fed_by(arns.topic(subscribed.topic), arns.queue(name)) if subscribed else (),
    )
    if subscribed:
        yield Subscription(
            **_at(arns),
            name=arns.named(name),
            topic=arns.topic(subscribed.topic),
            queue=arns.queue(name),
            filter=subscribed.filter,
        )


def _pipeline_roles(project: Project, name: str, arns: Arns) -> Iterator[Resource]:
    """The roles of an environment's jobs, and the one in the registry's account that they take on."""
    job = rights.trusted_by_job
    yield _role(arns, "deployer", job(project, arns, name), rights.deployer(project, name))
    yield _role(arns, "rollback", job(project, arns, f"{name}-rollback"), rights.rollback(project, name))
    checkers = (*job(project, arns, f"{name}-e2e"), *rights.trusted_by_roles(arns.role("deployer")))
    yield _role(arns, "e2e", checkers, rights.checks(project, name))
    store = rights.registry_arns(project)
    chained = rights.trusted_by_roles(arns.role("deployer"), arns.role("rollback"))
    yield _role(store, f"releases-{name}", chained, rights.releases(project, name))


def _function(project: Project, place: str, name: str, arns: Arns) -> Iterator[Resource]:
    """A function's role, log, shell, and what calls it: always the alias, never ``$LATEST``."""
    declared, alias = project.functions[name], project.environments[place].alias
    image = project.images[declared.image]
    own = arns.named(name)
    yield _role(arns, name, rights.trusted_by_lambda(), rights.function(project, place, name))
    yield LogGroup(**_at(arns), name=f"/aws/lambda/{own}", retention_days=LOG_RETENTION_DAYS)
    yield FunctionShell(
        **_at(arns),
        name=own,
        arn=arns.function(name),
        role=arns.role(name),
        alias=alias,
        architecture="arm64" if image.platform == "linux/arm64" else "x86_64",
        repository_uri=rights.registry_arns(project).repository_uri(image.repository or ""),
    )
    if declared.trigger is not None:
        yield EventSource(
            **_at(arns),
            name=f"{own}:{alias}",
            queue=arns.queue(declared.trigger.queue),
            function=own,
            alias=alias,
            batch=declared.trigger.batch,
            window_s=0 if declared.trigger.batch <= UNBUFFERED_BATCH else 1,
        )
    if declared.url:
        yield FunctionUrl(**_at(arns), name=f"{own}:{alias}", function=own, alias=alias)


def _parameters(project: Project, arns: Arns) -> Iterator[Parameter]:
    """One for each symbolic reference, and one for each URL."""
    urls = (f"url.{name}" for name, declared in project.functions.items() if declared.url)
    for reference in (*rights.references(project), *urls):
        kind, _, name = reference.partition(".")
        known = {"table": arns.named(name), "topic": arns.topic(name)}
        path = f"/{project.project}/{kind}/{name}"
        yield Parameter(**_at(arns), name=path, of=kind, target=arns.named(name), value=known.get(kind, ""))


def _identity_provider(project: Project, arns: Arns) -> tuple[IdentityProvider, ...]:
    """None for a project that does not say whose jobs to believe."""
    if project.github is None:
        return ()
    return (
        IdentityProvider(
            **_at(arns), name=rights.ISSUER, arn=arns.github, url=f"https://{rights.ISSUER}", audience=rights.AUDIENCE
        ),
    )


def _provider_unless_registry_has_it(project: Project, arns: Arns) -> tuple[IdentityProvider, ...]:
    """An account has one provider an issuer."""
    return () if arns.account == project.registry.account else _identity_provider(project, arns)


def _role(arns: Arns, name: str, trust: tuple[Statement, ...], statements: tuple[Statement, ...]) -> Role:
    return Role(**_at(arns), name=arns.named(name), arn=arns.role(name), trust=trust, statements=statements)


class _Place(TypedDict):
    account: str
    region: str


def _at(arns: Arns) -> _Place:
    return {"account": arns.account, "region": arns.region}
