"""Routes of faults on purpose: those in force, what one would do, one made, and their end.

Before: app. After: the service of faults, which refuses what may not be.
"""

from fastapi import APIRouter, Response

from reconciler.api import encode
from reconciler.api.http import shapes
from reconciler.api.http.answers import answer
from reconciler.api.http.fault_bodies import AnyFault, request
from reconciler.api.http.given import BEGUN, Given, InPath, says, where
from reconciler.api.http.threads import off_loop
from reconciler.api.refusal import RequestError

router = APIRouter(tags=["faults"])
HEALED = says(shapes.Healed, "Which were ended.")


@router.get("/v1/faults", summary="The faults in force", responses=says(shapes.Faults, "As `chaos list -o json`."))
async def faults(services: Given) -> Response:
    world = await off_loop(services.loop.status)
    return answer({"faults": [encode.fault_dict(fault) for fault in world.faults]})


@router.post(
    "/v1/faults/preview",
    summary="What a fault would do",
    responses=says(shapes.Preview, "Whom it would hit, whom it would spare, for how long; nothing is touched."),
)
async def preview_fault(services: Given, body: AnyFault) -> Response:
    return answer(encode.plain(await off_loop(services.faults.leashed, request(body))))


@router.post("/v1/faults", summary="Make a fault", status_code=202, responses=BEGUN)
async def make_fault(services: Given, body: AnyFault) -> Response:
    operation = await off_loop(services.faults.unleash, request(body), "api")
    return answer(encode.plain(operation), 202, where(operation))


@router.delete("/v1/faults", summary="End all faults", responses=HEALED)
async def heal_all(services: Given) -> Response:
    return answer({"healed": list(await off_loop(services.faults.heal, None))})


@router.delete("/v1/faults/{id}", summary="End one fault", responses=HEALED)
async def heal(services: Given, id: InPath) -> Response:
    healed = await off_loop(services.faults.heal, id)
    if not healed:
        raise RequestError(404, "not_found", f"there is no fault {id[:80]!r} in force")
    return answer({"healed": list(healed)})
