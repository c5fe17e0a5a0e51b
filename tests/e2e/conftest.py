"""End-to-end checks of one environment, which ``LOCKAGE_ENV`` names: ``lockage e2e --env NAME`` runs them.

They are collected only when asked for by their folder, so that a plain ``pytest`` never reaches into an environment.
"""

import os
from pathlib import Path

import pytest
from e2e.environment import Api, Environment

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
def api(environment: Environment) -> Api:
    """The onboarding API."""
    return Api(environment, "onboarding")
