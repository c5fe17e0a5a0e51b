import re
from pathlib import Path
from typing import TypeVar

import msgspec
import pytest

from lockage.config.load import load_project
from lockage.config.schema import Function, Image, Layer, Project, Trigger, Zip
from lockage.rehearsal import rights
from lockage.rehearsal.kinds import (
    EventSource,
    FunctionShell,
    FunctionUrl,
    IdentityProvider,
    Parameter,
    Queue,
    Repository,
    Resource,
    Role,
    Store,
    Subscription,
    Table,
    TopicSource,
)
from lockage.rehearsal.policies import Statement, document, document_json
from lockage.rehearsal.resources import resources

R = TypeVar("R", bound=Resource)

PREPROD, PROD = "111111111111", "222222222222"

WILD = {
    r"\*": "ecr:GetAuthorizationToken has no resource",
    r"arn:aws:logs:.*:log-group:/aws/lambda/[a-z-]+:log-stream:\*": "log streams, whose names Lambda chooses",
    r"arn:aws:secretsmanager:.*:secret:[a-z-]+-\?{6}": "the ending of a secret's ARN, which AWS chooses",
    r"arn:aws:s3:::platform-releases/([a-z]+/([a-z]+/)?)?\*": "keys under a prefix of the store",
    r"arn:aws:lambda:.*:function:platform-\*(:live)?": "all functions of the project, for the pipeline's own roles",
    r"arn:aws:lambda:.*:layer:platform-\*(:\*)?": "all layers of the project, for the same",
    r"arn:aws:ssm:.*:parameter/platform/(table|topic|queue|secret|url)/\*": "names of things, by kind, for the same",
}
OF_ALL = ("function:platform-*", "layer:platform-*", "parameter/platform/")
PIPELINE = ("platform-publisher", "platform-deployer", "platform-rollback", "platform-e2e")

INLINE_POLICIES = 10_240
"""Characters, without white space, that IAM takes of a role's inline policies
(https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html)."""


@pytest.fixture(scope="module")
def project() -> Project:
    """Three functions of the reference platform, and one more of a zip with a layer, which a topic calls."""
    platform = load_project(Path(__file__).parents[3] / "lockage.yaml", files=False)
    listener = Function(
        zip="listener", handler="listener.handle", probe="probe.json", trigger=Trigger(topic="decisions")
    )
    return msgspec.structs.replace(
        platform,
        images={name: platform.images[name] for name in ("base", "platform")},
        zips={"listener": Zip(sources=("listener",), layers=("shared",), platform="linux/arm64")},
        layers={"shared": Layer(sources=("shared",), platform="linux/arm64")},
        functions={
            **{name: platform.functions[name] for name in ("scorer", "remediator", "onboarding")},
            "listener": listener,
        },
    )


@pytest.fixture(scope="module")
def table(project: Project) -> tuple[Resource, ...]:
    return resources(project)


def all_of(table: tuple[Resource, ...], kind: type[R], account: str = "") -> dict[str, R]:
    return {r.name: r for r in table if isinstance(r, kind) and account in ("", r.account)}


def role(table: tuple[Resource, ...], account: str, name: str) -> Role:
    return all_of(table, Role, account)[f"platform-{name}"]


def allowed(role: Role) -> dict[str, set[str]]:
    """Resource → actions."""
    found: dict[str, set[str]] = {}
    for statement in role.statements:
        for resource in statement.resources:
            found.setdefault(resource, set()).update(statement.actions)
    return found


def statements(table: tuple[Resource, ...]) -> list[Statement]:
    found: list[Statement] = []
    for resource in table:
        if isinstance(resource, Role):
            found += (*resource.trust, *resource.statements)
        elif isinstance(resource, Repository | Store | Queue):
            found += resource.policy
    return found


