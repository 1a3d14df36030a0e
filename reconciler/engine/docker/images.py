"""Images: what the engine has under a reference, and fetching what it lacks.

Before: adapter. After: api, and the registry through the engine. Never here: building (see build).
"""

import re
import time
from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from urllib.parse import quote

import docker
from docker.utils import parse_repository_tag

from reconciler.engine.docker.api import Api, broken_as_ours
from reconciler.errors import EngineError, PermanentError, TransientError
from reconciler.spec.cluster import Pull
from reconciler.state import labels as keys
from reconciler.state.image import Image

PULL_SECONDS = 900.0  # for the whole of one image
_REGISTRY_RETRY_SECONDS = 5.0
_REGISTRY_LIMIT_SECONDS = 60.0

# What a registry says when asking again won't help. Everything else (no route, a time limit, a server error)
# may pass.
_FINAL = re.compile(
    "access denied|denied:|unauthorized|authentication required|no basic auth|manifest unknown|not found"
    "|does not exist|no matching manifest|invalid reference|repository name must|no such image"
)
_LIMITED = re.compile("toomanyrequests|rate limit")
_UNREACHED = re.compile("no such host|dial tcp|timeout|connection refused|server misbehaving|tls|eof|x509")


def images(api: Api, references: Sequence[str]) -> Mapping[str, Image]:
    """What the engine has, by reference; a missing one is left out."""
    found = {reference: inspect(api, reference) for reference in dict.fromkeys(references)}
    return {reference: image for reference, image in found.items() if image is not None}


def inspect(api: Api, reference: str) -> Image | None:
    """One image, None where the engine doesn't have it."""
    # A reference that can't be one (400) is missing, too: one bad spec must not blind the look at the others.
    path = f"/images/{quote(reference, safe='/:@')}/json"
    reply = api.call("GET", path, doing=f"looking for image {reference}", accept=(400, 404))
    if reply.payload is None:
        return None
    labels: Mapping[str, str] = (reply.payload.get("Config") or {}).get("Labels") or {}
    return Image(id=reply.payload["Id"], has_agent=keys.AGENT in labels)


def pull(api: Api, reference: str, policy: Pull) -> None:
    """Fetch it as `policy` says: `missing` asks no registry for what is there, `never` asks none at all."""
    if policy != "always" and inspect(api, reference) is not None:
        return
    if policy == "never":
        raise PermanentError(f"image {reference} is not on the engine and `pull: never` forbids fetching it; build it")
    doing = f"pulling image {reference}"
    name, tag = parse_repository_tag(reference)
    client = api.client(doing)
    with broken_as_ours(doing):
        try:
            _follow(client.pull(name, tag or "latest", stream=True, decode=True), doing)
        except docker.errors.APIError as error:
            raise registry_refusal(doing, str(error.explanation or error)) from error
        except docker.errors.DockerException as error:
            raise PermanentError(f"{doing}: {error}") from error


def _follow(messages: Iterable[Mapping[str, Any]], doing: str) -> None:
    deadline_at = time.monotonic() + PULL_SECONDS
    for message in messages:
        if "error" in message:
            raise registry_refusal(doing, str(message["error"]))
        if time.monotonic() > deadline_at:
            raise TransientError(f"{doing}: not done within {PULL_SECONDS:.0f} s", _REGISTRY_LIMIT_SECONDS)


def registry_refusal(doing: str, words: str) -> EngineError:
    """The error for what a registry (or the way to it) said, with its own words."""
    said = words.strip().rstrip(".")
    lower = said.lower()
    if _LIMITED.search(lower):
        return TransientError(f"{doing}: {said}", _REGISTRY_LIMIT_SECONDS)
    if _UNREACHED.search(lower):
        return TransientError(f"{doing}: the registry can't be reached: {said}", _REGISTRY_RETRY_SECONDS)
    if _FINAL.search(lower):
        return PermanentError(f"{doing}: {said}; correct the image's name, log in to its registry, or build it here")
    return TransientError(f"{doing}: {said}", _REGISTRY_RETRY_SECONDS)
