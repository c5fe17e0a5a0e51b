import pytest
from unit.terraform.parsed import Sources


@pytest.fixture(scope="session")
def sources() -> Sources:
    return Sources()