def test_no_action_is_a_wildcard_except_what_is_denied(table: tuple[Resource, ...]) -> None:
    wild = [s for s in statements(table) if any("*" in action for action in s.actions)]
    assert [(s.sid, s.effect, s.actions) for s in wild] == [("OnlyByTls", "Deny", ("s3:*",))]


def test_a_resource_is_a_wildcard_only_where_its_pattern_stands_here_with_its_reason(
    table: tuple[Resource, ...],
) -> None:
    named = {arn for r in table if isinstance(r, Role) for s in r.statements for arn in s.resources}
    wild = {arn for arn in named if re.search(r"[*?]", arn)}
    for arn in wild:
        assert any(re.fullmatch(pattern, arn) for pattern in WILD), arn
    for pattern, what in WILD.items():
        assert any(re.fullmatch(pattern, arn) for arn in wild), f"no policy names {what} any more"


def test_only_the_pipeline_s_own_roles_have_rights_on_all_of_a_kind(table: tuple[Resource, ...]) -> None:
    holders = {
        r.name
        for r in table
        if isinstance(r, Role)
        for arn in allowed(r)
        if any(each in arn for each in OF_ALL) and arn.endswith(("*", ":live"))
    }
    assert holders == {"platform-deployer", "platform-rollback", "platform-e2e"}


def many(project: Project, functions: int, repositories: int) -> Project:
    """A project of a thousand functions and hundreds of resources, with names as long as they may be."""
    names = [f"function-with-a-long-name-{n:05}" for n in range(functions)]
    images = {f"i-{n}": Image(dockerfile="Dockerfile", repository=f"{'r' * 26}-{n:04}") for n in range(repositories)}
    declared = msgspec.structs.replace(project.functions["scorer"], grants=(), environment={})
    tables = {f"table-{n:04}": project.resources.tables["decisions"] for n in range(300)}
    return msgspec.structs.replace(
        project,
        images={**project.images, **images},
        functions={
            **project.functions,
            **{name: msgspec.structs.replace(declared, image=f"i-{n % repositories}") for n, name in enumerate(names)},
        },
        resources=msgspec.structs.replace(project.resources, tables={**project.resources.tables, **tables}),
    )


def test_the_pipeline_s_policies_fit_with_a_thousand_functions(project: Project) -> None:
    roles = [r for r in resources(many(project, functions=1_000, repositories=100)) if isinstance(r, Role)]
    assert len(roles) > 2_000
    for each in roles:
        assert len(document_json(each.statements)) < INLINE_POLICIES, each.name


def test_a_policy_does_not_grow_with_functions(project: Project) -> None:
    few, more = (resources(many(project, functions=n, repositories=3)) for n in (10, 1_000))
    for name in PIPELINE:
        small, large = (document_json(all_of(made, Role, PROD)[name].statements) for made in (few, more))
        assert small == large


def test_every_statement_of_a_role_has_an_id_of_its_own(table: tuple[Resource, ...]) -> None:
    for each in all_of(table, Role).values():
        for group in (each.trust, each.statements):
            ids = [statement.sid for statement in group]
            assert len(ids) == len(set(ids))
            assert all(re.fullmatch("[A-Za-z0-9]+", sid) for sid in ids)


def test_names_are_unique_within_kind_and_account(table: tuple[Resource, ...]) -> None:
    names = [(type(r), r.account, r.name) for r in table]
    assert len(names) == len(set(names))


def test_environments_differ_in_nothing_but_their_account(project: Project) -> None:
    def neutral(name: str) -> bytes:
        place = project.environments[name].account
        only = tuple(
            r for r in resources(project) if r.account == place and not isinstance(r, Role | Repository | Store)
        )
        without_provider = [r for r in only if not isinstance(r, IdentityProvider)]
        return (
            msgspec.json.encode(without_provider)
            .replace(f":{place}:".encode(), b":ACCOUNT:")
            .replace(f'"{place}"'.encode(), b'"ACCOUNT"')
        )

    assert neutral("preprod") == neutral("prod")


