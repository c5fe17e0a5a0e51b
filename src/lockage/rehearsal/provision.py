"""Make in the embedded AWS what Terraform makes in a real one, from the same table.

What differs, and why:

- The jobs' roles trust the account's root in place of GitHub's tokens, which only GitHub can sign.
- The bucket's refusal of plain HTTP is left out: the embedded AWS has no TLS.
- A function's URL is the emulator's path to it, since its host name does not resolve.
- Secrets get a random value, which on AWS people set.
- Every account says at ``/<project>/rehearsal`` that it is none of the real ones.
"""

import json
import secrets
from collections.abc import Callable, Iterable
from functools import singledispatch
from typing import Any

from lockage.rehearsal import kinds, principals, seed
from lockage.rehearsal.operator import Operator
from lockage.rehearsal.policies import Statement, document_json

SeedImage = Callable[[str], str]
"""From a repository's name to the reference of an image in it, for functions that have no release yet."""

_PAGE_OF_URL = "/_aws/lambda-url/"


def provision(operators: Callable[[str, str], Operator], resources: Iterable[kinds.Resource], image: SeedImage) -> int:
    """Make resources in their accounts, in order; returns how many.

    Args:
        operators: gives the operator of an account and Region.
        resources: the table, or a part of it that needs no other.
        image: what functions run until their first release, those of an image.
    """
    made = 0
    for resource in resources:
        operator = operators(resource.account, resource.region)
        if isinstance(resource, kinds.FunctionShell):
            _make_shell(resource, operator, image)
        else:
            _make(resource, operator)
        made += 1
    return made


def mark(operator: Operator, project: str) -> None:
    """Say in an account that it belongs to a rehearsal."""
    operator.client("ssm").put_parameter(Name=f"/{project}/rehearsal", Value="true", Type="String", Overwrite=True)


def trust(role: kinds.Role, account: str) -> tuple[Statement, ...]:
    """Whom a role trusts in a rehearsal: the account's root in place of a job's token, everybody else as declared."""
    others = tuple(s for s in role.trust if s.actions != ("sts:AssumeRoleWithWebIdentity",))
    if role.trust and others == role.trust:
        return others
    root = Statement(sid="Job", actions=("sts:AssumeRole",), principals={"AWS": (f"arn:aws:iam::{account}:root",)})
    return (root, *others)


@singledispatch
def _make(resource: kinds.Resource, operator: Operator) -> None:
    raise TypeError(f"no way to make a {type(resource).__name__} in {operator.account}")


@_make.register
def _(resource: kinds.Repository, operator: Operator) -> None:
    ecr = operator.client("ecr")
    ecr.create_repository(repositoryName=resource.name, imageTagMutability="IMMUTABLE")
    ecr.set_repository_policy(repositoryName=resource.name, policyText=document_json(resource.policy))


@_make.register
def _(resource: kinds.Store, operator: Operator) -> None:
    s3 = operator.client("s3")
    s3.create_bucket(Bucket=resource.name, CreateBucketConfiguration={"LocationConstraint": resource.region})
    s3.put_bucket_versioning(Bucket=resource.name, VersioningConfiguration={"Status": "Enabled"})
    without_tls = tuple(statement for statement in resource.policy if statement.sid != principals.ONLY_BY_TLS)
    if without_tls:
        s3.put_bucket_policy(Bucket=resource.name, Policy=document_json(without_tls))


