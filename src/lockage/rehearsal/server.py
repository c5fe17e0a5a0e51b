"""The embedded AWS's own process: ``python -m lockage.rehearsal.server HOST:PORT…``.

Serves the emulator on several addresses at once, and corrects it where it is more lenient than AWS in what a rehearsal
is to prove. Everything else is configured by the emulator's environment variables (see ``embedded``).
"""

import asyncio
import platform
import sys
from collections.abc import Callable
from typing import Any

from hypercorn.asyncio import serve
from hypercorn.config import Config
from ministack.core import iam_actions
from ministack.services import lambda_svc

_KEEP_ALIVE_SECONDS = 75
_IAM_NAMES = {"Invoke": "InvokeFunction", "InvokeAsync": "InvokeFunction"}
_UPDATE_SECONDS = 0.1
"""How long an update of a function is under way: long enough to be seen and waited for, as it is on AWS."""

_OWN_PLATFORM = {"x86_64": "linux/amd64", "aarch64": "linux/arm64"}.get(platform.machine())


def correct() -> None:
    """Make the emulator as strict as AWS, and no slower than it must be.

    - Every call on an alias is authorized under its own action name; out of the box all but one pass as
      ``lambda:ListAliases``, so that a role which may only look could move traffic.
    - Each published version has warm containers of its own; out of the box versions with the same image share them,
      and one version answers with another's memory and environment.
    """
    iam_actions._BOTOCORE_SERVICE_MAP["lambda"] = ["lambda"]  # noqa: SLF001 - no public door; the version is pinned
    iam_actions._lambda_action = lambda_action  # noqa: SLF001 - as above
    lambda_svc._warm_pool_key = per_version(lambda_svc._warm_pool_key)  # noqa: SLF001 - as above
    lambda_svc._declared_docker_platform = foreign(lambda_svc._declared_docker_platform)  # noqa: SLF001 - as above
    lambda_svc._LAMBDA_STATE_TRANSITION_DELAY = _UPDATE_SECONDS  # noqa: SLF001 - as above


def lambda_action(method: str, path: str) -> str | None:
    """The IAM action of a Lambda call, from botocore's own list of operations; None for no known operation."""
    operation: str | None = iam_actions._match_rest_action("lambda", method, path)  # noqa: SLF001 - as in correct
    return _IAM_NAMES.get(operation, operation) if operation else None


def per_version(key: Callable[[str, dict[str, Any]], str]) -> Callable[[str, dict[str, Any]], str]:
    """A key of the pool of warm containers that keeps published versions apart."""

    def corrected(name: str, config: dict[str, Any]) -> str:
        version = config.get("Version", "$LATEST")
        return key(name if version == "$LATEST" else f"{name}@{version}", config)

    return corrected


def foreign(declared: Callable[[dict[str, Any]], str | None]) -> Callable[[dict[str, Any]], str | None]:
    """The platform that a container must be held to; None for this machine's own, which needs no 0.25 s to prove it."""

    def corrected(config: dict[str, Any]) -> str | None:
        found = declared(config)
        return None if found == _OWN_PLATFORM else found

    return corrected


def main(addresses: list[str]) -> None:
    """Serve until interrupted or terminated."""
    from ministack.app import app  # noqa: PLC0415 - sets up logging on import, for this process only

    correct()
    config = Config()
    config.bind = addresses
    config.keep_alive_timeout = _KEEP_ALIVE_SECONDS
    asyncio.run(serve(app, config))


if __name__ == "__main__":
    main(sys.argv[1:])