def test_everything_comes_after_what_it_refers_to(table: tuple[Resource, ...]) -> None:
    made: set[str] = set()
    for resource in table:
        if isinstance(resource, FunctionShell):
            assert resource.role in made
        elif isinstance(resource, EventSource):
            assert resource.queue in made
            assert f":{resource.function}" in "".join(made)
        elif isinstance(resource, TopicSource):
            assert resource.topic in made
            assert f":{resource.function}" in "".join(made)
        elif isinstance(resource, Subscription):
            assert {resource.topic, resource.queue} <= made
        elif isinstance(resource, Queue) and resource.dead_letter:
            assert resource.dead_letter in made
        made.add(getattr(resource, "arn", resource.name))


def test_each_account_holds_its_part(table: tuple[Resource, ...]) -> None:
    assert {type(r) for r in table if r.account == PREPROD} == {type(r) for r in table} - {Repository, Store}
    assert list(all_of(table, Repository, PROD)) == ["platform"]
    assert list(all_of(table, Store, PROD)) == ["platform-releases"]
    assert {r.account for r in table} == {PREPROD, PROD}


def test_a_function_may_do_what_is_granted_and_write_its_log(table: tuple[Resource, ...]) -> None:
    assert allowed(role(table, PREPROD, "scorer")) == {
        "arn:aws:dynamodb:eu-central-1:111111111111:table/platform-decisions": {"dynamodb:PutItem"},
        "arn:aws:sns:eu-central-1:111111111111:platform-decisions": {"sns:Publish"},
        "arn:aws:logs:eu-central-1:111111111111:log-group:/aws/lambda/platform-scorer:log-stream:*": {
            "logs:CreateLogStream",
            "logs:PutLogEvents",
        },
    }


def test_scorer_may_not_touch_the_remediation_queue(table: tuple[Resource, ...]) -> None:
    for account in (PREPROD, PROD):
        assert not [arn for arn in allowed(role(table, account, "scorer")) if ":sqs:" in arn]


def test_the_rollback_role_moves_aliases_and_only_looks_at_layers(table: tuple[Resource, ...]) -> None:
    lambda_ = "arn:aws:lambda:eu-central-1:222222222222"
    assert allowed(role(table, PROD, "rollback")) == {
        f"{lambda_}:function:platform-*": {
            "lambda:GetFunction",
            "lambda:GetAlias",
            "lambda:UpdateAlias",
            "lambda:InvokeFunction",
        },
        f"{lambda_}:layer:platform-*:*": {"lambda:GetLayerVersion"},
        "arn:aws:iam::222222222222:role/platform-releases-prod": {"sts:AssumeRole"},
    }


def test_the_deployer_has_the_pipeline_s_half(table: tuple[Resource, ...]) -> None:
    found = allowed(role(table, PREPROD, "deployer"))
    lambda_ = "arn:aws:lambda:eu-central-1:111111111111"
    for kind in ("table/*", "topic/*", "queue/*", "secret/*", "rehearsal"):
        assert found.pop(f"arn:aws:ssm:eu-central-1:111111111111:parameter/platform/{kind}") == {"ssm:GetParameter"}
    assert found == {
        f"{lambda_}:function:platform-*": {
            "lambda:GetFunction",
            "lambda:UpdateFunctionCode",
            "lambda:UpdateFunctionConfiguration",
            "lambda:PublishVersion",
            "lambda:InvokeFunction",
            "lambda:GetAlias",
            "lambda:CreateAlias",
            "lambda:UpdateAlias",
            "lambda:DeleteAlias",
        },
        f"{lambda_}:layer:platform-*": {"lambda:PublishLayerVersion", "lambda:ListLayerVersions"},
        f"{lambda_}:layer:platform-*:*": {"lambda:GetLayerVersion"},
        "arn:aws:ecr:eu-central-1:222222222222:repository/platform": {
            "ecr:BatchGetImage",
            "ecr:GetDownloadUrlForLayer",
        },
        "arn:aws:s3:::platform-releases/archives/*": {"s3:GetObject"},
        "arn:aws:iam::222222222222:role/platform-releases-preprod": {"sts:AssumeRole"},
        "arn:aws:iam::111111111111:role/platform-e2e": {"sts:AssumeRole"},
    }


