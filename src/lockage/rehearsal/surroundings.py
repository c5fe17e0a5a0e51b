"""The environment variables of a rehearsal: every service is the embedded AWS, and nobody has credentials by default.

The verbs inside write no summaries or outputs of a GitHub job either: the job sees one rehearsal, not its parts.

The code under rehearsal knows nothing of the embedded AWS; these variables, and the roles that each step is given, are
all the difference.
"""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

_NOWHERE = "/dev/null"


@contextmanager
def surroundings(endpoint: str, host: str) -> Iterator[None]:
    """Inside, boto3 finds the embedded AWS and none of the user's credentials; afterwards all is as before.

    Args:
        endpoint: the embedded AWS.
        host: its address, which no proxy is asked for.
    """
    with _environment(_variables(endpoint, host)):
        yield


def _variables(endpoint: str, host: str) -> dict[str, str | None]:
    direct = ",".join(filter(None, (os.environ.get("NO_PROXY"), host, "localhost", "127.0.0.1")))
    return {
        **{name: None for name in os.environ if name.startswith(("AWS_", "GITHUB_"))},
        "AWS_ENDPOINT_URL": endpoint,
        "AWS_CONFIG_FILE": _NOWHERE,
        "AWS_SHARED_CREDENTIALS_FILE": _NOWHERE,
        "AWS_EC2_METADATA_DISABLED": "true",
        "NO_PROXY": direct,
        "no_proxy": direct,
    }


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
