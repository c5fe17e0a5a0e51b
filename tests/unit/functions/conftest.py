"""The handlers take over the root logger, as they own it in Lambda; each test gives it back."""

import logging
from collections.abc import Iterator

import pytest


@pytest.fixture(autouse=True)
def _logging_as_it_was() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = list(root.handlers), logging.getLogger("platform").level
    root.handlers[:] = []
    yield
    root.handlers[:] = handlers
    logging.getLogger("platform").setLevel(level)
