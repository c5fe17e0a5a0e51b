"""One checkout for all: as built, or to change and put back."""

from collections.abc import Iterator

import pytest
from fakes.checkout import Checkout


@pytest.fixture(scope="session")
def the_checkout(tmp_path_factory: pytest.TempPathFactory) -> Checkout:
    return Checkout(tmp_path_factory.mktemp("build") / "project")


@pytest.fixture
def built(the_checkout: Checkout) -> Checkout:
    """The project as it is in this repository, built."""
    the_checkout.build()
    return the_checkout


@pytest.fixture
def checkout(built: Checkout) -> Iterator[Checkout]:
    """The same, for a test that changes its sources."""
    yield built
    built.restore()
