"""The shape of ``lockage.yaml``: frozen values, and by them the published JSON schema.

Sizes are megabytes (10^6 bytes) where named ``_mb``, times seconds where named ``_s``. Paths are relative to the file
and use ``/``. Unknown keys are mistakes.
"""

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

_END = r"(?!\n)$"
"""A bare ``$`` would let a newline pass at the end, in Python's expressions though not in JSON Schema's."""


def _text(pattern: str, description: str) -> Meta:
    return Meta(pattern=f"^{pattern}{_END}", description=description)


Name = Annotated[
    str, _text(r"[a-z][a-z0-9-]{0,30}", "up to 31 lower case letters, digits and dashes, beginning with a letter")
]
AccountId = Annotated[str, _text(r"[0-9]{12}", "an AWS account id of 12 digits")]
Region = Annotated[str, _text(r"[a-z]{2}(-[a-z]+)+-[0-9]", "an AWS Region, such as eu-central-1")]
Reference = Annotated[
    str,
    _text(r"(table|topic|queue|secret)\.[a-z][a-z0-9-]{0,30}", "table.NAME, topic.NAME, queue.NAME or secret.NAME"),
]
Action = Annotated[
    str, _text(r"[a-z0-9-]+:[A-Za-z]+", "one IAM action, such as dynamodb:GetItem; wildcards are not taken")
]
RelativePath = Annotated[str, _text(r"[^/~\n][^:\n]*", "a path below the project's folder, written with /")]
Digits = Annotated[str, _text(r"[0-9]+", "digits")]
RuntimeName = Annotated[str, _text(r"python3\.[0-9]+", "a Lambda runtime of Python, such as python3.13")]
PinnedImage = Annotated[
    str, _text(r"[a-z0-9][^@\s]*@sha256:[0-9a-f]{64}", "an image by digest: NAME:TAG@sha256: and 64 hex digits")
]
Platform = Literal["linux/amd64", "linux/arm64"]
PackageName = Annotated[
    str, _text(r"[a-z0-9]+(-[a-z0-9]+)*", "a package's normalised name: lower case, digits and single dashes")
]
PackageNames = Annotated[
    str,
    _text(
        r"[a-z0-9]+(-[a-z0-9]+)*(-\*)?", "a package's normalised name, or its beginning and -* for all that begin so"
    ),
]