def test_the_publisher_pushes_and_writes_releases(table: tuple[Resource, ...]) -> None:
    store = "arn:aws:s3:::platform-releases"
    assert allowed(role(table, PROD, "publisher")) == {
        "*": {"ecr:GetAuthorizationToken"},
        "arn:aws:ecr:eu-central-1:222222222222:repository/platform": {*rights.PUSH, *rights.PULL},
        store: {"s3:ListBucket"},
        f"{store}/*": {"s3:GetObject"},
        f"{store}/releases/*": {"s3:PutObject"},
        f"{store}/evidence/*": {"s3:PutObject"},
        f"{store}/archives/*": {"s3:PutObject"},
        "arn:aws:ssm:eu-central-1:222222222222:parameter/platform/rehearsal": {"ssm:GetParameter"},
    }


def without_archives(project: Project) -> Project:
    images = {name: function for name, function in project.functions.items() if function.image}
    return msgspec.structs.replace(project, zips={}, layers={}, functions=images)


def test_a_project_of_images_gives_no_rights_on_archives_or_layers(project: Project) -> None:
    table = resources(without_archives(project))
    named = {arn for s in statements(table) for arn in s.resources}
    assert not [arn for arn in named if "archives" in arn or ":layer:" in arn]
    (store,) = all_of(table, Store).values()
    assert [s.sid for s in store.policy] == ["OnlyByTls"]


def test_a_project_of_zips_gives_no_rights_on_images(project: Project) -> None:
    zips = {name: function for name, function in project.functions.items() if function.zip}
    table = resources(msgspec.structs.replace(project, images={}, functions=zips))
    assert not [s for s in statements(table) if any(action.startswith("ecr:") for action in s.actions)]
    assert all(s.resources or s.principals for s in statements(table)), "IAM refuses a statement that names nothing"


def test_archives_are_written_once_and_read_by_each_environment_s_deployer(table: tuple[Resource, ...]) -> None:
    (store,) = all_of(table, Store).values()
    archives = ["arn:aws:s3:::platform-releases/archives/*"]
    deployers = [
        {
            "Sid": f"{name}Deployer",
            "Effect": "Allow",
            "Action": ["s3:GetObject"],
            "Resource": archives,
            "Principal": {"AWS": [f"arn:aws:iam::{account}:root"]},
            "Condition": {"ArnEquals": {"aws:PrincipalArn": [f"arn:aws:iam::{account}:role/platform-deployer"]}},
        }
        for name, account in (("Preprod", PREPROD), ("Prod", PROD))
    ]
    refused = {
        "Sid": "ArchivesAreWrittenOnce",
        "Effect": "Deny",
        "Action": ["s3:PutObject"],
        "Resource": archives,
        "Principal": {"AWS": ["*"]},
        "Condition": {"Null": {"s3:if-none-match": ["true"]}},
    }
    assert document(store.policy)["Statement"][1:] == [refused, *deployers]


@pytest.mark.parametrize("name", ["preprod", "prod"])
def test_an_environment_writes_its_own_part_of_the_store_and_deletes_nothing(
    table: tuple[Resource, ...], name: str
) -> None:
    store = "arn:aws:s3:::platform-releases"
    assert allowed(role(table, PROD, f"releases-{name}")) == {
        store: {"s3:ListBucket"},
        f"{store}/*": {"s3:GetObject"},
        f"{store}/environments/{name}/*": {"s3:PutObject"},
        f"{store}/rollouts/{name}/*": {"s3:PutObject"},
    }