@_make.register
def _(resource: kinds.Table, operator: Operator) -> None:
    operator.client("dynamodb").create_table(
        TableName=resource.name,
        KeySchema=[{"AttributeName": resource.key, "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": resource.key, "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )


@_make.register
def _(resource: kinds.Topic, operator: Operator) -> None:
    operator.client("sns").create_topic(Name=resource.name)


@_make.register
def _(resource: kinds.Queue, operator: Operator) -> None:
    attributes = {"VisibilityTimeout": str(resource.visibility_s)}
    if resource.dead_letter:
        redrive = {"deadLetterTargetArn": resource.dead_letter, "maxReceiveCount": resource.receives}
        attributes["RedrivePolicy"] = json.dumps(redrive)
    if resource.policy:
        attributes["Policy"] = document_json(resource.policy)
    operator.client("sqs").create_queue(QueueName=resource.name, Attributes=attributes)


@_make.register
def _(resource: kinds.Subscription, operator: Operator) -> None:
    attributes = {"RawMessageDelivery": "true"}
    if resource.filter:
        attributes["FilterPolicy"] = json.dumps({key: list(values) for key, values in resource.filter.items()})
    operator.client("sns").subscribe(
        TopicArn=resource.topic, Protocol="sqs", Endpoint=resource.queue, Attributes=attributes
    )


@_make.register
def _(resource: kinds.Secret, operator: Operator) -> None:
    operator.client("secretsmanager").create_secret(Name=resource.name, SecretString=secrets.token_urlsafe(32))


@_make.register
def _(resource: kinds.IdentityProvider, operator: Operator) -> None:
    operator.client("iam").create_open_id_connect_provider(Url=resource.url, ClientIDList=[resource.audience])


@_make.register
def _(resource: kinds.Role, operator: Operator) -> None:
    iam = operator.client("iam")
    iam.create_role(RoleName=resource.name, AssumeRolePolicyDocument=document_json(trust(resource, operator.account)))
    iam.put_role_policy(
        RoleName=resource.name, PolicyName=resource.name, PolicyDocument=document_json(resource.statements)
    )


@_make.register
def _(resource: kinds.LogGroup, operator: Operator) -> None:
    logs = operator.client("logs")
    logs.create_log_group(logGroupName=resource.name)
    logs.put_retention_policy(logGroupName=resource.name, retentionInDays=resource.retention_days)


@_make.register
def _(resource: kinds.EventSource, operator: Operator) -> None:
    operator.client("lambda").create_event_source_mapping(
        EventSourceArn=resource.queue,
        FunctionName=f"{resource.function}:{resource.alias}",
        BatchSize=resource.batch,
        MaximumBatchingWindowInSeconds=resource.window_s,
        FunctionResponseTypes=["ReportBatchItemFailures"],
    )


@_make.register
def _(resource: kinds.TopicSource, operator: Operator) -> None:
    lambda_ = operator.client("lambda")
    alias = {"FunctionName": resource.function, "Qualifier": resource.alias}
    arn = lambda_.get_alias(FunctionName=resource.function, Name=resource.alias)["AliasArn"]
    lambda_.add_permission(
        **alias,
        StatementId="Topic",
        Action="lambda:InvokeFunction",
        Principal="sns.amazonaws.com",
        SourceArn=resource.topic,
    )
    operator.client("sns").subscribe(TopicArn=resource.topic, Protocol="lambda", Endpoint=arn)


@_make.register
def _(resource: kinds.FunctionUrl, operator: Operator) -> None:
    lambda_ = operator.client("lambda")
    alias = {"FunctionName": resource.function, "Qualifier": resource.alias}
    lambda_.create_function_url_config(**alias, AuthType="NONE")
    anybody = {**alias, "Principal": "*"}  # ids as Terraform has them: the emulator takes "/policy/url" for a URL's own
    lambda_.add_permission(**anybody, StatementId="Url", Action="lambda:InvokeFunctionUrl", FunctionUrlAuthType="NONE")
    lambda_.add_permission(**anybody, StatementId="ByUrl", Action="lambda:InvokeFunction", InvokedViaFunctionUrl=True)


@_make.register
def _(resource: kinds.Parameter, operator: Operator) -> None:
    value = resource.value or _KNOWN_AFTERWARDS[resource.of](operator, resource.target)
    operator.client("ssm").put_parameter(Name=resource.name, Value=value, Type="String")


def _make_shell(resource: kinds.FunctionShell, operator: Operator, image: SeedImage) -> None:
    lambda_ = operator.client("lambda")
    lambda_.create_function(
        FunctionName=resource.name,
        Role=resource.role,
        Architectures=[resource.architecture],
        Publish=True,
        **_seeded(resource, image),
    )
    lambda_.create_alias(FunctionName=resource.name, Name=resource.alias, FunctionVersion="1")


def _seeded(resource: kinds.FunctionShell, image: SeedImage) -> dict[str, Any]:
    """What of a new function differs by its package."""
    if resource.package == "image":
        return {"PackageType": "Image", "Code": {"ImageUri": image(resource.repository_uri.partition("/")[2])}}
    code = {"ZipFile": seed.archive()}
    return {"PackageType": "Zip", "Code": code, "Runtime": resource.runtime, "Handler": seed.HANDLER}


def _queue_url(operator: Operator, name: str) -> str:
    return str(operator.client("sqs").get_queue_url(QueueName=name)["QueueUrl"])


def _secret_arn(operator: Operator, name: str) -> str:
    return str(operator.client("secretsmanager").describe_secret(SecretId=name)["ARN"])


def _function_url(operator: Operator, name: str) -> str:
    (only,) = operator.client("lambda").list_function_url_configs(FunctionName=name)["FunctionUrlConfigs"]
    identity = only["FunctionUrl"].removeprefix("https://").partition(".")[0]
    return f"{operator.aws.endpoint}{_PAGE_OF_URL}{identity}/"


_KNOWN_AFTERWARDS = {"queue": _queue_url, "secret": _secret_arn, "url": _function_url}
