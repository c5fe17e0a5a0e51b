"""Where the emulator is more lenient than AWS, or does not do at all, what a rehearsal is to prove: made right here.

Its functions are wrapped by name; there is no public door, and its version is pinned. Each wrapper takes the emulator's
function and gives the one that stands in its place.
"""

# ruff: noqa: SLF001 - the emulator's private names are what is corrected

import json
import logging
import platform
import re
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from ministack.core import iam_actions, iam_evaluator
from ministack.core.responses import error_response_json, get_account_id, get_region, request_scope
from ministack.core.router import extract_access_key_id
from ministack.services import lambda_svc, s3, sns

from lockage.rehearsal import layers

UPDATE_SECONDS = 0.1
"""How long an update of a function is under way: long enough to be seen and waited for, as it is on AWS."""

OWN_PLATFORM = {"x86_64": "linux/amd64", "aarch64": "linux/arm64"}.get(platform.machine())

_IAM_NAMES = {"Invoke": "InvokeFunction", "InvokeAsync": "InvokeFunction"}
_SESSION = re.compile(r"arn:aws:sts::(\d{12}):assumed-role/([^/]+)/.*")
_LAYER_VERSION = re.compile(r".*/layers/([^/]+)/versions/(\d+)")

Answer = tuple[int, dict[str, str], bytes]
Handler = Callable[[str, str, dict[str, str], bytes, dict[str, Any]], Awaitable[Answer]]


def correct(runtimes: Mapping[str, str]) -> None:
    """Make the emulator as strict as AWS, and no slower than it must be.

    Args:
        runtimes: Lambda's name of a runtime → the image on this machine that zips for it run in.
    """
    lambda_svc._RUNTIME_IMAGE_MAP.update(runtimes)
    lambda_svc._LAMBDA_STATE_TRANSITION_DELAY = UPDATE_SECONDS
    lambda_svc._warm_pool_key = per_version(lambda_svc._warm_pool_key)
    lambda_svc._declared_docker_platform = foreign(lambda_svc._declared_docker_platform)
    lambda_svc._spawn_lambda_container_impl = layers.beside(here_or_not(lambda_svc._spawn_lambda_container_impl))
    lambda_svc._wire_cognito_issuer_host = layers.mounting(lambda_svc._wire_cognito_issuer_host)
    iam_actions._BOTOCORE_SERVICE_MAP["lambda"] = ["lambda"]
    iam_actions._lambda_action = lambda_action
    iam_actions.extract_iam_action = layer_action(iam_actions.extract_iam_action)
    iam_actions.extract_resource_arn = layer_resource(iam_actions.extract_resource_arn)
    iam_actions.s3_service_context = with_condition(iam_actions.s3_service_context)
    iam_evaluator._resolve_condition_key = by_role(iam_evaluator._resolve_condition_key)
    s3.bucket_policy_for_arn = whoever_owns_it(s3.bucket_policy_for_arn)
    lambda_svc._fetch_code_from_s3 = whoever_owns_it(lambda_svc._fetch_code_from_s3)
    lambda_svc.handle_request = asking_more(lambda_svc.handle_request)
    sns._deliver_to_lambda = if_permitted(sns._deliver_to_lambda)


def lambda_action(method: str, path: str) -> str | None:
    """The IAM action of a Lambda call, from botocore's own list of operations; None for no known operation.

    Out of the box all calls on an alias but one pass as ``lambda:ListAliases``: who may only look could move traffic.
    """
    operation: str | None = iam_actions._match_rest_action("lambda", method, path)
    return _IAM_NAMES.get(operation, operation) if operation else None


def layer_action(extract: Callable[..., str | None]) -> Callable[..., str | None]:
    """``GetLayerVersionByArn`` is authorized as ``GetLayerVersion``: it has no action of its own."""

    def corrected(
        service: str, method: str, path: str, headers: dict[str, str], body: bytes, query: dict[str, Any]
    ) -> str | None:
        asked = service == "lambda" and "/layers" in path and _first(query, "find") == "LayerVersion"
        return "lambda:GetLayerVersion" if asked else extract(service, method, path, headers, body, query)

    return corrected


def layer_resource(extract: Callable[..., str]) -> Callable[..., str]:
    """A layer's version is a resource of its own; out of the box it is the layer, or by its ARN everything.

    https://docs.aws.amazon.com/lambda/latest/dg/permissions-user-layer.html
    """

    def corrected(service: str, method: str, path: str, headers: dict[str, str], body: bytes, *rest: Any) -> str:  # noqa: ANN401 - handed on
        if service == "lambda" and "/layers" in path:
            if _first(rest[0], "find") == "LayerVersion":
                return _first(rest[0], "Arn")
            if named := _LAYER_VERSION.match(path):
                return f"arn:aws:lambda:{get_region()}:{get_account_id()}:layer:{named[1]}:{named[2]}"
        return extract(service, method, path, headers, body, *rest)

    return corrected


def per_version(key: Callable[[str, dict[str, Any]], str]) -> Callable[[str, dict[str, Any]], str]:
    """A key of the pool of warm containers that keeps published versions apart.

    Out of the box versions of the same code share them, and one answers with another's memory and environment.
    """

    def corrected(name: str, config: dict[str, Any]) -> str:
        version = config.get("Version", "$LATEST")
        return key(name if version == "$LATEST" else f"{name}@{version}", config)

    return corrected


