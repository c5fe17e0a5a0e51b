"""Who may use what: whom each role trusts, and what repositories, the store and queues allow others by themselves."""

from lockage.config.schema import Project
from lockage.rehearsal.arns import Arns, bucket
from lockage.rehearsal.policies import Statement
from lockage.rehearsal.rights import PULL, environment_arns, packs, sid_of

ISSUER = "token.actions.githubusercontent.com"
AUDIENCE = "sts.amazonaws.com"
ONLY_BY_TLS = "OnlyByTls"
"""The statement of the store's policy that a rehearsal, which has no TLS, leaves out."""


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
    id_ = sid_of(environment)
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


def store(project: Project) -> tuple[Statement, ...]:
    """Bucket policy: nothing without TLS; an archive is written once, and read by each environment's deployer.

    Lambda reads archives with the rights of whoever names them, here a role of another account.
    """
    name = bucket(project.registry.store)
    everybody = {"AWS": ("*",)}
    only_by_tls = Statement(
        sid=ONLY_BY_TLS,
        effect="Deny",
        actions=("s3:*",),
        resources=(name, f"{name}/*"),
        principals=everybody,
        conditions={"Bool": {"aws:SecureTransport": ("false",)}},
    )
    if not packs(project):
        return (only_by_tls,)
    written_once = Statement(
        sid="ArchivesAreWrittenOnce",
        effect="Deny",
        actions=("s3:PutObject",),
        resources=(f"{name}/archives/*",),
        principals=everybody,
        conditions={"Null": {"s3:if-none-match": ("true",)}},
    )
    return (only_by_tls, written_once, *(_unpacked_by(project, environment) for environment in project.environments))


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


def _unpacked_by(project: Project, environment: str) -> Statement:
    arns = environment_arns(project, environment)
    return Statement(
        sid=f"{sid_of(environment)}Deployer",
        actions=("s3:GetObject",),
        resources=(f"{bucket(project.registry.store)}/archives/*",),
        principals={"AWS": (arns.root,)},
        conditions={"ArnEquals": {"aws:PrincipalArn": (arns.role("deployer"),)}},
    )
