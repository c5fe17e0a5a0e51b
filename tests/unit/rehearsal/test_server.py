# ruff: noqa: SLF001 - the emulator's private names are what is corrected
import pytest
from ministack.core import iam_actions
from ministack.services import lambda_svc

from lockage.rehearsal.server import _OWN_PLATFORM, correct, foreign, lambda_action, per_version

ARN = "arn:aws:lambda:eu-central-1:111111111111:function:f"
FUNCTION = "/2015-03-31/functions/platform-scorer"


@pytest.fixture(autouse=True)
def corrected(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(iam_actions, "_lambda_action", iam_actions._lambda_action)
    monkeypatch.setattr(lambda_svc, "_warm_pool_key", lambda_svc._warm_pool_key)
    monkeypatch.setattr(lambda_svc, "_LAMBDA_STATE_TRANSITION_DELAY", 0.5)
    monkeypatch.setattr(lambda_svc, "_declared_docker_platform", lambda_svc._declared_docker_platform)
    monkeypatch.setitem(iam_actions._BOTOCORE_SERVICE_MAP, "lambda", ["lambda"])
    correct()


@pytest.mark.parametrize(
    ("method", "path", "action"),
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
    ],
)
def test_a_call_is_authorized_under_its_own_name(method: str, path: str, action: str) -> None:
    assert lambda_action(method, path) == action
    assert iam_actions.extract_iam_action("lambda", method, path, {}, b"", {}) == f"lambda:{action}"


def test_versions_of_one_image_do_not_share_containers() -> None:
    image = {"PackageType": "Image", "ImageUri": "localhost:1/platform@sha256:0", "FunctionArn": ARN}
    one, two, latest = (lambda_svc._warm_pool_key("f", image | {"Version": v}) for v in ("1", "2", "$LATEST"))
    assert len({one, two, latest}) == 3
    assert latest.split(":")[2] == "f", "the emulator drops the containers of $LATEST by this part of the key"


def test_the_unpublished_version_keeps_its_key() -> None:
    key = per_version(lambda name, config: f"{name} {config}")
    assert key("f", {}) == "f {}"


def test_only_a_foreign_platform_is_held_to() -> None:
    assert foreign(lambda _: _OWN_PLATFORM)({}) is None
    assert foreign(lambda config: f"linux/{config['other']}")({"other": "riscv64"}) == "linux/riscv64"
    assert lambda_svc._declared_docker_platform({"FunctionName": "nobody"}) is None
