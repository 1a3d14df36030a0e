"""The control API without its socket: a request's parts in, a status code and a JSON value out.

Before: server, which reads requests. After: the backend (the loop). Every error becomes JSON with a code for
programs and a message for people; nothing of a traceback leaves here, the log has it.
"""

import logging
from base64 import b64decode
from binascii import Error as Base64Error
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from re import fullmatch
from threading import Event as Flag
from time import monotonic
from typing import Any

from reconciler.api import encode
from reconciler.api.backend import Backend
from reconciler.api.refusal import INTERNAL, Refusal, RequestError, refused
from reconciler.errors import ReconcilerError
from reconciler.plan.terminations import MOST_WHY

log = logging.getLogger(__name__)

MOST_EVENTS = 10_000
LONGEST_WAIT_SECONDS = 60.0
POLL_SECONDS = 0.1
LONGEST_NAME = 255
MOST_SUBJECT = 100
MOST_CAUSE = 1000
NAME = r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?"


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One request: `query` holds the last value of each key, `body` the decoded JSON or None."""

    method: str
    path: str
    query: Mapping[str, str] = field(default_factory=dict)
    body: Any = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Response:
    """One answer; `payload` goes out as JSON."""

    status: int
    payload: encode.Json
    headers: Mapping[str, str] = field(default_factory=dict)


def answer(backend: Backend, request: Request, closing: Flag) -> Response:
    """Carry out one request; `closing` ends a long poll. Raises nothing."""
    try:
        status, payload = _handler(request)(backend, request, closing)
        return Response(status=status, payload=payload)
    except (RequestError, ReconcilerError) as error:
        return refusal(error)
    except Exception:  # a bug of ours must reach the log, and the client only as a sentence
        log.exception("the request %s %s failed", request.method, request.path)
        return _response(INTERNAL)


def refusal(error: RequestError | ReconcilerError) -> Response:
    """The response for a request that can't be carried out."""
    return _response(refused(error))


def _response(given: Refusal) -> Response:
    return Response(status=given.status, payload=given.payload, headers=given.headers)


Handler = Callable[[Backend, Request, Flag], tuple[int, encode.Json]]


def _handler(request: Request) -> Handler:
    methods = ROUTES.get(request.path)
    if methods is None:
        known = ", ".join(ROUTES)
        raise RequestError(404, "not_found", f"there is no {request.path}; there are {known}")
    handler = methods.get(request.method)
    if handler is None:
        allowed = ", ".join(methods)
        message = f"{request.path} takes {allowed}, not {request.method}"
        raise RequestError(405, "method", message, {"Allow": allowed})
    return handler


def _status(backend: Backend, request: Request, closing: Flag) -> tuple[int, encode.Json]:  # noqa: ARG001
    return 200, encode.status_dict(backend.status())


def _info(backend: Backend, request: Request, closing: Flag) -> tuple[int, encode.Json]:  # noqa: ARG001
    return 200, dict(backend.info())


def _names(backend: Backend, request: Request, closing: Flag) -> tuple[int, encode.Json]:  # noqa: ARG001
    name = request.query.get("name", "")
    if request.query.keys() != {"name"} or not 0 < len(name) <= LONGEST_NAME or not name.isprintable():
        raise RequestError(400, "bad_request", "one name of at most 255 characters was expected")
    return 200, encode.name_dict(backend.lookup(name))


def _revisions(backend: Backend, request: Request, closing: Flag) -> tuple[int, encode.Json]:  # noqa: ARG001
    if request.query.keys() != {"name"}:
        raise RequestError(400, "bad_request", "the name of one cluster was expected, and nothing else")
    name = _name(request.query["name"])
    return 200, {"name": name, "revisions": [encode.revision_dict(kept) for kept in backend.revisions(name)]}


def _plan(backend: Backend, request: Request, closing: Flag) -> tuple[int, encode.Json]:  # noqa: ARG001
    files = _object(request.body, "files").get("files")
    plans = backend.plan(None if files is None else _files(files))
    return 200, {"quiet": all(plan.quiet for plan in plans), "plans": [encode.plan_dict(p) for p in plans]}


