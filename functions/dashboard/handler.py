"""Lambda's door to the dashboard."""

import functools
import platform
import time
from typing import Any

import fastapi
import pydantic
import pydantic_core
from mangum import Mangum
from mangum.types import LambdaContext

from common import aws, log, probe
from common.bearer import Bearer
from common.settings import required
from dashboard import app
from dashboard.items import Items


@functools.cache
def _api() -> Mangum:
    table, secret = required("ITEMS_TABLE", "TOKEN_SECRET")
    bearer = Bearer(aws.client("secretsmanager"), secret, time.monotonic)
    return Mangum(app.build(Items(aws.table(table)), bearer), lifespan="off")


def handle(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Answer a function URL's request, or a probe: with the versions that run, which are nobody else's business."""
    log.begin(context)
    api = _api()
    if probe.requested(event) is None:
        return api(event, context)
    return probe.answer(
        "dashboard",
        python=platform.python_version(),
        fastapi=fastapi.__version__,
        pydantic=pydantic.__version__,
        pydantic_core=pydantic_core.__version__,
    )
