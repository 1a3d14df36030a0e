"""Routes that show: the environment, clusters, versions, names, zones, the format. Nothing changes here.

Before: app. After: the loop's status, encode.
"""

import json
from typing import Annotated

from fastapi import APIRouter, Query, Response

from reconciler.api import encode
from reconciler.api.http import shapes
from reconciler.api.http.answers import answer
from reconciler.api.http.given import Given, InPath, find_cluster, says
from reconciler.api.http.threads import off_loop
from reconciler.api.refusal import RequestError
from reconciler.plan.zone_rows import ZoneRow, zone_rows
from reconciler.spec.schema import schema_text

router = APIRouter(tags=["see"])
ETAG = {"ETag": {"description": "The file's `base`, in quotes.", "schema": {"type": "string"}}}


@router.get("/v1/status", summary="The environment", responses=says(shapes.Status, "As `status -o json` prints it."))
async def status(services: Given) -> Response:
    world = await off_loop(services.loop.status)
    return answer(encode.status_dict(world))


@router.get("/v1/info", summary="The loop itself", responses=says(shapes.Info, "Its pid, directory, engine, as text."))
async def info(services: Given) -> Response:
    return answer(dict(await off_loop(services.loop.info)))


@router.get("/v1/clusters", summary="All clusters", responses=says(shapes.Clusters, "Each with its instances."))
async def clusters(services: Given) -> Response:
    world = await off_loop(services.loop.status)
    return answer({"clusters": [encode.cluster_dict(cluster) for cluster in world.clusters]})


@router.get("/v1/clusters/{name}", summary="One cluster", responses=says(shapes.Cluster, "It, with its instances."))
async def cluster(services: Given, name: InPath) -> Response:
    return answer(encode.cluster_dict(find_cluster(await off_loop(services.loop.status), name)))


@router.get(
    "/v1/clusters/{name}/spec",
    summary="A cluster's file",
    responses=says(shapes.SpecFile, "Its name, its text, and the base that a change takes.", headers=ETAG),
)
async def spec(services: Given, name: InPath) -> Response:
    find_cluster(await off_loop(services.loop.status), name)
    file = await off_loop(services.changes.spec, name)
    return answer(encode.plain(file), headers={"ETag": f'"{file.base}"'})


@router.get(
    "/v1/clusters/{name}/revisions",
    summary="A cluster's versions",
    responses=says(shapes.Revisions, "The newest first, each with the text that it came from."),
)
async def revisions(services: Given, name: InPath) -> Response:
    find_cluster(await off_loop(services.loop.status), name)
    kept = await off_loop(services.loop.revisions, name)
    return answer({"name": name, "revisions": [encode.revision_dict(one) for one in kept]})


@router.get(
    "/v1/clusters/{name}/revisions/{revision}",
    summary="One version of a cluster",
    responses=says(shapes.Revision, "It, with the text that it came from."),
)
async def revision(services: Given, name: InPath, revision: InPath) -> Response:
    find_cluster(await off_loop(services.loop.status), name)
    kept = await off_loop(services.loop.revisions, name)
    found = next((one for one in kept if one.revision == revision), None)
    if found is None:
        raise RequestError(404, "not_found", f"{name} has no revision {revision[:80]!r} that is remembered")
    return answer(encode.revision_dict(found))


AskedName = Annotated[
    str, Query(min_length=1, max_length=253, pattern=r"^[^\x00-\x1f\x7f]+$", examples=["webapp.dev.docker"])
]


@router.get(
    "/v1/names", summary="What a name answers", responses=says(shapes.Name, "As `dns lookup -o json` prints it.")
)
async def name(services: Given, name: AskedName) -> Response:
    return answer(encode.name_dict(await off_loop(services.loop.lookup, name)))


@router.get("/v1/zones", summary="The zones", responses=says(shapes.Zones, "As `zone list -o json` prints them."))
async def zones(services: Given) -> Response:
    rows = zone_rows(await off_loop(services.loop.status))
    return answer({"zones": [_zone(row) for row in rows]})


@router.get("/v1/schema", summary="The spec format", responses=says(shapes.Schema, "A JSON Schema (2020-12)."))
async def schema() -> Response:
    return answer(json.loads(schema_text()))


@router.get("/v1/doctor", summary="What the machine lacks", responses=says(shapes.Findings, "As `doctor -o json`."))
async def doctor(services: Given) -> Response:
    return answer({"findings": [dict(finding) for finding in await off_loop(services.commands.doctor)]})


def _zone(row: ZoneRow) -> encode.Json:
    closed = row.closed
    about = {"since": closed.since, "until": closed.until, "why": closed.why} if closed else {}
    nothing = {"since": None, "until": None, "why": ""}
    return {**encode.plain(row), "closed": closed is not None, **nothing, **about}