def test_the_checks_look_and_invoke(table: tuple[Resource, ...]) -> None:
    found = allowed(role(table, PREPROD, "e2e"))
    actions = {action for each in found.values() for action in each}
    assert actions == {
        "ssm:GetParameter",
        "lambda:InvokeFunction",
        "dynamodb:GetItem",
        "secretsmanager:GetSecretValue",
    }
    invoked = [arn for arn, may in found.items() if may == {"lambda:InvokeFunction"}]
    assert invoked == ["arn:aws:lambda:eu-central-1:111111111111:function:platform-*:live"]


JOBS = {
    (PROD, "publisher"): "publish",
    (PREPROD, "deployer"): "preprod",
    (PREPROD, "rollback"): "preprod-rollback",
    (PREPROD, "e2e"): "preprod-e2e",
    (PROD, "deployer"): "prod",
    (PROD, "rollback"): "prod-rollback",
    (PROD, "e2e"): "prod-e2e",
}


def test_each_job_s_role_trusts_its_exact_subjects(table: tuple[Resource, ...]) -> None:
    for (account, name), environment in JOBS.items():
        job = next(s for s in role(table, account, name).trust if s.sid == "Job")
        assert document((job,))["Statement"] == [
            {
                "Sid": "Job",
                "Effect": "Allow",
                "Action": ["sts:AssumeRoleWithWebIdentity"],
                "Principal": {
                    "Federated": [f"arn:aws:iam::{account}:oidc-provider/token.actions.githubusercontent.com"]
                },
                "Condition": {
                    "StringEquals": {
                        "token.actions.githubusercontent.com:aud": ["sts.amazonaws.com"],
                        "token.actions.githubusercontent.com:sub": [
                            f"repo:example/platform:environment:{environment}",
                            f"repo:example@1000001/platform@2000002:environment:{environment}",
                        ],
                    }
                },
            }
        ]


def test_other_roles_are_trusted_by_name(table: tuple[Resource, ...]) -> None:
    chained = {
        r.arn: s.principals["AWS"]
        for r in table
        if isinstance(r, Role)
        for s in r.trust
        if s.actions == ("sts:AssumeRole",) and "AWS" in s.principals
    }
    assert chained == {
        f"arn:aws:iam::{PREPROD}:role/platform-e2e": (f"arn:aws:iam::{PREPROD}:role/platform-deployer",),
        f"arn:aws:iam::{PROD}:role/platform-e2e": (f"arn:aws:iam::{PROD}:role/platform-deployer",),
        f"arn:aws:iam::{PROD}:role/platform-releases-preprod": (
            f"arn:aws:iam::{PREPROD}:role/platform-deployer",
            f"arn:aws:iam::{PREPROD}:role/platform-rollback",
        ),
        f"arn:aws:iam::{PROD}:role/platform-releases-prod": (
            f"arn:aws:iam::{PROD}:role/platform-deployer",
            f"arn:aws:iam::{PROD}:role/platform-rollback",
        ),
    }


def test_without_a_repository_no_job_is_trusted(project: Project) -> None:
    table = resources(msgspec.structs.replace(project, github=None))
    assert not all_of(table, IdentityProvider)
    assert not [s for s in statements(table) if "sts:AssumeRoleWithWebIdentity" in s.actions]


def test_an_account_has_one_identity_provider(table: tuple[Resource, ...]) -> None:
    assert sorted(r.account for r in table if isinstance(r, IdentityProvider)) == [PREPROD, PROD]


