"""Who may use the API: whoever knows the token; and on a read-only site nobody changes anything. Pure ASGI.

Before: guard. After: the routes, none of which asks again. The document itself tells nothing of the environment, and
may be read by anybody.
"""

import time
from math import ceil

from starlette.types import ASGIApp, Receive, Scope, Send

from reconciler.api.http.answers import JSON, send_refusal
from reconciler.api.http.token import Attempts, TokenFile
from reconciler.api.refusal import RequestError, refused
from reconciler.errors import ReconcilerError

OPEN = frozenset({"/openapi.json"})
ASKING = frozenset({"/v1/validate", "/v1/plan", "/v1/proposals", "/v1/faults/preview"})
"""What is a POST only because a question may be long; it changes nothing."""
CHANGES_NOTHING = frozenset({"GET", "HEAD", "OPTIONS"})
HOW = "send `Authorization: Bearer TOKEN`; `reconciler console --token` prints it"


class Door:
    """Lets in to `app` who brings the token of `tokens`."""

    def __init__(self, app: ASGIApp, tokens: TokenFile, *, read_only: bool) -> None:
        self._app = app
        self._tokens = tokens
        self._read_only = read_only
        self._attempts = Attempts()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        if scope["type"] == "http":
            try:
                self._check(scope)
            except RequestError as error:
                await send_refusal(scope, send, refused(error))
                return
        await self._app(scope, receive, send)

    def _check(self, scope: Scope) -> None:
        path, method = scope["path"], scope["method"]
        if path in OPEN:
            return
        headers = {key: value.decode("latin-1") for key, value in scope["headers"]}
        self._insist_on_token(headers.get(b"authorization", ""))
        if self._read_only and method not in CHANGES_NOTHING and path not in ASKING:
            raise RequestError(403, "read_only", "this site is read-only; change things where the loop runs")
        kind = headers.get(b"content-type", "").partition(";")[0].strip().lower()
        if headers.get(b"content-length", "0") != "0" and kind != JSON:
            raise RequestError(415, "bad_request", "Content-Type must be application/json")

    def _insist_on_token(self, given: str) -> None:
        scheme, _, token = given.partition(" ")
        if scheme.lower() != "bearer" or not token:
            raise RequestError(401, "token", f"no token: {HOW}", {"WWW-Authenticate": 'Bearer realm="reconciler"'})
        try:
            right = self._tokens.matches(token.strip())
        except ReconcilerError as error:
            raise RequestError(503, "token", str(error)) from error
        if right:
            return
        wait = self._attempts.refuse_for(time.monotonic())
        if wait is not None:
            after = {"Retry-After": str(ceil(wait))}
            raise RequestError(429, "too_many", f"too many wrong tokens; try again in {ceil(wait)} s", after)
        raise RequestError(
            401,
            "token",
            f"this is not the token (any more): {HOW}",
            {"WWW-Authenticate": 'Bearer error="invalid_token"'},
        )
