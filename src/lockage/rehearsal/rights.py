"""Who may do what: the statements of every role.

No action is a wildcard. A resource is one only

- where AWS chooses the name: log streams, versions, a secret's ending, an object's key under a fixed prefix;
- where there is none to name: ``ecr:GetAuthorizationToken``;
- where a role has the same rights on all of a kind in this project: functions, layers and parameters are named by what
  their names begin with, so that a policy for a thousand functions is as long as one for ten. IAM takes 10,240
  characters of a role (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html).

``docs/reference/roles.md`` states the reference platform's, one by one.
"""

from collections.abc import Iterable

from lockage.config.schema import Grant, Project
from lockage.rehearsal.arns import Arns, bucket
from lockage.rehearsal.policies import Statement

PULL = ("ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer")
PUSH = (
    "ecr:BatchCheckLayerAvailability",
    "ecr:InitiateLayerUpload",
    "ecr:UploadLayerPart",
    "ecr:CompleteLayerUpload",
    "ecr:PutImage",
)
ROLL = (
    "lambda:GetFunction",
    "lambda:UpdateFunctionCode",
    "lambda:UpdateFunctionConfiguration",
    "lambda:PublishVersion",
    "lambda:InvokeFunction",
    "lambda:GetAlias",
    "lambda:CreateAlias",
    "lambda:UpdateAlias",
    "lambda:DeleteAlias",
)
ROLL_BACK = ("lambda:GetFunction", "lambda:GetAlias", "lambda:UpdateAlias", "lambda:InvokeFunction")
LAYERS = ("lambda:PublishLayerVersion", "lambda:ListLayerVersions")


def environment_arns(project: Project, environment: str) -> Arns:
    """ARNs in an environment's account."""
    place = project.environments[environment]
    return Arns(project=project.project, account=place.account, region=place.region)


def registry_arns(project: Project) -> Arns:
    """ARNs in the registry's account."""
    return Arns(project=project.project, account=project.registry.account, region=project.registry.region)


def references(project: Project) -> tuple[str, ...]:
    """Everything declared under ``resources``, as ``kind.NAME``."""
    declared = project.resources
    kinds: tuple[tuple[str, Iterable[str]], ...] = (
        ("table", declared.tables),
        ("topic", declared.topics),
        ("queue", declared.queues),
        ("secret", declared.secrets),
    )
    return tuple(f"{kind}.{name}" for kind, names in kinds for name in names)


def packs(project: Project) -> bool:
    """Whether a project has archives at all."""
    return bool(project.zips or project.layers)


def sid_of(reference: str) -> str:
    """``queue.dead-letters`` → ``QueueDeadLetters``: a statement id takes letters and digits only."""
    return "".join(word.capitalize() for word in reference.replace(".", "-").split("-"))


def function(project: Project, environment: str, name: str) -> tuple[Statement, ...]:
    """What a function's own role may do: its grants, and write its log."""
    arns = environment_arns(project, environment)
    log = Statement(
        sid="Log",
        actions=("logs:CreateLogStream", "logs:PutLogEvents"),
        resources=(arns.log_streams(name),),
    )
    return (*_grants(arns, project.functions[name].grants), log)


def publisher(project: Project) -> tuple[Statement, ...]:
    """Push images, upload archives; write releases and evidence."""
    arns = registry_arns(project)
    repositories = tuple(arns.repository(i.repository) for i in project.images.values() if i.repository is not None)
    store = bucket(project.registry.store)
    parts = ("releases", "evidence", *(("archives",) if packs(project) else ()))
    return _needed(
        Statement(sid="Login", actions=("ecr:GetAuthorizationToken",), resources=("*",) if repositories else ()),
        Statement(sid="Push", actions=(*PUSH, *PULL), resources=repositories),
        *_read_store(store),
        Statement(sid="Write", actions=("s3:PutObject",), resources=tuple(f"{store}/{part}/*" for part in parts)),
        Statement(sid="Mark", actions=("ssm:GetParameter",), resources=(arns.parameter("rehearsal"),)),
    )


