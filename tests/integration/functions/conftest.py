"""The platform's policy engine with the locked OPA."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from lockage.tools.locked import Locked
from scorer.policy import PolicyEngine

# Properties are judged by what holds, not by how long a busy machine took over an example.
settings.register_profile("untimed", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("untimed")

POLICIES = Path(__file__).parents[3] / "functions" / "policy"


@pytest.fixture(scope="session")
def opa() -> Path:
    return Locked().path("opa").path


@pytest.fixture(scope="module")
def engine(opa: Path) -> Iterator[PolicyEngine]:
    engine = PolicyEngine(opa, POLICIES)
    yield engine
    engine.stop()
