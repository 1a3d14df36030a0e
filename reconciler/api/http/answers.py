"""Answers made of our own values, encoded here and once: no model looks at them on the way out.

Before: the routes, guard, door. After: Starlette. That they are as the document says is for tests to show.
"""

import json
from collections.abc import Mapping
from math import isfinite
from typing import Any

from starlette.responses import Response
from starlette.types import Scope, Send

from reconciler.api.refusal import Refusal

JSON = "application/json"
_ENCODER = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), allow_nan=False)


def encoded(payload: Any) -> bytes:
    """JSON as it goes over the wire. Lone surrogates, as of file names, become question marks; a figure that is no
    number, which JSON has no word for, becomes null.
    """
    try:
        text = _ENCODER.encode(payload)
    except ValueError:
        text = _ENCODER.encode(_finite(payload))
    return text.encode(errors="replace")


def _finite(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _finite(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_finite(item) for item in value]
    return None if isinstance(value, float) and not isfinite(value) else value


def answer(payload: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """An answer of this payload."""
    return Response(encoded(payload), status_code=status, headers=dict(headers or {}), media_type=JSON)


def refuse(refusal: Refusal) -> Response:
    """The answer that refuses."""
    return answer(refusal.payload, refusal.status, refusal.headers)


async def send_refusal(scope: Scope, send: Send, refusal: Refusal) -> None:
    """The same, where there is no route yet: JSON to the API's clients, the sentence to people. The connection ends,
    because a body that nobody reads may follow.
    """
    if is_api(scope["path"]):
        response = refuse(refusal)
    else:
        text = f"{refusal.payload['error']['message']}\n"
        response = Response(text, refusal.status, dict(refusal.headers), "text/plain")
    if scope["method"] != "GET":
        response.headers["Connection"] = "close"
    await response(scope, _nothing, send)


def is_api(path: str) -> bool:
    """Whether the REST API answers there; all else is the console's."""
    return path in {"/v1", "/openapi.json"} or path.startswith("/v1/")


async def _nothing() -> dict[str, Any]:
    return {"type": "http.disconnect"}
