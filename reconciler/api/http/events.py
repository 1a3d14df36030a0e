"""Routes of events: the newest, the next ones, and all that happen from now on.

Before: app. After: the loop's events. Waiting is the server's own business: the loop is only asked again.
"""

import asyncio
from collections.abc import AsyncIterator
from time import monotonic
from typing import Annotated

from fastapi import APIRouter, Header, Query, Response

from reconciler.api import encode
from reconciler.api.http import shapes
from reconciler.api.http.answers import answer, encoded
from reconciler.api.http.bodies import WIDE_LIMIT
from reconciler.api.http.given import Given, says
from reconciler.api.http.streaming import EVENTS, Streamed
from reconciler.api.http.threads import off_loop
from reconciler.api.services import Services

router = APIRouter(tags=["events"])

MOST_EVENTS = 10_000
LONGEST_WAIT_SECONDS = 60.0
POLL_SECONDS = 0.2
BEAT_SECONDS = 10.0
AT_ONCE = 500

After = Annotated[int, Query(ge=0, le=WIDE_LIMIT, description="Only those after this id.")]
OfCluster = Annotated[str | None, Query(max_length=255, description="Only those of this cluster.")]


@router.get("/v1/events", summary="What happened", responses=says(shapes.Events, "In rising order of their ids."))
async def events(
    services: Given,
    after: After = 0,
    cluster: OfCluster = None,
    limit: Annotated[int, Query(ge=1, le=MOST_EVENTS)] = 200,
    wait: Annotated[float, Query(ge=0, le=LONGEST_WAIT_SECONDS, description="Seconds to wait for one.")] = 0.0,
) -> Response:
    deadline = monotonic() + wait
    while True:
        found = await off_loop(services.loop.events, after, cluster, limit)
        if found or monotonic() >= deadline:
            break
        await asyncio.sleep(POLL_SECONDS)
    return answer({"events": [encode.event_dict(one) for one in found], "last": found[-1].id if found else after})


@router.get(
    "/v1/events/stream",
    summary="What happens, as it happens",
    response_class=Response,
    responses={200: {"description": "Server-sent events; the id of each is the event's.", "content": {EVENTS: {}}}},
)
async def stream(
    services: Given,
    cluster: OfCluster = None,
    after: Annotated[
        int | None, Query(ge=0, le=WIDE_LIMIT, description="From this id on. Default: from now on.")
    ] = None,
    last_event_id: Annotated[str, Header(max_length=20, description="As a client sends it when it comes back.")] = "",
) -> Response:
    if last_event_id.isascii() and last_event_id.isdigit():
        after = min(int(last_event_id), WIDE_LIMIT)
    if after is None:
        newest = await off_loop(services.loop.events, 0, None, 1)
        after = newest[-1].id if newest else 0
    return Streamed(_stream(services, cluster, after))


async def _stream(services: Services, cluster: str | None, after: int) -> AsyncIterator[bytes]:
    yield b"retry: 1000\n\n"
    quiet_since = monotonic()
    while True:
        # Before the first event that there ever was, `after` 0 would mean the newest ones: those are all there are.
        found = await off_loop(services.loop.events, after, cluster, AT_ONCE)
        if found:
            after, quiet_since = found[-1].id, monotonic()
            yield b"".join(
                b"id: %d\nevent: event\ndata: %b\n\n" % (one.id, encoded(encode.event_dict(one))) for one in found
            )
        elif monotonic() - quiet_since >= BEAT_SECONDS:
            quiet_since = monotonic()
            yield b": nothing new\n\n"
        await asyncio.sleep(POLL_SECONDS)
