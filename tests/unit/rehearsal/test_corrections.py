# ruff: noqa: SLF001 - the emulator's private names are what is corrected
import json
from types import ModuleType
from typing import Any

import pytest
from ministack.core import iam_actions, iam_evaluator
from ministack.services import lambda_svc, s3, sns

from lockage.rehearsal.corrections import (
    OWN_PLATFORM,
    also_needed,
    correct,
    foreign,
    here_or_not,
    lambda_action,
    per_version,
)

LAMBDA = "arn:aws:lambda:eu-central-1:111111111111"
FUNCTION = "/2015-03-31/functions/platform-scorer"
LAYERS = "/2018-10-31/layers"

CORRECTED: dict[ModuleType, tuple[str, ...]] = {
    iam_actions: ("_lambda_action", "extract_iam_action", "extract_resource_arn", "s3_service_context"),
    iam_evaluator: ("_resolve_condition_key",),
    lambda_svc: (
        "_LAMBDA_STATE_TRANSITION_DELAY",
        "_declared_docker_platform",
        "_fetch_code_from_s3",
        "_spawn_lambda_container_impl",
        "_warm_pool_key",
        "_wire_cognito_issuer_host",
        "handle_request",
    ),
    s3: ("bucket_policy_for_arn",),
    sns: ("_deliver_to_lambda",),
}


@pytest.fixture(autouse=True)
def corrected(monkeypatch: pytest.MonkeyPatch) -> None:
    for module, names in CORRECTED.items():
        for name in names:
            monkeypatch.setattr(module, name, getattr(module, name))
    monkeypatch.setitem(iam_actions._BOTOCORE_SERVICE_MAP, "lambda", ["lambda"])
    monkeypatch.setitem(lambda_svc._RUNTIME_IMAGE_MAP, "python3.13", "")
    correct({"python3.13": "standin/python:3.13"})


def action(method: str, path: str, query: dict[str, Any] | None = None) -> str | None:
    found: str | None = iam_actions.extract_iam_action("lambda", method, path, {}, b"", query or {})
    return found


def resource(path: str, query: dict[str, Any] | None = None) -> str:
    region, account = "eu-central-1", "111111111111"
    found: str = iam_actions.extract_resource_arn("lambda", "GET", path, {}, b"", query or {}, region, account)
    return found


@pytest.mark.parametrize(
    ("method", "path", "name"),
    [
        ("PUT", f"{FUNCTION}/aliases/live", "UpdateAlias"),
        ("GET", f"{FUNCTION}/aliases/live", "GetAlias"),
        ("DELETE", f"{FUNCTION}/aliases/live", "DeleteAlias"),
        ("POST", f"{FUNCTION}/aliases", "CreateAlias"),
        ("GET", f"{FUNCTION}/aliases", "ListAliases"),
        ("POST", f"{FUNCTION}/invocations", "InvokeFunction"),
        ("PUT", f"{FUNCTION}/code", "UpdateFunctionCode"),
        ("PUT", f"{FUNCTION}/configuration", "UpdateFunctionConfiguration"),
        ("POST", f"{FUNCTION}/versions", "PublishVersion"),
        ("GET", FUNCTION, "GetFunction"),
        ("POST", f"{LAYERS}/platform-deps/versions", "PublishLayerVersion"),
        ("GET", f"{LAYERS}/platform-deps/versions", "ListLayerVersions"),
        ("GET", f"{LAYERS}/platform-deps/versions/3", "GetLayerVersion"),
    ],
)
def test_a_call_is_authorized_under_its_own_name(method: str, path: str, name: str) -> None:
    assert lambda_action(method, path) == name
    assert action(method, path) == f"lambda:{name}"


def test_a_layer_s_version_is_authorized_as_itself_however_it_is_asked_for() -> None:
    by_arn = {"find": ["LayerVersion"], "Arn": [f"{LAMBDA}:layer:platform-deps:3"]}
    assert action("GET", LAYERS, by_arn) == "lambda:GetLayerVersion"
    assert resource(LAYERS, by_arn) == f"{LAMBDA}:layer:platform-deps:3"
    assert resource(f"{LAYERS}/platform-deps/versions/3").endswith(":layer:platform-deps:3")
    assert resource(f"{LAYERS}/platform-deps/versions") == f"{LAMBDA}:layer:platform-deps"
    assert action("GET", LAYERS) == "lambda:ListLayers"