def _events(backend: Backend, request: Request, closing: Flag) -> tuple[int, encode.Json]:
    query = request.query
    unknown = sorted(query.keys() - {"after", "cluster", "limit", "wait"})
    if unknown:
        raise RequestError(400, "bad_request", f"{unknown[0]}: no such parameter; after, cluster, limit, wait")
    after = int(_number(query, "after", "0", 2.0**53))
    limit = int(_number(query, "limit", "200", MOST_EVENTS))
    cluster = _name(query["cluster"]) if query.get("cluster") else None
    deadline = monotonic() + min(_number(query, "wait", "0", 1e6), LONGEST_WAIT_SECONDS)
    while True:
        found = backend.events(after, cluster, limit)
        # Only the server's own threads wait here; the loop never does.
        if found or monotonic() >= deadline or closing.wait(POLL_SECONDS):
            break
    return 200, {"events": [encode.event_dict(e) for e in found], "last": found[-1].id if found else after}


def _confirm(backend: Backend, request: Request, closing: Flag) -> tuple[int, encode.Json]:  # noqa: ARG001
    names = _object(request.body, "names").get("names")
    if names is not None and not isinstance(names, list):
        raise RequestError(400, "bad_request", "names: a list of clusters was expected, or null for all")
    released = backend.confirm(None if names is None else tuple(_name(name) for name in names))
    return 200, {"released": list(released)}


def _deletes(backend: Backend, request: Request, closing: Flag) -> tuple[int, encode.Json]:  # noqa: ARG001
    name = _name(_object(request.body, "name").get("name"))
    backend.expect_delete(name)
    return 202, {"name": name}


def _terminations(backend: Backend, request: Request, closing: Flag) -> tuple[int, encode.Json]:  # noqa: ARG001
    given = _object(request.body, "cluster", "number", "id", "by", "why")
    cluster, number = _name(given.get("cluster")), given.get("number")
    if not isinstance(number, int) or isinstance(number, bool) or number < 1:
        raise RequestError(400, "bad_request", "number: a whole number of 1 or more was expected")
    id, by, why = (_text(given, key, most) for key, most in (("id", 64), ("by", 40), ("why", MOST_WHY)))
    ended = backend.terminate(cluster, number, id, by, why)
    return 202, {"cluster": cluster, "number": number, "id": ended}


def _text(given: Mapping[str, Any], key: str, most: int) -> str:
    """One line that may be empty, or left out."""
    return _line(given, key, most) if given.get(key) else ""


def _notes(backend: Backend, request: Request, closing: Flag) -> tuple[int, encode.Json]:  # noqa: ARG001
    """What chaos did, told by its own program: other kinds are the loop's, and nobody may speak for it."""
    given = _object(request.body, "kind", "cluster", "subject", "cause")
    if given.get("kind") != "chaos":
        raise RequestError(400, "bad_request", "kind: only chaos can be noted from outside")
    cluster = given.get("cluster", "")
    subject = _line(given, "subject", MOST_SUBJECT)
    cause = _line(given, "cause", MOST_CAUSE)
    backend.note(_name(cluster) if cluster else "", subject, cause)
    return 202, {"accepted": True}


def _line(given: Mapping[str, Any], key: str, most: int) -> str:
    text = given.get(key)
    if not isinstance(text, str) or not 0 < len(text) <= most or not text.isprintable():
        raise RequestError(400, "bad_request", f"{key}: one line of 1 to {most} characters was expected")
    return text


