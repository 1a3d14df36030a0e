"""What goes wrong with a request, as a status code and the JSON that says so: one mapping for the socket and for HTTP.

Before: routes (the unix socket), api.http. After: the client, which makes the same errors of it again. Nothing of a
traceback is ever in it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from reconciler import errors
from reconciler.api import encode


class RequestError(Exception):
    """The client's mistake; becomes the response `status` with this message."""

    def __init__(
        self,
        status: int,
        code: str,
        message: str,
        headers: Mapping[str, str] | None = None,
        problems: Sequence[encode.Json] = (),
    ) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.headers = headers or {}
        self.problems = tuple(problems)


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """One answer that refuses; `payload` goes out as JSON."""

    status: int
    payload: encode.Json
    headers: Mapping[str, str] = field(default_factory=dict)


# Ordered: the special before the general. What isn't here is a refusal by the loop, 409.
KNOWN: tuple[tuple[type[errors.ReconcilerError], int, str], ...] = (
    (errors.SpecError, 422, "spec"),
    (errors.UsageError, 400, "usage"),
    (errors.EngineUnavailable, 503, "engine_unavailable"),
    (errors.EngineError, 502, "engine"),
    (errors.FileChanged, 409, "changed"),
    (errors.Busy, 429, "busy"),
)

INTERNAL = Refusal(
    status=500,
    payload={
        "error": {"code": "internal", "message": "the loop failed on this request; its log says why", "problems": []}
    },
)


def refused(error: errors.ReconcilerError | RequestError) -> Refusal:
    """What to answer to whoever asked for it."""
    if isinstance(error, RequestError):
        return refusal(error.status, error.code, str(error), error.problems, error.headers)
    status, code = next(((s, c) for kind, s, c in KNOWN if isinstance(error, kind)), (409, "refused"))
    if isinstance(error, errors.SpecError):
        return refusal(status, code, str(error), [encode.problem_dict(problem) for problem in error.problems])
    if isinstance(error, errors.FileChanged):
        return refusal(status, code, str(error), difference=error.difference)
    return refusal(status, code, str(error))


def refusal(
    status: int,
    code: str,
    message: str,
    problems: Sequence[encode.Json] = (),
    headers: Mapping[str, str] | None = None,
    **more: Any,
) -> Refusal:
    """A refusal of these parts; `more` are keys beside the message."""
    payload = {"error": {"code": code, "message": message, "problems": list(problems), **more}}
    return Refusal(status=status, payload=payload, headers=headers or {})
