"""The shape of ``lockage.yaml``: frozen values, and by them the published JSON schema.

Sizes are megabytes (10^6 bytes) where named ``_mb``, times seconds where named ``_s``. Paths are relative to the file
and use ``/``. Unknown keys are mistakes.
"""

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

Name = Annotated[str, Meta(pattern=r"^[a-z][a-z0-9-]{0,30}$", description="lower case letters, digits and dashes")]
AccountId = Annotated[str, Meta(pattern=r"^[0-9]{12}$", description="12 digits, quoted")]
Reference = Annotated[str, Meta(pattern=r"^(table|topic|queue|secret)\.[a-z][a-z0-9-]{0,30}$")]
Action = Annotated[str, Meta(pattern=r"^[a-z0-9-]+:[A-Za-z]+$", description="one IAM action; no wildcard")]
RelativePath = Annotated[str, Meta(pattern=r"^[^/~][^:]*$")]


class Image(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A container image, built from one Dockerfile."""

    dockerfile: RelativePath
    requirements: RelativePath | None = None
    """A lock with hashes, as ``uv pip compile --generate-hashes`` writes it."""
    sources: tuple[RelativePath, ...] = ()
    """Folders staged into the task root, each under its own last name."""
    python: Annotated[str, Meta(pattern=r"^3\.[0-9]+$")] = "3.13"
    platform: Literal["linux/amd64", "linux/arm64"] = "linux/amd64"
    repository: Name | None = None
    """ECR repository; none for an image that is only built upon."""
    budget_mb: Annotated[int, Meta(ge=1, le=10_000)] = 500
    """Most the unpacked image may weigh."""


class Grant(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a function's role may do to one resource."""

    to: Reference
    actions: Annotated[tuple[Action, ...], Meta(min_length=1)]


class QueueTrigger(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An event source mapping from a queue to the function's alias."""

    queue: Name
    batch: Annotated[int, Meta(ge=1, le=10_000)] = 10


class Function(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A Lambda function: what a version snapshots of it, and what its role may do."""

    image: Name
    handler: Annotated[str, Meta(pattern=r"^[A-Za-z_][\w]*(\.[A-Za-z_][\w]*)+$")]
    memory_mb: Annotated[int, Meta(ge=128, le=10_240)] = 256
    timeout_s: Annotated[int, Meta(ge=1, le=900)] = 30
    environment: dict[Annotated[str, Meta(pattern=r"^[A-Za-z][A-Za-z0-9_]*$")], str] = {}
    """Values may hold ``${table.NAME}``, ``${topic.NAME}``, ``${queue.NAME}`` or ``${secret.NAME}``."""
    probe: RelativePath
    """A JSON event that every version must answer without an error and without an effect."""
    grants: tuple[Grant, ...] = ()
    trigger: QueueTrigger | None = None
    url: bool = False
    """Whether the alias has a function URL."""


class Checks(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the end-to-end checks' role may do, besides invoking every alias and reading every parameter."""

    grants: tuple[Grant, ...] = ()


class Table(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A DynamoDB table with one string key."""

    key: Annotated[str, Meta(pattern=r"^[a-z_]+$")]


class Topic(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An SNS topic."""


class Subscription(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A queue's subscription to a topic, filtered by message attributes."""

    topic: Name
    filter: dict[str, tuple[str, ...]] = {}


class Queue(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An SQS queue with a dead-letter queue behind it."""

    subscribe: Subscription | None = None
    receives: Annotated[int, Meta(ge=1, le=1000)] = 3
    """Failed receives before a message goes to the dead-letter queue."""


class Secret(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A Secrets Manager secret; its value is set by people, never here."""


class Resources(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What Terraform makes and functions refer to."""

    tables: dict[Name, Table] = {}
    topics: dict[Name, Topic] = {}
    queues: dict[Name, Queue] = {}
    secrets: dict[Name, Secret] = {}


class Registry(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where images and releases live: one account, read by every environment."""

    account: AccountId
    region: Annotated[str, Meta(pattern=r"^[a-z]{2}(-[a-z]+)+-[0-9]$")]
    store: Annotated[str, Meta(pattern=r"^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$")]
    """S3 bucket of the release store, in the same account."""


class Github(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The repository whose jobs the pipeline's roles trust; names can change hands, so its ids count too."""

    repository: Annotated[str, Meta(pattern=r"^[A-Za-z0-9-]+/[A-Za-z0-9._-]+$", description="OWNER/REPOSITORY")]
    owner_id: Annotated[str, Meta(pattern=r"^[0-9]+$", description="digits, quoted: gh api users/OWNER --jq .id")]
    repository_id: Annotated[
        str, Meta(pattern=r"^[0-9]+$", description="digits, quoted: gh api repos/OWNER/REPOSITORY --jq .id")
    ]


class Environment(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An AWS account and Region in which the functions' alias ``live`` is served."""

    account: AccountId
    region: Annotated[str, Meta(pattern=r"^[a-z]{2}(-[a-z]+)+-[0-9]$")]
    alias: Name = "live"
    after: Name | None = None
    """The environment a release must have passed before this one takes it."""


class Gate(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What stops a build."""

    severities: Annotated[tuple[Literal["MEDIUM", "HIGH", "CRITICAL"], ...], Meta(min_length=1)] = ("HIGH", "CRITICAL")
    exceptions: RelativePath = "sbom/exceptions.yaml"
    database_max_age_h: Annotated[int, Meta(ge=1, le=720)] = 48


class Project(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``lockage.yaml``."""

    version: Literal[1]
    project: Name
    images: Annotated[dict[Name, Image], Meta(min_length=1)]
    functions: Annotated[dict[Name, Function], Meta(min_length=1)]
    resources: Resources = Resources()
    registry: Registry
    environments: Annotated[dict[Name, Environment], Meta(min_length=1)]
    checks: Checks = Checks()
    gate: Gate = Gate()
    github: Github | None = None

    def function_name(self, function: str) -> str:
        """The Lambda function's name, the same in every account."""
        return f"{self.project}-{function}"


class Mirrors(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Second sources, for machines that cannot reach the first. What is built with one is marked for ever."""

    bases: dict[str, str] = {}
    """Base reference as in the Dockerfile → a BuildKit context, such as ``docker-image://…`` or ``oci-layout://…``."""
    registry: str = ""
    """``host:port`` that serves ECR's data plane in place of the account's registry."""


class Local(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Local configuration: ``lockage.local.yaml`` beside the project file, or the user's own ``lockage/local.yaml``."""

    mirrors: Mirrors = Mirrors()
