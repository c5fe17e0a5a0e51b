"""End-to-end checks of one environment, which ``LOCKAGE_ENV`` names: ``lockage e2e --env NAME`` runs them.

They are collected only when asked for by their folder, so that a plain ``pytest`` never reaches into an environment.
"""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from e2e.environment import Api, Environment
from e2e.journeys import Journeys, begun

from lockage.errors import LockageError

HERE = Path(__file__).parent


def pytest_sessionstart(session: pytest.Session) -> None:
    """Asked for, the checks need to know where."""
    if _asked_for(session.config) and not os.environ.get("LOCKAGE_ENV"):
        raise pytest.UsageError("these are checks of an environment: run `lockage e2e --env NAME`, or set LOCKAGE_ENV")


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Not asked for, they are not there."""
    return True if collection_path.suffix == ".py" and not _asked_for(config) else None


def _asked_for(config: pytest.Config) -> bool:
    named = [(config.invocation_params.dir / argument.split("::")[0]).resolve() for argument in config.args]
    return any(path.is_relative_to(HERE) for path in named)


@pytest.fixture(scope="session")
def environment() -> Environment:
    """The environment under check; credentials for any other account end the run."""
    try:
        return Environment.from_variables()
    except LockageError as error:
        pytest.exit(error.render(), returncode=pytest.ExitCode.USAGE_ERROR)


@pytest.fixture(scope="session")
def journeys(environment: Environment) -> Iterator[Journeys]:
    """Messages that set out with the first check."""
    if not environment.served:
        pytest.skip("queues and topics lead to the alias, not to the version under check")
    with begun(environment) as under_way:
        yield under_way


@pytest.fixture(scope="session", autouse=True)
def _set_out(request: pytest.FixtureRequest) -> None:
    """Send what some check of this run will look for, and nothing else."""
    if any(_looks_for_messages(one) for one in request.session.items) and request.getfixturevalue("environment").served:
        request.getfixturevalue("journeys")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Modules that look for messages come last: by then these have arrived, and whoever took them is free again."""
    last = {one.path for one in items if _looks_for_messages(one)}
    items.sort(key=lambda one: one.path in last)


def _looks_for_messages(check: pytest.Item) -> bool:
    return "journeys" in getattr(check, "fixturenames", ())


@pytest.fixture(scope="session")
def api(environment: Environment) -> Api:
    """The onboarding API."""
    return Api(environment, "onboarding")