def test_versions_of_one_image_do_not_share_containers() -> None:
    image = {
        "PackageType": "Image",
        "ImageUri": "localhost:1/platform@sha256:0",
        "FunctionArn": f"{LAMBDA}:function:f",
    }
    one, two, latest = (lambda_svc._warm_pool_key("f", image | {"Version": v}) for v in ("1", "2", "$LATEST"))
    assert len({one, two, latest}) == 3
    assert latest.split(":")[2] == "f", "the emulator drops the containers of $LATEST by this part of the key"


def test_the_unpublished_version_keeps_its_key() -> None:
    key = per_version(lambda name, config: f"{name} {config}")
    assert key("f", {}) == "f {}"


def test_only_a_foreign_platform_is_held_to() -> None:
    assert foreign(lambda _: OWN_PLATFORM)({}) is None
    assert foreign(lambda config: f"linux/{config['other']}")({"other": "riscv64"}) == "linux/riscv64"
    assert lambda_svc._declared_docker_platform({"FunctionName": "nobody"}) is None


def test_what_this_machine_cannot_run_does_not_run_as_something_else() -> None:
    started = here_or_not(lambda config, code, declared: (config, code, declared))
    config = {"FunctionName": "f", "Architectures": ["arm64"]}
    assert started(config, b"", True) == (config, b"", True)  # noqa: FBT003 - the emulator's
    with pytest.raises(RuntimeError, match="f is for arm64, which this machine does not run"):
        started(config, b"", False)  # noqa: FBT003 - as above


def test_zips_run_in_the_image_that_is_given_for_their_runtime() -> None:
    assert lambda_svc._docker_image_for_runtime("python3.13") == "standin/python:3.13"


@pytest.mark.parametrize(
    ("method", "said", "needed"),
    [
        ("PUT", {"S3Bucket": "store", "S3Key": "archives/a.zip"}, [("s3", "s3:GetObject", "archives/a.zip")]),
        ("POST", {"Content": {"S3Bucket": "store", "S3Key": "b.zip"}}, [("s3", "s3:GetObject", "b.zip")]),
        ("POST", {"Code": {"S3Bucket": "store", "S3Key": "c.zip"}}, [("s3", "s3:GetObject", "c.zip")]),
        ("PUT", {"Layers": [f"{LAMBDA}:layer:l:1"]}, [("lambda", "lambda:GetLayerVersion", ":layer:l:1")]),
        ("PUT", {"ImageUri": "x"}, []),
        ("PUT", {"Layers": []}, []),
        ("PUT", [], []),
        ("GET", {"Layers": [f"{LAMBDA}:layer:l:1"]}, []),
    ],
)
def test_what_a_call_reads_is_asked_of_its_caller(
    method: str, said: object, needed: list[tuple[str, str, str]]
) -> None:
    found = also_needed(method, json.dumps(said).encode())
    assert [(service, name) for service, name, _ in found] == [(service, name) for service, name, _ in needed]
    assert all(arn.endswith(end) for (*_, arn), (*_, end) in zip(found, needed, strict=True))


def test_an_event_that_is_no_json_needs_nothing() -> None:
    assert also_needed("POST", b"\x00") == []


def test_a_session_is_its_role_to_a_condition() -> None:
    def principal(arn: str) -> object:
        context = iam_evaluator.EvalContext(
            principal_arn=arn, principal_type="", principal_account="", action="", resource_arn="", region=""
        )
        return iam_evaluator._resolve_condition_key("aws:PrincipalArn", context)

    assert principal("arn:aws:sts::111111111111:assumed-role/d/job") == "arn:aws:iam::111111111111:role/d"
    assert principal("arn:aws:iam::111111111111:user/u") == "arn:aws:iam::111111111111:user/u"


def test_a_write_s_condition_is_seen_by_policies() -> None:
    def context(action: str, headers: dict[str, str]) -> object:
        found: dict[str, Any] = iam_actions.s3_service_context(action, {}, "/store/archives/a.zip", headers)
        return found.get("s3:if-none-match")

    assert context("s3:PutObject", {"if-none-match": "*"}) == "*"
    assert context("s3:PutObject", {}) is None
    assert context("s3:GetObject", {"if-none-match": "*"}) is None
