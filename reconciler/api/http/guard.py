"""What every request passes first, the API's and the console's: whom it is for, who sent it, how long it is.

Before: server. After: the API, the console. Pure ASGI. A page of another site can make a browser send requests here,
and name this machine as it likes (DNS rebinding): Host, Origin and Sec-Fetch-Site are what a browser doesn't let it
choose. Who may do what is not decided here: that is the token's business.
"""

from asyncio import timeout
from collections.abc import Iterable
from ipaddress import ip_address
from re import fullmatch
from time import monotonic

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from reconciler.api.http.answers import send_refusal
from reconciler.api.refusal import RequestError, refused

BODY_SECONDS = 30.0
LARGEST_BODY_BYTES = 8 * 1024 * 1024
HARMLESS = frozenset({"GET", "HEAD"})
OURS = frozenset({"same-origin", "none"})
SPEAKS = frozenset({"http", "https"})

CONTENT_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)
HEADERS = (
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    # Not no-referrer: with it a browser says `Origin: null` of the console's own forms, and they would be refused.
    (b"referrer-policy", b"same-origin"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"content-security-policy", CONTENT_POLICY.encode()),
    (b"cache-control", b"no-store"),
)


class Guard:
    """Lets through to `app` what is meant for us: our port, at an address, `localhost`, or one of `names`.

    A name may come with any port: whoever gave it has something in front of us.
    """

    def __init__(
        self, app: ASGIApp, *, port: int, names: Iterable[str] = (), body_seconds: float = BODY_SECONDS
    ) -> None:
        self._app = app
        self._port = port
        self._body_seconds = body_seconds
        self._names = frozenset(name.lower().rstrip(".") for name in names)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        if scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1008})
            return
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        sealed = _sealed(send, cached=scope["path"].startswith("/static/"))
        try:
            self._check(scope)
        except RequestError as error:
            await send_refusal(scope, sealed, refused(error))
            return
        await self._app(scope, _patient(receive, self._body_seconds), sealed)

    def _check(self, scope: Scope) -> None:
        """Ordered: what isn't for us is told nothing else."""
        headers: list[tuple[bytes, bytes]] = scope["headers"]
        host = _only(headers, b"host")
        if not self._ours(host):
            ways = "ask by address or as localhost, with our port, or start the loop with --console-name"
            raise RequestError(421, "misdirected", f"Host is {host[:80]!r}, which isn't this console: {ways}")
        if scope["method"] not in HARMLESS:
            _check_origin(headers, host)
        _check_length(headers)

    def _ours(self, host: str) -> bool:
        found = fullmatch(r"(\[[0-9A-Fa-f:.]{2,45}\]|[A-Za-z0-9._-]{1,255})(?::([0-9]{1,5}))?", host)
        if found is None:
            return False
        name = found[1].lower().rstrip(".")
        if name in self._names:
            return True
        return int(found[2] or 80) == self._port and (name == "localhost" or _is_address(name))


def _is_address(name: str) -> bool:
    try:
        ip_address(name[1:-1] if name.startswith("[") else name)
    except ValueError:
        return False
    return True


def _check_origin(headers: list[tuple[bytes, bytes]], host: str) -> None:
    """A program names no origin and passes; a browser always does when it sends something."""
    origin, site = _only(headers, b"origin"), _only(headers, b"sec-fetch-site")
    scheme, _, theirs = origin.partition("://")
    foreign = origin and not (scheme in SPEAKS and theirs.lower() == host.lower())
    if foreign or (site and site not in OURS):
        raise RequestError(403, "forbidden", "the request comes from a page of another site, and is refused")


def _check_length(headers: list[tuple[bytes, bytes]]) -> None:
    if _only(headers, b"transfer-encoding"):
        raise RequestError(411, "bad_request", "send the body with a Content-Length")
    length = _only(headers, b"content-length") or "0"
    if not (length.isascii() and length.isdigit()):
        raise RequestError(400, "bad_request", "Content-Length is no number")
    if len(length) > 15 or int(length) > LARGEST_BODY_BYTES:
        raise RequestError(413, "too_large", f"a body may have {LARGEST_BODY_BYTES} bytes, not {length[:20]}")


def _only(headers: list[tuple[bytes, bytes]], name: bytes) -> str:
    """The header's value, empty where there is none; two of one kind could mean one thing here and another there."""
    found = [value for key, value in headers if key == name]
    if len(found) > 1:
        raise RequestError(400, "bad_request", f"{name.decode()} is there {len(found)} times")
    return found[0].decode("latin-1").strip() if found else ""


def _patient(receive: Receive, seconds: float) -> Receive:
    """A body that hasn't come within its time counts as one whose sender has gone."""
    deadline = monotonic() + seconds
    whole = False

    async def patient() -> Message:
        nonlocal whole
        if whole:
            return await receive()
        try:
            async with timeout(max(0.0, deadline - monotonic())):
                message = await receive()
        except TimeoutError:
            return {"type": "http.disconnect"}
        whole = not message.get("more_body", False)
        return message

    return patient


def _sealed(send: Send, *, cached: bool) -> Send:
    """The headers that every answer has, unless it brings its own."""

    async def sealed(message: Message) -> None:
        if message["type"] == "http.response.start":
            present = {key.lower() for key, _ in message.get("headers", [])}
            left = [one for one in HEADERS if one[0] not in present and not (cached and one[0] == b"cache-control")]
            message = {**message, "headers": [*message.get("headers", []), *left]}
        await send(message)

    return sealed
