"""The REST API, put together: routes, their document, and one way for everything that goes wrong.

Before: site. After: door (the token), the routes, the services. FastAPI reads and checks requests and writes the
document; answers are our own (answers).
"""

import logging
from typing import Any

from fastapi import Depends, FastAPI, Security
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from fastapi.security import HTTPBearer
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Match
from starlette.types import ASGIApp

from reconciler.api.http import changing, control, events, faults, instances, running, seeing
from reconciler.api.http.answers import refuse
from reconciler.api.http.bodies import KINDS
from reconciler.api.http.door import Door
from reconciler.api.http.given import REFUSALS, known_parameters
from reconciler.api.http.shapes import Refused
from reconciler.api.http.token import TokenFile
from reconciler.api.refusal import INTERNAL, RequestError, refusal, refused
from reconciler.api.services import Services
from reconciler.errors import ReconcilerError
from reconciler.spec.policy import Policy

log = logging.getLogger(__name__)

ABOUT = (
    "All that the command line does, over HTTP. Every request needs `Authorization: Bearer TOKEN`; the token is in the "
    "file `token` of the state directory, and `reconciler console --token` prints it. Keys are added, never renamed."
)
ROUTERS = (seeing, instances, changing, events, faults, running, control)


def api_app(services: Services, tokens: TokenFile, policy: Policy | None = None) -> ASGIApp:
    """`/v1/…` and `/openapi.json`. `policy` is what specs may ask for, as the loop was told."""
    return Door(routed(services, policy or Policy()), tokens, read_only=services.read_only)


def routed(services: Services | None, policy: Policy) -> FastAPI:
    """The routes without the door; without services only their document can be had."""
    app = FastAPI(
        title="reconciler", version="1", description=ABOUT, docs_url=None, redoc_url=None, redirect_slashes=False,
        generate_unique_id_function=_operation_id,
        dependencies=[Security(HTTPBearer(scheme_name="token", auto_error=False)), Depends(known_parameters)],
        responses={status: {"model": Refused, "description": said} for status, said in REFUSALS.items()},
        exception_handlers={
            RequestValidationError: _invalid, HTTPException: _http, RequestError: _refused, ReconcilerError: _refused,
            Exception: _bug,
        },
    )  # fmt: skip
    app.state.services, app.state.policy = services, policy
    for room in ROUTERS:
        app.include_router(room.router)
    return app


def document() -> dict[str, Any]:
    """The OpenAPI document."""
    return routed(None, Policy()).openapi()


def _operation_id(route: APIRoute) -> str:
    return route.name


async def _refused(_: Request, error: Exception) -> Response:
    assert isinstance(error, ReconcilerError | RequestError)
    return refuse(refused(error))


async def _bug(request: Request, error: Exception) -> Response:
    log.error("the request %s %s failed", request.method, request.url.path, exc_info=error)
    return refuse(INTERNAL)


async def _http(request: Request, error: Exception) -> Response:
    """What the framework itself refuses: no such path, another method, a body that can't be read."""
    assert isinstance(error, HTTPException)
    path = request.url.path
    if error.status_code == 404:
        return refuse(refusal(404, "not_found", f"there is no {path[:200]}; /openapi.json says what there is"))
    if error.status_code == 405:
        allowed = _allowed(request)
        message = f"{path[:200]} takes {allowed}, not {request.method}"
        return refuse(refusal(405, "method", message, headers={"Allow": allowed}))
    return refuse(refusal(error.status_code, "bad_request", str(error.detail), headers=error.headers))


def _allowed(request: Request) -> str:
    """All methods of the path: it may have several routes."""
    found: set[str] = set()
    for route in (route for room in ROUTERS for route in room.router.routes):
        if route.matches(request.scope)[0] is not Match.NONE:
            found |= set(getattr(route, "methods", None) or ())
    return ", ".join(sorted(found))


async def _invalid(_: Request, error: Exception) -> Response:
    """Fields that aren't what they should be, each by its place."""
    assert isinstance(error, RequestValidationError)
    found = error.errors()
    if any(one["type"] == "json_invalid" for one in found):
        return refuse(refusal(400, "bad_json", "the body is no JSON"))
    problems = [_problem(one) for one in found]
    message = "; ".join(f"{one['path']}: {one['problem']}" if one["path"] else one["problem"] for one in problems[:20])
    return refuse(refusal(422, "bad_request", message, problems))


def _problem(given: Any) -> dict[str, Any]:
    """In the shape of a spec's problem. A union's tag is no place in the body."""
    _, *place = given["loc"]
    at = 1 if place[:1] == ["wish"] else 0
    if place[at : at + 1] and place[at] in TAGS:
        del place[at]
    path = ".".join(str(part)[:100] for part in place)
    return {"file": "", "line": 0, "column": 0, "path": path, "problem": str(given["msg"]), "fix": ""}


TAGS = frozenset({*KINDS, "monkey", "gorilla", "split-brain", "freeze", "loss", "dns", "agent", "burn", "fill"})
