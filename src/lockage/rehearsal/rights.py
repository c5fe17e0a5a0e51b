"""Who may do what: the statements of every role, and whom each role trusts.

No action is a wildcard. A resource is one only where AWS chooses the name (log streams, versions, a secret's ending, an
object's key under a fixed prefix) or has no resource to name (``ecr:GetAuthorizationToken``).
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

ISSUER = "token.actions.githubusercontent.com"
AUDIENCE = "sts.amazonaws.com"


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
    """Push images; write releases and evidence."""
    arns = registry_arns(project)
    repositories = tuple(arns.repository(i.repository) for i in project.images.values() if i.repository is not None)
    store = bucket(project.registry.store)
    return (
        Statement(sid="Login", actions=("ecr:GetAuthorizationToken",), resources=("*",)),
        Statement(sid="Push", actions=(*PUSH, *PULL), resources=repositories),
        *_read_store(store),
        Statement(sid="Write", actions=("s3:PutObject",), resources=(f"{store}/releases/*", f"{store}/evidence/*")),
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
    parameters = (*(reference.replace(".", "/") for reference in references(project)), "rehearsal")
    used = {project.images[f.image].repository: None for f in project.functions.values()}
    return (
        Statement(sid="Roll", actions=ROLL, resources=_functions(project, arns)),
        Statement(sid="Resolve", actions=("ssm:GetParameter",), resources=tuple(map(arns.parameter, parameters))),
        Statement(sid="Pull", actions=PULL, resources=tuple(registry.repository(r) for r in used if r is not None)),
        Statement(
            sid="Chain",
            actions=("sts:AssumeRole",),
            resources=(registry.role(f"releases-{environment}"), arns.role("e2e")),
        ),
    )


def rollback(project: Project, environment: str) -> tuple[Statement, ...]:
    """Move aliases and prove it: no code, no configuration, no image."""
    arns, registry = environment_arns(project, environment), registry_arns(project)
    return (
        Statement(sid="RollBack", actions=ROLL_BACK, resources=_functions(project, arns)),
        Statement(sid="Chain", actions=("sts:AssumeRole",), resources=(registry.role(f"releases-{environment}"),)),
    )


def checks(project: Project, environment: str) -> tuple[Statement, ...]:
    """What the end-to-end checks do: find names, invoke aliases, and what ``checks.grants`` declares."""
    arns = environment_arns(project, environment)
    alias = project.environments[environment].alias
    urls = (f"url/{name}" for name, declared in project.functions.items() if declared.url)
    paths = (*(reference.replace(".", "/") for reference in references(project)), *urls)
    parameters = tuple(map(arns.parameter, paths))
    find = Statement(sid="Find", actions=("ssm:GetParameter",), resources=parameters)
    invoke = Statement(
        sid="Invoke",
        actions=("lambda:InvokeFunction",),
        resources=tuple(f"{arns.function(name)}:{alias}" for name in project.functions),
    )
    return (*((find,) if parameters else ()), invoke, *_grants(arns, project.checks.grants))


def trusted_by_lambda() -> tuple[Statement, ...]:
    """A function's role is Lambda's to take."""
    lambda_ = {"Service": ("lambda.amazonaws.com",)}
    return (Statement(sid="Lambda", actions=("sts:AssumeRole",), principals=lambda_),)


def trusted_by_job(project: Project, arns: Arns, github_environment: str) -> tuple[Statement, ...]:
    """A job in one GitHub environment of one repository, by both forms of its subject; nobody without ``github``.

    Repositories made, renamed or moved after 2026-07-15 have ids in their subjects, older ones have not
    (https://docs.github.com/en/actions/reference/security/oidc).
    """
    if project.github is None:
        return ()
    owner, _, repository = project.github.repository.partition("/")
    by_id = f"{owner}@{project.github.owner_id}/{repository}@{project.github.repository_id}"
    subjects = tuple(f"repo:{name}:environment:{github_environment}" for name in (f"{owner}/{repository}", by_id))
    claims = {f"{ISSUER}:aud": (AUDIENCE,), f"{ISSUER}:sub": subjects}
    return (
        Statement(
            sid="Job",
            actions=("sts:AssumeRoleWithWebIdentity",),
            principals={"Federated": (arns.github,)},
            conditions={"StringEquals": claims},
        ),
    )


def trusted_by_roles(*roles: str) -> tuple[Statement, ...]:
    """Other roles of the pipeline, by ARN."""
    return (Statement(sid="Chain", actions=("sts:AssumeRole",), principals={"AWS": roles}),)


def pulled_by(project: Project, environment: str) -> tuple[Statement, ...]:
    """Repository policy for one environment: its deployer names an image, its functions' Lambda fetches it.

    https://docs.aws.amazon.com/lambda/latest/dg/images-create.html#configuration-images-xaccount-permissions
    """
    arns = environment_arns(project, environment)
    id_ = _sid(environment)
    deployer_only = {"ArnEquals": {"aws:PrincipalArn": (arns.role("deployer"),)}}
    own_functions = {"ArnLike": {"aws:SourceArn": (arns.function("*"),)}}
    return (
        Statement(sid=f"{id_}Deployer", actions=PULL, principals={"AWS": (arns.root,)}, conditions=deployer_only),
        Statement(
            sid=f"{id_}Lambda",
            actions=PULL,
            principals={"Service": ("lambda.amazonaws.com",)},
            conditions=own_functions,
        ),
    )


def only_by_tls(store: str) -> tuple[Statement, ...]:
    """Bucket policy: whoever does not use TLS is refused everything."""
    return (
        Statement(
            sid="OnlyByTls",
            effect="Deny",
            actions=("s3:*",),
            resources=(bucket(store), f"{bucket(store)}/*"),
            principals={"AWS": ("*",)},
            conditions={"Bool": {"aws:SecureTransport": ("false",)}},
        ),
    )


def fed_by(topic: str, queue: str) -> tuple[Statement, ...]:
    """Queue policy: the topic it is subscribed to may send, and no other."""
    return (
        Statement(
            sid="Topic",
            actions=("sqs:SendMessage",),
            resources=(queue,),
            principals={"Service": ("sns.amazonaws.com",)},
            conditions={"ArnEquals": {"aws:SourceArn": (topic,)}},
        ),
    )


def _grants(arns: Arns, grants: tuple[Grant, ...]) -> tuple[Statement, ...]:
    return tuple(
        Statement(sid=_sid(grant.to), actions=grant.actions, resources=(arns.of(grant.to),)) for grant in grants
    )


def _sid(reference: str) -> str:
    """``queue.dead-letters`` → ``QueueDeadLetters``: a statement id takes letters and digits only."""
    return "".join(word.capitalize() for word in reference.replace(".", "-").split("-"))


def _functions(project: Project, arns: Arns) -> tuple[str, ...]:
    """Every function, and its versions and aliases."""
    return tuple(f"{arns.function(name)}{qualifier}" for name in project.functions for qualifier in ("", ":*"))


def _read_store(store: str) -> tuple[Statement, ...]:
    """Without the right to list, S3 answers 403 for a key that is not there, which is not the same as *none*."""
    return (
        Statement(sid="List", actions=("s3:ListBucket",), resources=(store,)),
        Statement(sid="Read", actions=("s3:GetObject",), resources=(f"{store}/*",)),
    )
