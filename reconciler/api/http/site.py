"""One site of the API and the console: the guard before both, and who answers where.

Before: server. After: app (the API), the console. This room doesn't know the console: it is given one.
"""

from collections.abc import Iterable

from starlette.types import ASGIApp, Receive, Scope, Send

from reconciler.api.http.answers import is_api, send_refusal
from reconciler.api.http.guard import Guard
from reconciler.api.refusal import refusal

_NO_CONSOLE = refusal(404, "not_found", "there is no console here; the API is at /v1")


def site(api: ASGIApp, console: ASGIApp | None, *, port: int, names: Iterable[str] = ()) -> ASGIApp:
    """Everything that answers on one port. `names`: host names it may be asked by."""

    async def switch(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and is_api(scope["path"]):
            await api(scope, receive, send)
        elif console is not None:
            await console(scope, receive, send)
        elif scope["type"] == "http":
            await send_refusal(scope, send, _NO_CONSOLE)

    return Guard(switch, port=port, names=names)
