"""What each request comes to: its head first (may it be sent at all, and is its body wanted?), then head and body.

Before: connection, which reads bytes. After: registry. Paths, methods, statuses and plain-text errors are SkyDNS v1's
(skydns1, server/server.go, server/externalapi.go); where it would answer 500 for a body that it can't read, we say 400.
Never here: sockets, time.
"""

import hmac
import json
import logging
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, unquote

from reconciler.dns.skydns.registry import Registry
from reconciler.dns.skydns.service import Refused, read_service, read_ttl
from reconciler.engine.http_head import Head, RefusedError
from reconciler.state.entry import is_address

log = logging.getLogger(__name__)

MAX_BODY_BYTES = 8_192
_SERVICES, _CALLBACKS = "/skydns/services/", "/skydns/callbacks/"
_ONE = ("GET", "PUT", "PATCH", "DELETE")
_WITH_BODY = ("PUT", "PATCH")
_LISTS = (_SERVICES, "/skydns/regions/", "/skydns/environments/")


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """A status, `text` as the body, and for 405 what is allowed instead."""

    status: int
    text: str = ""
    kind: str = "text/plain; charset=utf-8"
    allow: str = ""


class Api:
    """The API over `registry`; `secret` (empty: none) has to come in `Authorization`, as it is.

    `domain` is ours: the names by which a browser's page can't call us.
    """

    def __init__(self, registry: Registry, domain: str, secret: str) -> None:
        self._registry = registry
        self._domain = domain.strip(".").lower()
        self._secret = secret.strip().encode()  # spaces around a header's value are no part of it

    def length(self, head: Head) -> int:
        """How many bytes of body to read; raises Refused where the request is to be answered without."""
        self._guard(head)
        method, path = head.method.decode(), _path(head)
        _check_method(method, path)
        if b"transfer-encoding" in head.headers:
            raise Refused(411, "send the body with a Content-Length, not in chunks")
        try:
            return head.length(MAX_BODY_BYTES)
        except RefusedError as refused:
            told = {400: "Content-Length is no number", 413: f"a body has at most {MAX_BODY_BYTES} bytes"}
            raise Refused(refused.status, told[refused.status]) from refused

    def answer(self, head: Head, body: bytes) -> Answer:
        """The answer to a whole request whose head `length` has let through; never raises."""
        try:
            return self._answer(head, body)
        except Refused as refused:
            return refusal(refused)
        except Exception:  # the crash boundary: no request may end the thread that answers all others
            log.exception("SkyDNS API: a request could not be answered")
            return Answer(status=500, text="a fault of ours, which the loop's log tells more of")

    def _guard(self, head: Head) -> None:
        """Who is asking: no page in a browser, and somebody who knows the secret."""
        if b"origin" in head.headers:
            raise Refused(403, "requests of web pages are refused")
        host = head.headers.get(b"host", b"").decode("latin-1")
        if not host and head.minor:
            raise Refused(400, "HTTP/1.1 wants a Host header")
        if host and not self._ours(host):
            raise Refused(403, f"{host[:255]!r} is no name of ours: call this server by its address")
        given = head.headers.get(b"authorization", b"")
        if self._secret and not hmac.compare_digest(given, self._secret):
            raise Refused(403, "Forbidden: send the secret in the header Authorization, as it is")

    def _ours(self, host: str) -> bool:
        """A page of elsewhere whose name was made to lead to us (DNS rebinding) still gives that name here."""
        if host.startswith("["):
            return True
        name = host.partition(":")[0].lower().rstrip(".")
        return is_address(name) or "." not in name or f".{name}".endswith(f".{self._domain}")

    def _answer(self, head: Head, body: bytes) -> Answer:
        method, path = head.method.decode(), _path(head)
        if path == _SERVICES:
            return _listing(self._registry.find(_query(head)))
        if path in _LISTS:
            field = "Region" if path == _LISTS[1] else "Environment"
            counts = Counter(service[field] for service in self._registry.everything())
            return Answer(status=200, text=_json(dict(sorted(counts.items()))), kind="application/json")
        uuid = _uuid(path)
        if method == "GET":
            return Answer(status=200, text=_json(self._registry.get(uuid)), kind="application/json")
        if method == "PUT":
            self._registry.add(read_service(uuid, body, self._registry.env))
            return Answer(status=201)
        if method == "PATCH":
            self._registry.renew(uuid, read_ttl(body))
        else:
            self._registry.remove(uuid)
        return Answer(status=200)


def refusal(refused: Refused) -> Answer:
    """A refusal as an answer."""
    return Answer(status=refused.status, text=str(refused), allow=refused.allow)


def _check_method(method: str, path: str) -> None:
    if path.startswith(_CALLBACKS):
        raise Refused(501, "callbacks are not served: ask for the name again, its answers hold for seconds only")
    if path in _LISTS:
        allowed: tuple[str, ...] = ("GET",)
    elif path.startswith(_SERVICES) and "/" not in path[len(_SERVICES) :]:
        allowed = _ONE
    else:
        raise Refused(404, f"there is no {path[:255]!r}: there are /skydns/services/<uuid>, {', '.join(_LISTS)}")
    if method not in allowed:
        raise Refused(405, f"{method} is not for {path[:255]!r}, but {', '.join(allowed)}", allow=", ".join(allowed))


def _path(head: Head) -> str:
    """The path as it was sent, still percent-encoded; a list's path without its last slash means the same."""
    path = head.target.decode().partition("?")[0]
    return f"{path}/" if f"{path}/" in _LISTS else path


def _query(head: Head) -> str:
    query = head.target.decode().partition("?")[2]
    try:
        asked = parse_qs(query, max_num_fields=16, errors="strict").get("query", [])
    except ValueError as error:
        raise Refused(400, f"the query can't be read: {error}") from error
    return asked[0] if asked else "*"


def _uuid(path: str) -> str:
    """Raises Refused (400) for what is no text."""
    try:
        return unquote(path[len(_SERVICES) :], errors="strict")
    except UnicodeDecodeError as error:
        raise Refused(400, "the UUID in the path is no text in UTF-8") from error


def _listing(services: Iterable[dict[str, Any]]) -> Answer:
    """One by one: a long list encoded at once would hold up every other thread, the DNS server's too."""
    text = ",".join(_json(service) for service in services)
    return Answer(status=200, text=f"[{text}]", kind="application/json")


def _json(value: Any) -> str:
    return json.dumps(value, separators=(",", ":"))