def foreign(declared: Callable[[dict[str, Any]], str | None]) -> Callable[[dict[str, Any]], str | None]:
    """The platform that a container must be held to; None for this machine's own, which needs no 0.25 s to prove it."""

    def corrected(config: dict[str, Any]) -> str | None:
        found = declared(config)
        return None if found == OWN_PLATFORM else found

    return corrected


def here_or_not(spawn: Callable[..., Any]) -> Callable[..., Any]:
    """What this machine cannot run does not run; out of the box it runs as if it were for this machine."""

    def corrected(config: dict[str, Any], code: bytes | None, declared: bool) -> Any:  # noqa: ANN401, FBT001 - the emulator's
        if not declared:
            wanted = ", ".join(config.get("Architectures", ()))
            raise RuntimeError(f"{config['FunctionName']} is for {wanted}, which this machine does not run")
        return spawn(config, code, declared)

    return corrected


def with_condition(context: Callable[..., dict[str, Any]]) -> Callable[..., dict[str, Any]]:
    """A write's ``s3:if-none-match``, by which a bucket's policy can hold that nothing is written anew.

    https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes-enforce.html
    """

    def corrected(action: str, query: dict[str, Any], path: str, headers: dict[str, str]) -> dict[str, Any]:
        found = context(action, query, path, headers)
        condition = headers.get("if-none-match")
        return {**found, "s3:if-none-match": condition} if action == "s3:PutObject" and condition else found

    return corrected


def by_role(resolve: Callable[[str, Any], Any]) -> Callable[[str, Any], Any]:
    """``aws:PrincipalArn`` of a session is its role's ARN, as on AWS; out of the box the session's own."""

    def corrected(key: str, context: Any) -> Any:  # noqa: ANN401 - as the emulator has them
        found = resolve(key, context)
        session = _SESSION.fullmatch(found) if key.lower() == "aws:principalarn" else None
        return f"arn:aws:iam::{session[1]}:role/{session[2]}" if session else found

    return corrected


def whoever_owns_it(read: Callable[..., Any]) -> Callable[..., Any]:
    """Buckets are one namespace for all accounts: what is read of one is read in its owner's account.

    Args:
        read: takes a bucket's name, or the ARN of something in it, first.
    """

    def corrected(bucket: str, *rest: Any, **more: Any) -> Any:  # noqa: ANN401 - handed on
        owner = s3._bucket_owner_account(bucket.removeprefix("arn:aws:s3:::").partition("/")[0])
        with request_scope(owner or get_account_id(), get_region()):
            return read(bucket, *rest, **more)

    return corrected


def asking_more(handle: Handler) -> Handler:
    """Lambda reads archives and layers with the rights of whoever names them; out of the box nobody's are asked."""

    async def corrected(method: str, path: str, headers: dict[str, str], body: bytes, query: dict[str, Any]) -> Answer:
        for service, action, resource in also_needed(method, body):
            key = extract_access_key_id(headers, query)
            denied = iam_evaluator.enforce(key, action, service, get_region(), resource_arn=resource)
            if denied:
                caller = getattr(denied, "principal_arn", "an unknown caller")
                said = f"User: {caller} is not authorized to perform: {action} on resource: {resource}"
                refusal: Answer = error_response_json("AccessDeniedException", said, 403)
                return refusal
        return await handle(method, path, headers, body, query)

    return corrected


def also_needed(method: str, body: bytes) -> list[tuple[str, str, str]]:
    """What the caller of a Lambda API must be allowed besides: service, action, resource."""
    try:
        said = json.loads(body) if method in {"POST", "PUT"} and body else {}
    except ValueError:
        return []
    if not isinstance(said, dict):
        return []
    places = [place for place in (said, said.get("Code"), said.get("Content")) if isinstance(place, dict)]
    archives = [f"arn:aws:s3:::{p['S3Bucket']}/{p['S3Key']}" for p in places if "S3Bucket" in p and "S3Key" in p]
    attached = [layer for layer in said.get("Layers") or () if isinstance(layer, str)]
    return [
        *(("s3", "s3:GetObject", arn) for arn in archives),
        *(("lambda", "lambda:GetLayerVersion", arn) for arn in attached),
    ]


def if_permitted(deliver: Callable[..., None]) -> Callable[..., None]:
    """A topic calls a function only if the function's policy lets this topic; out of the box it always does."""

    def corrected(endpoint: str, envelope: str, topic: str, *rest: Any) -> None:  # noqa: ANN401 - handed on
        found = lambda_svc.function_policy_for_arn(endpoint)
        context = iam_evaluator.EvalContext(
            principal_arn="*",
            principal_type="Service",
            principal_account="",
            action="lambda:InvokeFunction",
            resource_arn=endpoint,
            region=get_region(),
            service_context={"aws:sourcearn": topic},
        )
        policy = found[0] if found else None
        if iam_evaluator.evaluate_resource_policy(policy, context, service="sns.amazonaws.com").decision == "Allow":
            deliver(endpoint, envelope, topic, *rest)
        else:
            logging.getLogger("sns").warning("the policy of %s lets %s not call it", endpoint, topic)

    return corrected


def _first(query: dict[str, Any], name: str) -> str:
    value = query.get(name, "")
    return str(value[0] if isinstance(value, list) and value else value)
