"""The API. Its functions wait for DynamoDB without giving way: an environment serves one request at a time."""

from http import HTTPStatus
from typing import Annotated

from fastapi import Depends, FastAPI, Header, HTTPException, Query
from fastapi.responses import JSONResponse
from sse_starlette.sse import EventSourceResponse

from common import log
from common.bearer import CHALLENGE, Bearer
from common.item import ID_PATTERN
from dashboard import errors, stream
from dashboard.items import Items

MOST = 100
"""Items of one page: far from the 6 MB that Lambda lets an answer have."""

_NOT_STORED = {"cache-control": "no-store"}
_ITEM_ID = rf"^{ID_PATTERN}$"
_Limit = Annotated[int, Query(ge=1, le=MOST)]
_After = Annotated[str | None, Query(pattern=_ITEM_ID)]
_LastEventId = Annotated[str | None, Header(pattern=_ITEM_ID)]


def build(items: Items, bearer: Bearer) -> FastAPI:
    """The application.

    Args:
        items: what it shows.
        bearer: who may see it.
    """

    async def admitted(authorization: Annotated[str, Header()] = "") -> None:
        if not bearer.admits(authorization):
            message = "give the dashboard's token: Authorization: Bearer <token>"
            raise HTTPException(HTTPStatus.UNAUTHORIZED, message, CHALLENGE)

    app = FastAPI(openapi_url=None, redirect_slashes=False)
    errors.install(app)

    @app.get("/health")
    async def health() -> JSONResponse:
        return JSONResponse({"status": "ok", "version": log.version()}, headers=_NOT_STORED)

    @app.get("/items", dependencies=[Depends(admitted)])
    async def show(limit: _Limit = 20, after: _After = None) -> JSONResponse:
        page = items.page(limit, after)
        return JSONResponse({"items": page.items, "next": page.next}, headers=_NOT_STORED)

    @app.get("/events", dependencies=[Depends(admitted)])
    async def events(limit: _Limit = 20, last_event_id: _LastEventId = None) -> EventSourceResponse:
        return stream.response(items.page(limit, last_event_id))

    return app
