"""How a function is asked: what Lambda would set around it, and the event."""

import hashlib
import re
from collections.abc import Mapping

import msgspec

from lockage.config.schema import Project
from lockage.model.canonical import content_digest
from lockage.model.ids import Digest

_NOWHERE = "000000000000"
_REFERENCE = re.compile(r"\$\{(table|topic|queue|secret)\.([a-z][a-z0-9-]*)\}")


class Call(msgspec.Struct, frozen=True, kw_only=True):
    """One function, one event."""

    function: str
    """Its name in ``lockage.yaml``."""
    handler: str
    memory_mb: int
    timeout_s: int
    variables: Mapping[str, str]
    event: bytes
    """JSON."""

    @property
    def asked(self) -> Digest:
        """Over all of it but the name."""
        settings = (self.handler, self.memory_mb, self.timeout_s, sorted(self.variables.items()))
        return content_digest((settings, hashlib.sha256(self.event).hexdigest()))


def call(name: str, project: Project, event: bytes, overrides: Mapping[str, str] | None = None) -> Call:
    """A call as a function is declared.

    Args:
        name: the function's.
        project: what ``lockage.yaml`` says.
        event: JSON.
        overrides: variables in place of, or beside, the declared ones.
    """
    function = project.functions[name]
    return Call(
        function=name,
        handler=function.handler,
        memory_mb=function.memory_mb,
        timeout_s=function.timeout_s,
        variables={**variables(name, project), **(overrides or {})},
        event=event,
    )


def variables(name: str, project: Project) -> dict[str, str]:
    """What Lambda would set, and what is declared; references become the names that resources would have.

    No account stands behind a local run, so ARNs and URLs name account 000000000000, and there are no credentials.
    https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html
    """
    function, full_name = project.functions[name], project.function_name(name)
    region = next(iter(project.environments.values())).region
    declared = {key: _filled(value, project.project, region) for key, value in function.environment.items()}
    return {
        "AWS_REGION": region,
        "AWS_DEFAULT_REGION": region,
        "AWS_LAMBDA_FUNCTION_NAME": full_name,
        "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(function.memory_mb),
        "AWS_LAMBDA_FUNCTION_TIMEOUT": str(function.timeout_s),  # the emulator's own: when it gives up
        "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
        "AWS_LAMBDA_LOG_GROUP_NAME": f"/aws/lambda/{full_name}",
        "TZ": ":UTC",
        **declared,
    }


def _filled(value: str, project: str, region: str) -> str:
    shapes = {
        "table": "{name}",
        "topic": "arn:aws:sns:{region}:{account}:{name}",
        "queue": "https://sqs.{region}.amazonaws.com/{account}/{name}",
        "secret": "arn:aws:secretsmanager:{region}:{account}:secret:{name}",
    }

    def named(match: re.Match[str]) -> str:
        return shapes[match[1]].format(name=f"{project}-{match[2]}", region=region, account=_NOWHERE)

    return _REFERENCE.sub(named, value)
