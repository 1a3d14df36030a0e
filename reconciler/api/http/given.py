"""What every route is given, and what it says of itself in the document: the services, names from paths, refusals.

Before: app. After: the routes. Blocking calls go through `threads.off_loop`; what a request names and isn't there is
said here, with 404.
"""

from typing import Annotated, Any, TypeAlias

from fastapi import Depends, Path, Request

from reconciler.api.http import shapes
from reconciler.api.operations import Operation
from reconciler.api.refusal import RequestError
from reconciler.api.services import Services
from reconciler.plan.status import ClusterStatus, InstanceStatus, WorldStatus
from reconciler.spec.policy import Policy

REFUSALS = {
    400: "It is not what it should be: the message says what is expected.",
    401: "No token, or a wrong one.",
    403: "It comes from a page of another site, or would change something on a read-only site.",
    404: "What it names is not there.",
    405: "Another method is expected: see `Allow`.",
    408: "The body didn't come within its time.",
    409: "The loop refuses, and says why; with the code `changed` a file is another one by now.",
    411: "The body has no Content-Length.",
    413: "The body is too long.",
    415: "The body is no JSON.",
    421: "It asks for another host than this one.",
    422: "Fields or files have problems, and `problems` names each of them; nothing was used.",
    429: "Too many wrong tokens, or too much at once.",
    500: "A mistake of ours: the loop's log has it.",
    502: "The container engine refused or failed.",
    503: "The container engine doesn't answer, or the loop is ending.",
}


async def _services(request: Request) -> Services:
    given: Services = request.app.state.services
    return given


async def _policy(request: Request) -> Policy:
    given: Policy = request.app.state.policy
    return given


async def known_parameters(request: Request) -> None:
    """A parameter that isn't one is a slip of the pen, and would else be passed over. Raises RequestError 422."""
    known = {parameter.alias for parameter in request.scope["route"].dependant.query_params}
    unknown = sorted(request.query_params.keys() - known)
    if unknown:
        expected = f"there are {', '.join(sorted(known))}" if known else "there are none here"
        problem = {"file": "", "line": 0, "column": 0, "path": unknown[0][:100], "problem": "no such parameter"}
        message = f"{unknown[0][:100]}: no such parameter; {expected}"
        raise RequestError(422, "bad_request", message, problems=[{**problem, "fix": expected}])


Given: TypeAlias = Annotated[Services, Depends(_services)]
GivenPolicy: TypeAlias = Annotated[Policy, Depends(_policy)]
InPath: TypeAlias = Annotated[str, Path(max_length=255)]


def says(model: Any, what: str, status: int = 200, headers: dict[str, Any] | None = None) -> dict[int | str, Any]:
    """What a route answers when all is well, for the document."""
    described: dict[str, Any] = {"model": model, "description": what}
    return {status: {**described, "headers": headers} if headers else described}


BEGUN = says(
    shapes.Operation, "It has begun; `Location` says where to follow it.", 202,
    {"Location": {"description": "Where the operation is.", "schema": {"type": "string"}}},
)  # fmt: skip


def where(operation: Operation) -> dict[str, str]:
    """Where to follow it."""
    return {"Location": f"/v1/operations/{operation.id}"}


def find_cluster(world: WorldStatus, name: str) -> ClusterStatus:
    """The cluster. Raises RequestError 404."""
    found = next((cluster for cluster in world.clusters if cluster.name == name), None)
    if found is None:
        raise RequestError(404, "not_found", f"there is no cluster {name[:80]!r} in environment {world.environment}")
    return found


def find_instance(world: WorldStatus, name: str) -> tuple[ClusterStatus, InstanceStatus]:
    """An instance by `webapp-1`, its short name `webapp1`, or its container's name. Raises RequestError 404."""
    every = [(cluster, instance) for cluster in world.clusters for instance in cluster.instances]
    for named in (
        lambda cluster, instance: f"{cluster.name}-{instance.number}",
        lambda _, instance: instance.container,
        lambda _, instance: instance.name,
    ):
        found = [pair for pair in every if named(*pair) == name]
        if len(found) == 1:
            return found[0]
        if found:
            raise RequestError(400, "usage", f"{name[:80]!r} is several: write it like webapp-1")
    raise RequestError(404, "not_found", f"there is no instance {name[:80]!r} in environment {world.environment}")


def find_target(world: WorldStatus, name: str) -> str:
    """Where to look into: an instance as `webapp-1`, or a cluster, which means its first one that runs."""
    if any(cluster.name == name for cluster in world.clusters):
        return name
    cluster, instance = find_instance(world, name)
    return f"{cluster.name}-{instance.number}"
