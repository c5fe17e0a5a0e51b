"""The handlers own the root logger and the thread's event loop, as they do in Lambda; each test gives both back."""

import asyncio
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


@pytest.fixture
def _loop() -> Iterator[None]:
    """Mangum asks for the thread's loop, which newer Pythons do not make unasked."""
    with asyncio.Runner() as runner:
        runner.get_loop()
        yield
