"""Everything a project needs in AWS, as one pure table.

Terraform makes the same for real, and a test compares the two; the rehearsal provisions its embedded AWS from this.
"""

from collections.abc import Iterator
from typing import TypedDict

from lockage.config.schema import Project, Trigger
from lockage.config.schema import Queue as DeclaredQueue
from lockage.rehearsal import principals, rights
from lockage.rehearsal.arns import Arns, bucket
from lockage.rehearsal.kinds import (
    EventSource,
    FunctionShell,
    FunctionUrl,
    IdentityProvider,
    LogGroup,
    Parameter,
    Queue,
    Repository,
    Resource,
    Role,
    Secret,
    Store,
    Subscription,
    Table,
    Topic,
    TopicSource,
)
from lockage.rehearsal.policies import Statement

DEFAULT_BATCH = 10
"""Messages in one event, where ``lockage.yaml`` says nothing."""

QUEUE_VISIBILITY_S = 30
"""SQS's own default, for queues that no function polls."""

POLLED_VISIBILITY_FACTOR = 6
"""A polled queue hides a message for six times the function's timeout, as AWS advises
(https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html)."""

UNBUFFERED_BATCH = 10
"""The largest batch that needs no batching window (same page)."""

LOG_RETENTION_DAYS = 90


def resources(project: Project) -> tuple[Resource, ...]:
    """The whole table, in an order in which each thing only needs earlier ones."""
    return (*registry(project), *(made for name in project.environments for made in environment(project, name)))


def registry(project: Project) -> tuple[Resource, ...]:
    """What the registry's account holds for all environments: images, releases, and who writes them."""
    arns = rights.registry_arns(project)
    repositories = (image.repository for image in project.images.values() if image.repository is not None)
    pulled = tuple(statement for name in project.environments for statement in principals.pulled_by(project, name))
    store = project.registry.store
    job = principals.trusted_by_job(project, arns, "publish")
    return (
        *(Repository(**_at(arns), name=name, arn=arns.repository(name), policy=pulled) for name in repositories),
        Store(**_at(arns), name=store, arn=bucket(store), policy=principals.store(project)),
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
        policy=principals.fed_by(arns.topic(subscribed.topic), arns.queue(name)) if subscribed else (),
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
    job = principals.trusted_by_job
    yield _role(arns, "deployer", job(project, arns, name), rights.deployer(project, name))
    yield _role(arns, "rollback", job(project, arns, f"{name}-rollback"), rights.rollback(project, name))
    checkers = (*job(project, arns, f"{name}-e2e"), *principals.trusted_by_roles(arns.role("deployer")))
    yield _role(arns, "e2e", checkers, rights.checks(project, name))
    store = rights.registry_arns(project)
    chained = principals.trusted_by_roles(arns.role("deployer"), arns.role("rollback"))
    yield _role(store, f"releases-{name}", chained, rights.releases(project, name))


def _function(project: Project, place: str, name: str, arns: Arns) -> Iterator[Resource]:
    """A function's role, log, shell, and what calls it: always the alias, never ``$LATEST``."""
    declared, alias = project.functions[name], project.environments[place].alias
    own = arns.named(name)
    yield _role(arns, name, principals.trusted_by_lambda(), rights.function(project, place, name))
    yield LogGroup(**_at(arns), name=f"/aws/lambda/{own}", retention_days=LOG_RETENTION_DAYS)
    yield _shell(project, name, arns, alias)
    if declared.trigger is not None:
        yield _trigger(declared.trigger, own, arns, alias)
    if declared.url:
        yield FunctionUrl(**_at(arns), name=f"{own}:{alias}", function=own, alias=alias)


def _shell(project: Project, name: str, arns: Arns, alias: str) -> FunctionShell:
    declared = project.functions[name]
    image, archive = project.images.get(declared.image or ""), project.zips.get(declared.zip or "")
    platform = image.platform if image else archive.platform if archive else ""
    repository = rights.registry_arns(project).repository_uri(image.repository or "") if image else ""
    return FunctionShell(
        **_at(arns),
        name=arns.named(name),
        arn=arns.function(name),
        role=arns.role(name),
        alias=alias,
        architecture="arm64" if platform == "linux/arm64" else "x86_64",
        package="image" if image else "zip",
        repository_uri=repository,
        runtime=archive.runtime if archive else "",
    )


def _trigger(declared: Trigger, own: str, arns: Arns, alias: str) -> EventSource | TopicSource:
    if declared.topic is not None:
        topic = arns.topic(declared.topic)
        return TopicSource(**_at(arns), name=f"{own}:{alias}", topic=topic, function=own, alias=alias)
    batch = declared.batch or DEFAULT_BATCH
    return EventSource(
        **_at(arns),
        name=f"{own}:{alias}",
        queue=arns.queue(declared.queue or ""),
        function=own,
        alias=alias,
        batch=batch,
        window_s=0 if batch <= UNBUFFERED_BATCH else 1,
    )


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
            **_at(arns),
            name=principals.ISSUER,
            arn=arns.github,
            url=f"https://{principals.ISSUER}",
            audience=principals.AUDIENCE,
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
