"""Routes of operations: what was begun through the API or the console, how far it is, its log, its early end.

Before: app. After: the register of operations.
"""

import asyncio
from time import monotonic
from typing import Annotated

from fastapi import APIRouter, Path, Query, Response

from reconciler.api import encode
from reconciler.api.http import shapes
from reconciler.api.http.answers import answer
from reconciler.api.http.bodies import WIDE_LIMIT
from reconciler.api.http.events import LONGEST_WAIT_SECONDS, POLL_SECONDS
from reconciler.api.http.given import Given, says
from reconciler.api.http.threads import off_loop
from reconciler.api.operations import Operation, OperationState
from reconciler.api.refusal import RequestError
from reconciler.api.services import Services

router = APIRouter(tags=["operations"])
Id = Annotated[int, Path(ge=0, le=WIDE_LIMIT)]


@router.get("/v1/operations", summary="All operations", responses=says(shapes.Operations, "The newest first."))
async def operations(services: Given) -> Response:
    return answer({"operations": [encode.plain(one) for one in await off_loop(services.operations.all)]})


@router.get("/v1/operations/{id}", summary="One operation", responses=says(shapes.Operation, "How far it is."))
async def operation(services: Given, id: Id) -> Response:
    return answer(encode.plain(await _find(services, id)))


@router.get(
    "/v1/operations/{id}/log",
    summary="An operation's log",
    responses=says(shapes.Log, "Its lines but for the first `after`; `next` is the next `after`."),
)
async def operation_log(
    services: Given,
    id: Id,
    after: Annotated[int, Query(ge=0, le=WIDE_LIMIT, description="How many lines are known already.")] = 0,
    wait: Annotated[float, Query(ge=0, le=LONGEST_WAIT_SECONDS, description="Seconds to wait for one.")] = 0.0,
) -> Response:
    deadline = monotonic() + wait
    while True:
        # First the state, then the lines: one that has ended says nothing more.
        found = await _find(services, id)
        lines = await off_loop(services.operations.log, id, after)
        if lines or found.state is not OperationState.RUNNING or monotonic() >= deadline:
            break
        await asyncio.sleep(POLL_SECONDS)
    told = [encode.plain(line) for line in lines]
    return answer({"lines": told, "next": after + len(told), "state": found.state.value})


@router.delete("/v1/operations/{id}", summary="Stop an operation", status_code=202, responses=says(
    shapes.Operation, "It was asked to end early, and does so soon.", 202,
))  # fmt: skip
async def stop_operation(services: Given, id: Id) -> Response:
    found = await _find(services, id)
    if not await off_loop(services.operations.stop, id):
        raise RequestError(409, "refused", f"operation {id} can't be stopped: it is {found.state.value}")
    return answer(encode.plain(await _find(services, id)), 202)


async def _find(services: Services, id: int) -> Operation:
    found = await off_loop(services.operations.find, id)
    if found is None:
        raise RequestError(404, "not_found", f"there is no operation {id} that is remembered")
    return found
