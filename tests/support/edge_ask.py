"""A client of the edge and of Eureka: one request on a connection of its own, and what came of it.

Before: something that listens. After: test_acmeair_edge, test_eureka_pair. Never here: a repetition.
"""

import gzip
import json
import urllib.error
import urllib.request
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back, or what went wrong instead (status 0)."""

    status: int
    body: Any
    headers: dict[str, str]


def ask(
    url: str, *, body: str | None = None, key: str | None = None, method: str | None = None, kind: str = ""
) -> Answer:
    """One request; `kind` is the body's type."""
    headers = {"Accept-Encoding": "gzip", "Accept": "application/json"}
    headers |= {"Idempotency-Key": key} if key else {}
    headers |= {"Content-Type": kind} if kind else {}
    data = body.encode() if body is not None else None
    request = urllib.request.Request(url, data=data, headers=headers, method=method)
    try:
        with urllib.request.urlopen(request, timeout=20) as answer:
            return Answer(answer.status, _parsed(answer.read()), dict(answer.headers))
    except urllib.error.HTTPError as error:
        with error:
            return Answer(error.code, _parsed(error.read()), dict(error.headers))
    except OSError as error:
        return Answer(0, repr(error), {})


def _parsed(body: bytes) -> Any:
    plain = gzip.decompress(body) if body.startswith(b"\x1f\x8b") else body
    try:
        return json.loads(plain)
    except ValueError:
        return plain
