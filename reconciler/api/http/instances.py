"""Routes of instances: listed, looked into, ended.

Before: app. After: the loop's status, the service that looks into containers.
"""

from collections.abc import AsyncIterator, Iterator
from threading import Event as Flag
from typing import Annotated

from fastapi import APIRouter, Query, Response

from reconciler.api import encode
from reconciler.api.http import shapes
from reconciler.api.http.answers import answer
from reconciler.api.http.bodies import Command
from reconciler.api.http.given import BEGUN, Given, InPath, find_instance, find_target, says, where
from reconciler.api.http.streaming import Streamed
from reconciler.api.http.threads import off_loop
from reconciler.api.services import Containers
from reconciler.plan.status import ClusterStatus, InstanceStatus, Verdict

router = APIRouter(tags=["instances"])
TEXT = "text/plain"
MOST_LINES = 10_000
Filter = Annotated[str | None, Query(max_length=255)]


@router.get("/v1/instances", summary="All instances", responses=says(shapes.Instances, "Those that pass the filters."))
async def instances(
    services: Given, cluster: Filter = None, zone: Filter = None, verdict: Annotated[Verdict | None, Query()] = None
) -> Response:
    world = await off_loop(services.loop.status)
    found = [
        _instance(one, instance)
        for one in world.clusters
        if cluster in (None, one.name)
        for instance in one.instances
        if zone in (None, instance.zone) and verdict in (None, instance.verdict)
    ]
    return answer({"instances": found})


@router.get(
    "/v1/instances/{name}",
    summary="One instance",
    responses=says(shapes.InstanceOfCluster, "By `webapp-1`, `webapp1` or its container's name."),
)
async def instance(services: Given, name: InPath) -> Response:
    return answer(_instance(*find_instance(await off_loop(services.loop.status), name)))


@router.get(
    "/v1/instances/{name}/logs",
    summary="What an instance writes",
    response_class=Response,
    responses={200: {"description": "Its newest lines; with `follow` on and on.", "content": {TEXT: {}}}},
)
async def logs(
    services: Given,
    name: InPath,
    tail: Annotated[int, Query(ge=0, le=MOST_LINES, description="How many lines.")] = 200,
    *,
    follow: Annotated[bool, Query(description="Don't end: send what comes.")] = False,
) -> Response:
    target = find_target(await off_loop(services.loop.status), name)
    if not follow:
        return Response(_bytes(await off_loop(services.containers.logs, target, tail)), media_type=TEXT)
    stop = Flag()
    lines = await off_loop(_begin, services.containers, target, tail, stop)
    return Streamed(_follow(lines, stop), media_type=TEXT)


@router.post(
    "/v1/instances/{name}/exec",
    summary="Run a command in an instance",
    responses=says(shapes.Executed, "What it printed, and its exit code; null: it took too long."),
)
async def execute(services: Given, name: InPath, body: Command) -> Response:
    target = find_target(await off_loop(services.loop.status), name)
    return answer(encode.plain(await off_loop(services.containers.execute, target, body.command, body.seconds)))


@router.post("/v1/instances/{name}/terminate", summary="End one instance", status_code=202, responses=BEGUN)
async def terminate(services: Given, name: InPath) -> Response:
    cluster, found = find_instance(await off_loop(services.loop.status), name)
    operation = await off_loop(services.containers.terminate, f"{cluster.name}-{found.number}", "api")
    return answer(encode.plain(operation), 202, where(operation))


def _instance(cluster: ClusterStatus, instance: InstanceStatus) -> encode.Json:
    return {"cluster": cluster.name, **encode.instance_dict(instance)}


def _begin(containers: Containers, name: str, tail: int, stop: Flag) -> Iterator[str | None]:
    """The first line is asked for before anything is answered: a refusal must come as one."""
    lines = iter(containers.follow_logs(name, tail, stop))
    first = next(lines, None)

    def every() -> Iterator[str | None]:
        yield first
        yield from lines

    return every()


async def _follow(lines: Iterator[str | None], stop: Flag) -> AsyncIterator[bytes]:
    try:
        while (line := await off_loop(next, lines, None)) is not None:
            # An empty one only shows that the reader is still there; a line that is empty looks the same.
            yield _bytes(f"{line}\n" if line else "")
    finally:
        stop.set()


def _bytes(text: str) -> bytes:
    return text.encode(errors="replace")