def test_images_are_pulled_by_each_environment_s_deployer_and_functions(table: tuple[Resource, ...]) -> None:
    (repository,) = all_of(table, Repository).values()
    assert [s["Condition"] for s in document(repository.policy)["Statement"]] == [
        {"ArnEquals": {"aws:PrincipalArn": [f"arn:aws:iam::{PREPROD}:role/platform-deployer"]}},
        {"ArnLike": {"aws:SourceArn": [f"arn:aws:lambda:eu-central-1:{PREPROD}:function:platform-*"]}},
        {"ArnEquals": {"aws:PrincipalArn": [f"arn:aws:iam::{PROD}:role/platform-deployer"]}},
        {"ArnLike": {"aws:SourceArn": [f"arn:aws:lambda:eu-central-1:{PROD}:function:platform-*"]}},
    ]


def test_everything_calls_the_alias(table: tuple[Resource, ...]) -> None:
    (mapping,) = all_of(table, EventSource, PREPROD).values()
    (topic,) = all_of(table, TopicSource, PREPROD).values()
    url = all_of(table, FunctionUrl, PREPROD)["platform-onboarding:live"]
    assert (mapping.function, mapping.alias) == ("platform-remediator", "live")
    assert (topic.function, topic.alias) == ("platform-listener", "live")
    assert topic.topic == "arn:aws:sns:eu-central-1:111111111111:platform-decisions"
    assert (url.function, url.alias) == ("platform-onboarding", "live")


def test_a_polled_queue_outlasts_its_function_and_fails_into_another(table: tuple[Resource, ...]) -> None:
    queues = all_of(table, Queue, PREPROD)
    queue, dead = queues["platform-remediation"], queues["platform-remediation-dead"]
    assert (queue.visibility_s, queue.receives, queue.dead_letter) == (360, 3, dead.arn)
    assert (dead.dead_letter, dead.policy) == ("", ())
    (fed,) = queue.policy
    assert fed.conditions == {
        "ArnEquals": {"aws:SourceArn": ("arn:aws:sns:eu-central-1:111111111111:platform-decisions",)}
    }
    assert all_of(table, Subscription, PREPROD)["platform-remediation"].filter == {"decision": ("remediate",)}


@pytest.mark.parametrize(("batch", "window"), [(None, 0), (1, 0), (10, 0), (11, 1)])
def test_large_batches_need_a_window(project: Project, batch: int | None, window: int) -> None:
    function = project.functions["remediator"]
    assert function.trigger is not None
    trigger = msgspec.structs.replace(function.trigger, batch=batch)
    functions = {**project.functions, "remediator": msgspec.structs.replace(function, trigger=trigger)}
    made = all_of(resources(msgspec.structs.replace(project, functions=functions)), EventSource, PREPROD)
    assert made["platform-remediator:live"].window_s == window
    assert made["platform-remediator:live"].batch == (batch or 10)


def test_names_are_published_where_the_rollout_looks(table: tuple[Resource, ...], project: Project) -> None:
    parameters = all_of(table, Parameter, PREPROD)
    assert set(parameters) == {f"/platform/{r.replace('.', '/')}" for r in rights.references(project)} | {
        "/platform/url/onboarding"
    }
    assert parameters["/platform/table/decisions"].value == "platform-decisions"
    assert parameters["/platform/topic/decisions"].value == "arn:aws:sns:eu-central-1:111111111111:platform-decisions"
    assert parameters["/platform/queue/remediation"].value == "", "only AWS knows a queue's URL"
    assert parameters["/platform/url/onboarding"].target == "platform-onboarding"


def test_shells_say_what_a_seed_must_be(table: tuple[Resource, ...]) -> None:
    shell = all_of(table, FunctionShell, PREPROD)["platform-scorer"]
    assert shell.repository_uri == "222222222222.dkr.ecr.eu-central-1.amazonaws.com/platform"
    assert (shell.package, shell.architecture, shell.alias, shell.runtime) == ("image", "x86_64", "live", "")
    packed = all_of(table, FunctionShell, PREPROD)["platform-listener"]
    assert (packed.package, packed.architecture, packed.runtime) == ("zip", "arm64", "python3.13")
    assert packed.repository_uri == ""
    assert all_of(table, Table, PREPROD)["platform-accounts"].key == "account_id"
