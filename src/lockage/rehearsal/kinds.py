"""The kinds of things that a project needs in AWS, as values: what Terraform and a rehearsal make alike."""

from collections.abc import Mapping
from typing import Literal

import msgspec

from lockage.rehearsal.policies import Statement


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
    """Terraform's half of a function: made with a seed, published once, its alias on that first version.

    The seed of an image is any image; a zip's is an archive that says that there is no release yet, and needs a
    runtime and a handler to be made with, which are the pipeline's from then on.
    """

    arn: str
    role: str
    alias: str
    architecture: str
    """``x86_64`` or ``arm64``."""
    package: Literal["image", "zip"]
    """Lambda never changes it."""
    repository_uri: str = ""
    """Of an image, without tag or digest; the seed image is in it or beside it."""
    runtime: str = ""
    """Of a zip, such as ``python3.13``."""


class EventSource(Resource, frozen=True, kw_only=True, tag="event-source"):
    """A mapping from a queue to a function's alias; the function answers which messages of a batch failed."""

    queue: str
    function: str
    alias: str
    batch: int
    window_s: int


class TopicSource(Resource, frozen=True, kw_only=True, tag="topic-source"):
    """A topic's subscription to a function's alias, and the permission on the alias that lets this topic call it."""

    topic: str
    function: str
    alias: str


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
