"""What the engine's refusals and silences mean for the caller's next move.

Before: api, with a status and the engine's own words, or an exception of requests. After:
errors.EngineError's children. The wording is that of Docker Engine 20.10 to 28; a text that nobody here knows
counts by its status.
"""

import re

import requests

from reconciler.errors import EngineDenied, EngineError, EngineUnavailable, PermanentError, TransientError

_NO_SPACE_SECONDS = 10.0
_PORT_SECONDS = 2.0

# First match wins: the pattern in the engine's words (lower case), what to do about it, and when to try
# again: None is never. Order matters: a start's "oci runtime create failed" may carry "no space left" as its
# reason.
_KNOWN: tuple[tuple[re.Pattern[str], str, float | None], ...] = (
    (re.compile("no space left on device"), "free disk space on the engine's host", _NO_SPACE_SECONDS),
    (re.compile("^address already in use$"), "another container has that address on the network; remove it", 2.0),
    (
        re.compile("port is already allocated|address already in use"),
        "another container or program has that host port; stop it or publish on another one",
        _PORT_SECONDS,
    ),
    (re.compile("no such image"), "build or pull the image, or correct its name", None),
    (re.compile("removal of container .* in progress|marked for removal"), "", 0.2),
    (re.compile("network .* not found"), "the network is made again", 0.5),
    (re.compile("no such container"), "it is gone", 0.2),
    (re.compile("cannot join .* of a non running container"), "what it joins has ended", 0.2),
    (
        re.compile("executable file not found|no such file or directory.*unable to start|exec format error"),
        "correct `command`, or the image's own",
        None,
    ),
    (re.compile("pool overlaps with other one"), "choose a free --subnet", None),
    (re.compile("could not find an available|all predefined address pools"), "remove unused networks", None),
    (re.compile("permission denied|not allowed|forbidden"), "", None),
    (re.compile("oci runtime create failed"), "", None),
    (re.compile("toomanyrequests|rate limit"), "the registry limits how often one may ask", 60.0),
)


def refusal(status: int, message: str, doing: str, *, reading: bool = False) -> EngineError:
    """The error for an answer of `status` ≥ 400 to `doing` ("creating container dev-webapp-1").

    `reading`: it was only looked, so a server error means that nothing is known.
    """
    said = message.strip().rstrip(".")
    if status in {502, 503, 504} or (reading and status >= 500):
        return EngineUnavailable(f"{doing}: the engine is in trouble: {said}")
    for pattern, advice, retry in _KNOWN:
        if pattern.search(said.lower()):
            text = f"{doing}: {said}; {advice}" if advice else f"{doing}: {said}"
            return PermanentError(text) if retry is None else TransientError(text, retry)
    text = f"{doing}: {said}"
    return PermanentError(text) if status < 500 else TransientError(text)


def silence(error: Exception, doing: str, *, reading: bool = False) -> EngineError:
    """The error for an exchange that broke: requests' exceptions and OSError.

    A time limit that ran out on an effect says nothing about the engine as a whole: the effect may yet
    happen.
    """
    if isinstance(error, requests.exceptions.ReadTimeout) and not reading:
        return TransientError(f"{doing}: no answer in time; it may yet be done")
    reason = innermost(error)
    if isinstance(reason, PermissionError):
        return EngineDenied(doing)
    return EngineUnavailable(f"{doing}: the engine does not answer: {str(reason) or type(reason).__name__}")


def innermost(error: BaseException) -> BaseException:
    """The reason of it all: requests wraps urllib3 wraps http.client wraps OSError.

    Not beyond the system's own error: what was being handled when we were called is another story.
    """
    while inner := error.__cause__ or error.__context__:
        if isinstance(error, OSError) and not isinstance(error, requests.exceptions.RequestException):
            break
        error = inner
    return error