def _zones(backend: Backend, request: Request, closing: Flag) -> tuple[int, encode.Json]:  # noqa: ARG001
    body = _object(request.body, "zone", "closed", "seconds", "why")
    zone, closed, seconds, why = body.get("zone"), body.get("closed"), body.get("seconds"), body.get("why", "")
    if not isinstance(zone, str) or not isinstance(closed, bool) or not isinstance(why, str):
        raise RequestError(400, "bad_request", "zone: a text, closed: true or false, why: a text were expected")
    if seconds is not None and (isinstance(seconds, bool) or not isinstance(seconds, int | float)):
        raise RequestError(400, "bad_request", "seconds: a number was expected, or null")
    if closed:
        return 200, {"zone": zone, "closed": True, "remarks": list(backend.close_zone(zone, seconds, why))}
    if seconds is not None or why:
        raise RequestError(400, "bad_request", "seconds, why: an open zone has neither")
    return 200, {"zone": zone, "closed": False, "changed": backend.open_zone(zone)}


def _rescan(backend: Backend, request: Request, closing: Flag) -> tuple[int, encode.Json]:  # noqa: ARG001
    _object(request.body)
    backend.rescan()
    return 202, {"accepted": True}


def _stop(backend: Backend, request: Request, closing: Flag) -> tuple[int, encode.Json]:  # noqa: ARG001
    _object(request.body)
    pid = backend.info().get("pid", "")
    backend.stop()
    return 202, {"stopping": True, "pid": pid}


ROUTES: Mapping[str, Mapping[str, Handler]] = {
    "/v1/status": {"GET": _status},
    "/v1/info": {"GET": _info},
    "/v1/names": {"GET": _names},
    "/v1/events": {"GET": _events},
    "/v1/revisions": {"GET": _revisions},
    "/v1/plan": {"POST": _plan},
    "/v1/confirm": {"POST": _confirm},
    "/v1/deletes": {"POST": _deletes},
    "/v1/terminations": {"POST": _terminations},
    "/v1/notes": {"POST": _notes},
    "/v1/zones": {"POST": _zones},
    "/v1/rescan": {"POST": _rescan},
    "/v1/stop": {"POST": _stop},
}


def _object(body: Any, *keys: str) -> dict[str, Any]:
    """The body as an object with no other keys than these; no body is an empty one."""
    if body is None:
        return {}
    if not isinstance(body, dict):
        raise RequestError(400, "bad_request", "the body must be a JSON object")
    unknown = sorted(body.keys() - set(keys))
    if unknown:
        expected = ", ".join(keys) or "nothing"
        raise RequestError(400, "bad_request", f"{unknown[0]}: no such key here; expected: {expected}")
    return body


def _name(value: Any) -> str:
    if not isinstance(value, str) or not fullmatch(NAME, value):
        raise RequestError(400, "bad_request", f"{str(value)[:80]!r} is no cluster's name: a DNS label was expected")
    return value


def _number(query: Mapping[str, str], key: str, default: str, most: float) -> float:
    text = query.get(key, default)
    if not fullmatch(r"[0-9]{1,16}(\.[0-9]{1,6})?" if key == "wait" else r"[0-9]{1,16}", text):
        raise RequestError(400, "bad_request", f"{key}: a number of 0 or more was expected")
    return min(float(text), most)


def _files(given: Any) -> dict[str, bytes]:
    """Spec files by name: text as a string, other bytes as `{"base64": …}`."""
    if not isinstance(given, dict):
        raise RequestError(400, "bad_request", "files: an object of file names and their texts was expected")
    return {_file_name(name): _bytes(name, content) for name, content in given.items()}


def _file_name(name: str) -> str:
    if "/" in name or "\0" in name or name in ("", ".", ".."):
        raise RequestError(400, "bad_request", f"files: {name[:80]!r} is no plain file name")
    return name


def _bytes(name: str, content: Any) -> bytes:
    try:
        if isinstance(content, str):
            return content.encode()
        if isinstance(content, dict) and isinstance(content.get("base64"), str):
            return b64decode(content["base64"], validate=True)
    except (Base64Error, UnicodeEncodeError, ValueError) as error:
        raise RequestError(400, "bad_request", f"files: {name}: {error}") from error
    raise RequestError(400, "bad_request", f'files: {name}: a text or {{"base64": "…"}} was expected')
