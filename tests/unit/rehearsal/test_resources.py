import re
from pathlib import Path
from typing import TypeVar

import msgspec
import pytest

from lockage.config.load import load_project
from lockage.config.schema import Project
from lockage.rehearsal import rights
from lockage.rehearsal.policies import Statement, document
from lockage.rehearsal.resources import (
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
    resources,
)

R = TypeVar("R", bound=Resource)

PREPROD, PROD = "111111111111", "222222222222"

NAMES_AWS_CHOOSES = {
    r"\*": "ecr:GetAuthorizationToken has no resource",
    r"arn:aws:logs:.*:log-group:/aws/lambda/[a-z-]+:log-stream:\*": "log streams",
    r"arn:aws:lambda:.*:function:[a-z-]+:\*": "a function's versions",
    r"arn:aws:secretsmanager:.*:secret:[a-z-]+-\?{6}": "the ending of a secret's ARN",
    r"arn:aws:s3:::platform-releases/([a-z]+/([a-z]+/)?)?\*": "keys under a prefix of the store",
}


@pytest.fixture(scope="module")
def project() -> Project:
    return load_project(Path(__file__).parents[3] / "lockage.yaml", files=False)


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


def test_resources_are_exact_where_their_names_are_known(table: tuple[Resource, ...]) -> None:
    named = {arn for r in table if isinstance(r, Role) for s in r.statements for arn in s.resources}
    wild = {arn for arn in named if re.search(r"[*?]", arn)}
    for arn in wild:
        assert any(re.fullmatch(pattern, arn) for pattern in NAMES_AWS_CHOOSES), arn
    for pattern, what in NAMES_AWS_CHOOSES.items():
        assert any(re.fullmatch(pattern, arn) for arn in wild), f"no policy names {what} any more"


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


def functions(account: str) -> set[str]:
    names = ("scorer", "remediator", "onboarding")
    return {f"arn:aws:lambda:eu-central-1:{account}:function:platform-{name}{q}" for name in names for q in ("", ":*")}


def test_the_rollback_role_moves_aliases_and_nothing_else(table: tuple[Resource, ...]) -> None:
    expected = {
        arn: {"lambda:GetFunction", "lambda:GetAlias", "lambda:UpdateAlias", "lambda:InvokeFunction"}
        for arn in functions(PROD)
    }
    store = "arn:aws:iam::222222222222:role/platform-releases-prod"
    assert allowed(role(table, PROD, "rollback")) == {**expected, store: {"sts:AssumeRole"}}


def test_the_deployer_has_the_pipeline_s_half(table: tuple[Resource, ...]) -> None:
    found = allowed(role(table, PREPROD, "deployer"))
    for arn in functions(PREPROD):
        assert found.pop(arn) == {
            "lambda:GetFunction",
            "lambda:UpdateFunctionCode",
            "lambda:UpdateFunctionConfiguration",
            "lambda:PublishVersion",
            "lambda:InvokeFunction",
            "lambda:GetAlias",
            "lambda:CreateAlias",
            "lambda:UpdateAlias",
            "lambda:DeleteAlias",
        }
    names = ("table/decisions", "table/remediations", "table/accounts", "topic/decisions", "queue/remediation")
    for name in (*names, "secret/onboarding-token", "rehearsal"):
        assert found.pop(f"arn:aws:ssm:eu-central-1:111111111111:parameter/platform/{name}") == {"ssm:GetParameter"}
    assert found == {
        "arn:aws:ecr:eu-central-1:222222222222:repository/platform": {
            "ecr:BatchGetImage",
            "ecr:GetDownloadUrlForLayer",
        },
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
        "arn:aws:ssm:eu-central-1:222222222222:parameter/platform/rehearsal": {"ssm:GetParameter"},
    }


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
    invoked = {arn for arn, may in found.items() if may == {"lambda:InvokeFunction"}}
    assert all(arn.endswith(":live") for arn in invoked)
    assert len(invoked) == 3


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
    (url,) = all_of(table, FunctionUrl, PREPROD).values()
    assert (mapping.function, mapping.alias) == ("platform-remediator", "live")
    assert (url.function, url.alias) == ("platform-onboarding", "live")


def test_a_polled_queue_outlasts_its_function_and_fails_into_another(table: tuple[Resource, ...]) -> None:
    queues = all_of(table, Queue, PREPROD)
    queue, dead = queues["platform-remediation"], queues["platform-remediation-dead"]
    assert (queue.visibility_s, queue.receives, queue.dead_letter) == (180, 3, dead.arn)
    assert (dead.dead_letter, dead.policy) == ("", ())
    (fed,) = queue.policy
    assert fed.conditions == {
        "ArnEquals": {"aws:SourceArn": ("arn:aws:sns:eu-central-1:111111111111:platform-decisions",)}
    }
    assert all_of(table, Subscription, PREPROD)["platform-remediation"].filter == {"decision": ("remediate",)}


@pytest.mark.parametrize(("batch", "window"), [(1, 0), (10, 0), (11, 1)])
def test_large_batches_need_a_window(project: Project, batch: int, window: int) -> None:
    function = project.functions["remediator"]
    assert function.trigger is not None
    trigger = msgspec.structs.replace(function.trigger, batch=batch)
    functions = {**project.functions, "remediator": msgspec.structs.replace(function, trigger=trigger)}
    made = all_of(resources(msgspec.structs.replace(project, functions=functions)), EventSource, PREPROD)
    assert made["platform-remediator:live"].window_s == window


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
    assert (shell.architecture, shell.alias) == ("x86_64", "live")
    assert all_of(table, Table, PREPROD)["platform-accounts"].key == "account_id"
