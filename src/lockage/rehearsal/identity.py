"""Who a step of the rehearsal is: the environment variables that boto3's own chain of credentials reads.

The code under rehearsal knows nothing of the embedded AWS; these variables are all the difference.
"""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from lockage.rehearsal.operator import Credentials, Operator

_NOWHERE = "/dev/null"


def variables(operator: Operator, credentials: Credentials) -> dict[str, str | None]:
    """The environment of a job with these credentials in the operator's Region; None stands for *absent*."""
    proxied_not = ",".join(filter(None, (os.environ.get("NO_PROXY"), operator.aws.host, "localhost", "127.0.0.1")))
    return {
        "AWS_ACCESS_KEY_ID": credentials.key,
        "AWS_SECRET_ACCESS_KEY": credentials.secret,
        "AWS_SESSION_TOKEN": credentials.token or None,
        "AWS_REGION": operator.region,
        "AWS_DEFAULT_REGION": operator.region,
        "AWS_ENDPOINT_URL": operator.aws.endpoint,
        "AWS_CONFIG_FILE": _NOWHERE,
        "AWS_SHARED_CREDENTIALS_FILE": _NOWHERE,
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_PROFILE": None,
        "NO_PROXY": proxied_not,
        "no_proxy": proxied_not,
    }


@contextmanager
def acting_as(operator: Operator, role: str = "") -> Iterator[None]:
    """Everything inside runs as a role of the operator's account, or as its root; afterwards all is as before."""
    credentials = operator.assume(role) if role else operator.credentials()
    with _environment(variables(operator, credentials)):
        yield


@contextmanager
def _environment(changes: Mapping[str, str | None]) -> Iterator[None]:
    before = {name: os.environ.get(name) for name in changes}
    _apply(changes)
    try:
        yield
    finally:
        _apply(before)


def _apply(changes: Mapping[str, str | None]) -> None:
    for name, value in changes.items():
        if value is None:
            os.environ.pop(name, None)
        else:
            os.environ[name] = value
