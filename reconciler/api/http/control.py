"""Routes of what is asked of the loop itself and of the machine: zones, held deletions, images, drills, the end.

Before: app. After: the loop, the service of commands.
"""

from fastapi import APIRouter, Response

from reconciler.api import encode
from reconciler.api.http import shapes
from reconciler.api.http.answers import answer
from reconciler.api.http.bodies import Close, Confirm, Drill, Images
from reconciler.api.http.given import BEGUN, Given, InPath, says, where
from reconciler.api.http.threads import off_loop
from reconciler.api.refusal import RequestError
from reconciler.api.services import Services
from reconciler.plan.zone_rows import zone_rows

router = APIRouter(tags=["control"])


@router.post(
    "/v1/zones/{zone}/close",
    summary="Take a zone out of service",
    responses=says(shapes.ZoneClosed, "What a person should know of it."),
)
async def close_zone(services: Given, zone: InPath, body: Close) -> Response:
    await _insist_on_zone(services, zone)
    remarks = await off_loop(services.loop.close_zone, zone, body.seconds, body.why)
    return answer({"zone": zone, "closed": True, "remarks": list(remarks)})


@router.post(
    "/v1/zones/{zone}/open",
    summary="Put a zone into service",
    responses=says(shapes.ZoneOpened, "`changed` is false where it was open."),
)
async def open_zone(services: Given, zone: InPath) -> Response:
    await _insist_on_zone(services, zone)
    return answer({"zone": zone, "closed": False, "changed": await off_loop(services.loop.open_zone, zone)})


@router.post(
    "/v1/confirm", summary="Let held deletions go on", responses=says(shapes.Released, "The clusters that it released.")
)
async def confirm(services: Given, body: Confirm) -> Response:
    names = None if body.names is None else tuple(body.names)
    return answer({"released": list(await off_loop(services.loop.confirm, names))})


@router.post(
    "/v1/rescan", summary="Read the directory now", status_code=202,
    responses=says(shapes.Accepted, "It will, soon.", 202),
)  # fmt: skip
async def rescan(services: Given) -> Response:
    await off_loop(services.loop.rescan)
    return answer({"accepted": True}, 202)


@router.post(
    "/v1/stop", summary="End the loop", status_code=202,
    responses=says(shapes.Stopping, "It is ending, and this API with it; the containers stay.", 202),
)  # fmt: skip
async def stop(services: Given) -> Response:
    pid = (await off_loop(services.loop.info)).get("pid", "")
    await off_loop(services.loop.stop)
    return answer({"stopping": True, "pid": pid}, 202)


@router.post("/v1/images", summary="Build images", status_code=202, responses=BEGUN)
async def build_images(services: Given, body: Images) -> Response:
    operation = await off_loop(services.commands.build_images, body.names, "api")
    return answer(encode.plain(operation), 202, where(operation))


@router.post("/v1/drills", summary="Run a drill", status_code=202, responses=BEGUN)
async def run_drill(services: Given, body: Drill) -> Response:
    operation = await off_loop(services.commands.drill, body.text, "api")
    return answer(encode.plain(operation), 202, where(operation))


async def _insist_on_zone(services: Services, zone: str) -> None:
    rows = zone_rows(await off_loop(services.loop.status))
    if not any(row.zone == zone for row in rows):
        known = ", ".join(row.zone for row in rows) or "none"
        raise RequestError(404, "not_found", f"nobody has a zone {zone[:80]!r}; there are {known}")