class Index(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A package index beside the default one."""

    url: Annotated[
        str, _text(r"https?://[^\s]+", "the address of a Simple API, such as https://packages.example/simple")
    ]
    """Where its Simple API is; credentials come from the environment and are never here."""
    packages: Annotated[tuple[PackageNames, ...], Meta(min_length=1)]
    """Packages that come from it and from nowhere else; ``ours-*`` means all whose names begin with ``ours-``."""


class FromSource(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Packages of a lock that are built from their sdists, in the pinned runtime's image and with no network."""

    packages: Annotated[tuple[PackageName, ...], Meta(min_length=1)]
    """Of the lock; for all others the wheel is taken."""
    requirements: RelativePath
    """A lock with hashes of what builds them: ``pip``, and the build requirements that they name."""


class Image(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A container image, built from one Dockerfile."""

    dockerfile: RelativePath
    """The build's recipe; every ``FROM`` in it has a digest."""
    requirements: RelativePath | None = None
    """A lock with hashes, as ``uv pip compile --generate-hashes`` writes it."""
    from_source: FromSource | None = None
    """What of it is built from sdists; without it, wheels only."""
    sources: tuple[RelativePath, ...] = ()
    """Folders staged into the task root, each under its own last name."""
    python: Annotated[str, _text(r"3\.[0-9]+", "a Python version, such as 3.13")] = "3.13"
    """The base image's own Python, for which dependencies are fetched."""
    platform: Platform = "linux/amd64"
    """One platform an image: Lambda takes no index."""
    repository: Name | None = None
    """ECR repository; none for an image that is only built upon."""
    budget_mb: Annotated[int, Meta(ge=1, le=10_000)] = 500
    """Most the unpacked image may weigh."""


class Zip(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An archive that Lambda unpacks into a function's task root."""

    requirements: RelativePath | None = None
    """A lock with hashes, as ``uv pip compile --generate-hashes`` writes it."""
    from_source: FromSource | None = None
    """What of it is built from sdists; without it, wheels only."""
    sources: Annotated[tuple[RelativePath, ...], Meta(min_length=1)]
    """Folders staged into the task root, each under its own last name."""
    layers: Annotated[tuple[Name, ...], Meta(max_length=5)] = ()
    """Layers it runs with, in the order in which Lambda merges them under ``/opt``."""
    runtime: RuntimeName = "python3.13"
    """A runtime under ``runtimes``."""
    platform: Platform = "linux/amd64"
    """What it runs on."""
    budget_mb: Annotated[int, Meta(ge=1, le=262)] = 250
    """Most it may weigh unpacked, its layers included; Lambda takes 250 MiB (262 MB)."""


class Layer(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An archive that Lambda unpacks under ``/opt`` of every function that asks for it."""

    requirements: RelativePath | None = None
    """A lock with hashes; its packages go under ``python/``."""
    from_source: FromSource | None = None
    """What of it is built from sdists; without it, wheels only."""
    sources: tuple[RelativePath, ...] = ()
    """Folders staged under ``python/``, each under its own last name."""
    runtime: RuntimeName = "python3.13"
    """A runtime under ``runtimes``."""
    platform: Platform = "linux/amd64"
    """What it runs on."""
    budget_mb: Annotated[int, Meta(ge=1, le=262)] = 250
    """Most it may weigh unpacked."""


class Grant(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a function's role may do to one resource."""

    to: Reference
    """The resource."""
    actions: Annotated[tuple[Action, ...], Meta(min_length=1)]
    """Every action by its name; a wildcard is a mistake."""


class Trigger(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What calls the function's alias by itself: a queue that Lambda polls, or a topic that it is subscribed to."""

    queue: Name | None = None
    """A queue under ``resources``, which the function needs a grant to receive from; either this or ``topic``."""
    topic: Name | None = None
    """A topic under ``resources``; either this or ``queue``."""
    batch: Annotated[int, Meta(ge=1, le=10_000)] | None = None
    """Most messages of a queue in one event, 10 if not said; above 10 Lambda waits up to a second to fill it."""


class Function(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A Lambda function: what a version snapshots of it, and what its role may do."""

    image: Name | None = None
    """The image it runs in; either this or ``zip``."""
    zip: Name | None = None
    """The zip it runs from; either this or ``image``."""
    handler: Annotated[str, _text(r"[A-Za-z_][A-Za-z0-9_]*(\.[A-Za-z_][A-Za-z0-9_]*)+", "package.module.function")]
    """What Lambda calls; its package is one of the sources of its image or zip."""
    memory_mb: Annotated[int, Meta(ge=128, le=10_240)] = 256
    """Memory, in Lambda's megabytes (MiB); CPU grows with it."""
    timeout_s: Annotated[int, Meta(ge=1, le=900)] = 30
    """When Lambda gives up on one event."""
    cold_start_ms: Annotated[int, Meta(ge=1, le=60_000)] | None = None
    """What nine of ten cold starts should stay below; counts where packaging is explained."""
    environment: dict[
        Annotated[str, _text(r"[A-Za-z][A-Za-z0-9_]*", "letters, digits and _, beginning with a letter")], str
    ] = {}
    """Values may hold ``${table.NAME}``, ``${topic.NAME}``, ``${queue.NAME}`` or ``${secret.NAME}``."""
    probe: RelativePath
    """A JSON event that every version must answer without an error and without an effect."""
    grants: tuple[Grant, ...] = ()
    """What its role may do; nothing else is."""
    trigger: Trigger | None = None
    """A queue or a topic whose messages it handles."""
    url: bool = False
    """Whether the alias has a function URL."""


class Checks(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the end-to-end checks' role may do, besides invoking every alias and reading every parameter."""

    grants: tuple[Grant, ...] = ()
    """What its role may do besides."""


class Table(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A DynamoDB table with one string key."""

    key: Annotated[str, _text(r"[a-z_]{1,255}", "lower case letters and _")]
    """The partition key."""


class Topic(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An SNS topic."""


class Subscription(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A queue's subscription to a topic, filtered by message attributes."""

    topic: Name
    """A topic under ``resources``."""
    filter: dict[str, tuple[str, ...]] = {}
    """Message attribute → values that pass; all messages pass without one."""


class Queue(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An SQS queue with a dead-letter queue behind it."""

    subscribe: Subscription | None = None
    """What feeds it; without one, functions send to it."""
    receives: Annotated[int, Meta(ge=1, le=1000)] = 3
    """Failed receives before a message goes to the dead-letter queue."""


class Secret(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A Secrets Manager secret; its value is set by people, never here."""


class Resources(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What Terraform makes and functions refer to."""

    tables: dict[Name, Table] = {}
    """``${table.NAME}`` is the table's name."""
    topics: dict[Name, Topic] = {}
    """``${topic.NAME}`` is the topic's ARN."""
    queues: dict[Name, Queue] = {}
    """``${queue.NAME}`` is the queue's URL."""
    secrets: dict[Name, Secret] = {}
    """``${secret.NAME}`` is the secret's ARN."""


class Registry(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where images and releases live: one account, read by every environment."""

    account: AccountId
    """Where they live."""
    region: Region
    """That of every environment too: Lambda pulls images from its own Region only."""
    store: Annotated[str, _text(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]", "an S3 bucket name")]
    """S3 bucket of the release store, in the same account."""


class Github(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The repository whose jobs the pipeline's roles trust; names can change hands, so its ids count too."""

    repository: Annotated[str, _text(r"[A-Za-z0-9-]+/[A-Za-z0-9._-]+", "OWNER/REPOSITORY")]
    """As in its address."""
    owner_id: Digits
    """As ``gh api users/OWNER --jq .id`` prints it."""
    repository_id: Digits
    """As ``gh api repos/OWNER/REPOSITORY --jq .id`` prints it."""


class Environment(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An AWS account and Region in which the functions' alias ``live`` is served."""

    account: AccountId
    """Its own: no two environments share one."""
    region: Region
    """Where its functions run."""
    alias: Name = "live"
    """The alias that everything calls; a rollout moves it."""
    after: Name | None = None
    """The environment a release must have passed before this one takes it."""


class Gate(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What stops a build."""

    severities: Annotated[tuple[Literal["MEDIUM", "HIGH", "CRITICAL"], ...], Meta(min_length=1)] = ("HIGH", "CRITICAL")
    """A finding of one of these fails the gate."""
    exceptions: RelativePath = "sbom/exceptions.yaml"
    """Dated, owned decisions to accept a finding."""
    database_max_age_h: Annotated[int, Meta(ge=1, le=720)] = 48
    """With an older vulnerability database the verdict is *inconclusive*."""


class Project(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``lockage.yaml``."""

    version: Literal[1]
    """Of this format."""
    project: Name
    """Begins the name of everything the project makes in AWS."""
    images: dict[Name, Image] = {}
    """Images that are built."""
    zips: dict[Name, Zip] = {}
    """Zips that are built."""
    layers: dict[Name, Layer] = {}
    """Layers that are built."""
    runtimes: dict[RuntimeName, PinnedImage] = {}
    """The image of each runtime that zips and layers run on: there they are compiled and tried."""
    indexes: dict[Name, Index] = {}
    """Package indexes beside the default one; each package comes from one index only."""
    functions: Annotated[dict[Name, Function], Meta(min_length=1)]
    """What runs."""
    resources: Resources = Resources()
    """What functions refer to."""
    registry: Registry
    """Where images and releases live."""
    environments: Annotated[dict[Name, Environment], Meta(min_length=1)]
    """Where functions run, in the order that ``after`` gives."""
    checks: Checks = Checks()
    """What the end-to-end checks may do."""
    gate: Gate = Gate()
    """What stops a build."""
    github: Github | None = None
    """Whose jobs may take on the pipeline's roles; without it, none."""

    @property
    def built(self) -> dict[str, Image | Zip | Layer]:
        """Everything that is built, by name."""
        return {**self.images, **self.layers, **self.zips}

    def runs(self, function: str) -> str:
        """The name of the image or zip that a function runs."""
        declared = self.functions[function]
        return declared.image or declared.zip or ""

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
    """Second sources."""
    lambda_requests_per_second: Annotated[int, Meta(ge=1)] = 12
    """Control-plane requests that a rollout from here sends to Lambda at most. Lambda takes 15 for an account and
    Region together; lower it where others release at the same time."""
