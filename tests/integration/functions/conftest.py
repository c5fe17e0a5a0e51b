"""The platform's policy engine with the locked OPA."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from lockage.tools.locked import Locked
from scorer.policy import PolicyEngine

POLICIES = Path(__file__).parents[3] / "functions" / "policy"


@pytest.fixture(scope="session")
def opa() -> Path:
    return Locked().path("opa").path


@pytest.fixture(scope="module")
def engine(opa: Path) -> Iterator[PolicyEngine]:
    engine = PolicyEngine(opa, POLICIES)
    yield engine
    engine.stop()