def releases(project: Project, environment: str) -> tuple[Statement, ...]:
    """Read the store; write one environment's part of it. Nothing is ever deleted."""
    store = bucket(project.registry.store)
    return (
        *_read_store(store),
        Statement(
            sid="Write",
            actions=("s3:PutObject",),
            resources=(f"{store}/environments/{environment}/*", f"{store}/rollouts/{environment}/*"),
        ),
    )


def deployer(project: Project, environment: str) -> tuple[Statement, ...]:
    """Roll releases out: the pipeline's half of every function, and nothing of Terraform's."""
    arns, registry = environment_arns(project, environment), registry_arns(project)
    images = (project.images[f.image].repository for f in project.functions.values() if f.image is not None)
    repositories = tuple(registry.repository(name) for name in dict.fromkeys(images) if name is not None)
    archives = (f"{bucket(project.registry.store)}/archives/*",) if packs(project) else ()
    return _needed(
        Statement(sid="Roll", actions=ROLL, resources=(arns.functions,)),
        Statement(sid="Layer", actions=LAYERS, resources=(arns.layers,) if project.layers else ()),
        _read_layers(project, arns),
        Statement(sid="Resolve", actions=("ssm:GetParameter",), resources=_parameters(project, arns, "rehearsal")),
        Statement(sid="Pull", actions=PULL, resources=repositories),
        Statement(sid="Unpack", actions=("s3:GetObject",), resources=archives),
        Statement(
            sid="Chain",
            actions=("sts:AssumeRole",),
            resources=(registry.role(f"releases-{environment}"), arns.role("e2e")),
        ),
    )


def rollback(project: Project, environment: str) -> tuple[Statement, ...]:
    """Move aliases and prove it: no code, no configuration, no image, no layer but to look at."""
    arns, registry = environment_arns(project, environment), registry_arns(project)
    return _needed(
        Statement(sid="RollBack", actions=ROLL_BACK, resources=(arns.functions,)),
        _read_layers(project, arns),
        Statement(sid="Chain", actions=("sts:AssumeRole",), resources=(registry.role(f"releases-{environment}"),)),
    )


def checks(project: Project, environment: str) -> tuple[Statement, ...]:
    """What the end-to-end checks do: find names, invoke aliases, and what ``checks.grants`` declares."""
    arns = environment_arns(project, environment)
    urls = ("url/*",) if any(declared.url for declared in project.functions.values()) else ()
    invoked = f"{arns.functions}:{project.environments[environment].alias}"
    return _needed(
        Statement(sid="Find", actions=("ssm:GetParameter",), resources=_parameters(project, arns, *urls)),
        Statement(sid="Invoke", actions=("lambda:InvokeFunction",), resources=(invoked,)),
        *_grants(arns, project.checks.grants),
    )


def _grants(arns: Arns, grants: tuple[Grant, ...]) -> tuple[Statement, ...]:
    return tuple(
        Statement(sid=sid_of(grant.to), actions=grant.actions, resources=(arns.of(grant.to),)) for grant in grants
    )


def _needed(*statements: Statement) -> tuple[Statement, ...]:
    """Without those that name nothing, which IAM refuses."""
    return tuple(statement for statement in statements if statement.resources)


def _parameters(project: Project, arns: Arns, *more: str) -> tuple[str, ...]:
    """The parameters of each kind of resource that is declared: their values are names, which are no secret."""
    kinds = dict.fromkeys(reference.partition(".")[0] for reference in references(project))
    return tuple(arns.parameter(path) for path in (*(f"{kind}/*" for kind in kinds), *more))


def _read_layers(project: Project, arns: Arns) -> Statement:
    """Look at layers that versions have, and attach them: also one that ``lockage.yaml`` names no more.

    https://docs.aws.amazon.com/lambda/latest/dg/permissions-user-layer.html
    """
    versions = (arns.layer_versions,) if packs(project) else ()
    return Statement(sid="ReadLayer", actions=("lambda:GetLayerVersion",), resources=versions)


def _read_store(store: str) -> tuple[Statement, ...]:
    """Without the right to list, S3 answers 403 for a key that is not there, which is not the same as *none*."""
    return (
        Statement(sid="List", actions=("s3:ListBucket",), resources=(store,)),
        Statement(sid="Read", actions=("s3:GetObject",), resources=(f"{store}/*",)),
    )
