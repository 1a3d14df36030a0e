"""The bytes of the heartbeat protocol: a buffer in, one request out; a status in, an answer out.

Before: heartbeat_server (what was received). After: heartbeat_register (who it is). A framework would cost
more than the beat itself, so this reads exactly the part of HTTP/1.1 (RFC 9112) that an agent needs and
refuses the rest: no chunked bodies, no folded lines, no second Content-Length or Authorization. No sockets,
no state here.
"""

import json
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from reconciler.engine.http_head import RefusedError, read_head

MAX_HEAD_BYTES = 2048
MAX_BODY_BYTES = 8192
MAX_METRICS = 64
PATH_PREFIX = b"/v1/beats/"

_BEARER = re.compile(rb"[Bb]earer ([A-Za-z0-9._~+/-]{16,256}=*)")
_NAME = re.compile(rb"[a-z0-9][a-z0-9-]{0,127}")
_METRIC = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,63}", re.ASCII)
_MAX_INTEGER = 2**63 - 1


def _no_constant(text: str) -> float:
    raise ValueError(text)


_JSON = json.JSONDecoder(parse_constant=_no_constant)

_REASONS = {
    400: ("Bad Request", "the request is malformed"),
    401: ("Unauthorized", "no token, or none that could be one"),
    403: ("Forbidden", "the token belongs to another instance"),
    404: ("Not Found", "no such instance; the path is /v1/beats/<container name>"),
    405: ("Method Not Allowed", "only POST"),
    409: ("Conflict", "the sequence did not rise: a replayed beat"),
    410: ("Gone", "this instance was removed"),
    413: ("Content Too Large", "a beat is smaller"),
    429: ("Too Many Requests", "more beats or connections than the interval asks for"),
}
_EXTRA = {401: "WWW-Authenticate: Bearer\r\n", 405: "Allow: POST\r\n"}


@dataclass(slots=True)
class Request:
    """One complete request; `size` is its bytes in the buffer, `token` None where there is none."""

    method: bytes
    path: bytes
    token: bytes | None
    body: bytes
    keep_alive: bool
    size: int


@dataclass(slots=True)
class Report:
    """A beat's body: `sequence` is nanoseconds of the boot-time clock, `load` a 1-minute average, `cpu` that of the
    last seconds (None: not told).
    """

    sequence: int
    load: float
    memory_bytes: int
    uptime_seconds: float
    cpu: float | None = None
    metrics: dict[str, float] = field(default_factory=dict)


def read_request(buffer: bytearray) -> Request | None:
    """The first request in `buffer`, None while it is incomplete; raises RefusedError (400, 413)."""
    end = buffer.find(b"\r\n\r\n", 0, MAX_HEAD_BYTES)
    if end < 0:
        if len(buffer) >= MAX_HEAD_BYTES:
            raise RefusedError(413)
        return None
    head = read_head(bytes(buffer[:end]))
    if b"transfer-encoding" in head.headers:
        raise RefusedError(400)
    length = head.length(MAX_BODY_BYTES)
    size = end + 4 + length
    if len(buffer) < size:
        return None
    return Request(
        method=head.method,
        path=head.target,
        token=_read_token(head.headers),
        body=bytes(buffer[end + 4 : size]),
        keep_alive=head.keep_alive,
        size=size,
    )


def _read_token(headers: Mapping[bytes, bytes]) -> bytes | None:
    bearer = _BEARER.fullmatch(headers.get(b"authorization", b""))
    return bearer.group(1) if bearer else None


def read_name(path: bytes) -> str | None:
    """The container's name in `/v1/beats/<name>`, None for any other path."""
    if not path.startswith(PATH_PREFIX):
        return None
    name = path[len(PATH_PREFIX) :]
    return name.decode("ascii") if _NAME.fullmatch(name) else None


def read_report(body: bytes) -> Report | None:
    """What the body says, None where it isn't what a beat's body must be."""
    try:
        values = _JSON.decode(body.decode())
    except (ValueError, RecursionError):
        return None
    if not isinstance(values, dict):
        return None
    sequence = _whole(values.get("sequence"))
    load = _real(values.get("load", 0.0))
    memory = _whole(values.get("memory", 0))
    uptime = _real(values.get("uptime", 0.0))
    cpu = _real(values.get("cpu", 0.0))
    if sequence is None or load is None or memory is None or uptime is None or cpu is None:
        return None
    return Report(sequence, load, memory, uptime, cpu if "cpu" in values else None, _metrics(values.get("metrics")))


def _metrics(value: Any) -> dict[str, float]:
    """The figures that can be some; the main process may write what it likes, and that is no reason to take it for
    dead.
    """
    if not isinstance(value, dict):
        return {}
    told = {name: _real(number) for name, number in value.items() if _METRIC.fullmatch(name)}
    figures = [(name, number) for name, number in told.items() if number is not None]
    return dict(figures[:MAX_METRICS])


def _whole(value: Any) -> int | None:
    right = type(value) is int and 0 <= value <= _MAX_INTEGER
    return value if right else None


def _real(value: Any) -> float | None:
    if type(value) not in {int, float} or not 0 <= value <= _MAX_INTEGER or not math.isfinite(value):
        return None
    return float(value)


def accepted(interval_seconds: float) -> bytes:
    """The answer to a good beat; it tells the interval in force, in seconds."""
    return b"HTTP/1.1 204 No Content\r\nHeartbeat-Interval: %g\r\n\r\n" % interval_seconds


def refused(status: int) -> bytes:
    """The answer to anything else; the connection ends with it."""
    reason, text = _REASONS[status]
    body = f"{text}\n"
    head = f"HTTP/1.1 {status} {reason}\r\n{_EXTRA.get(status, '')}Content-Type: text/plain\r\n"
    return f"{head}Content-Length: {len(body)}\r\nConnection: close\r\n\r\n{body}".encode("ascii")
