"""The engine's events that can matter to a loop; each is only a hint to look.

Before: streams. After: loop, which enqueues cluster names. Never here: conclusions.
Event grammar: Docker Engine API 1.41, `GET /events`; `health_status` carries its value after a colon and
comes only when it changed.
"""

import json
import time
from collections.abc import Iterator, Mapping
from threading import Event
from typing import Any
from urllib.parse import urlencode

from reconciler.engine.docker.api import Api
from reconciler.engine.docker.streams import dial, json_lines, send_head
from reconciler.engine.ports import EngineEvent
from reconciler.state import labels as keys

# What an exec, an attached terminal or a resize says is noise: probes by exec alone would make most of the
# stream.
CONTAINER_ACTIONS = (
    "create",
    "start",
    "die",
    "stop",
    "kill",
    "oom",
    "pause",
    "unpause",
    "destroy",
    "rename",
    "health_status",
)
IMAGE_ACTIONS = ("tag", "untag", "pull", "delete", "load", "import")
_OVERLAP_SECONDS = 1.0


def follow(api: Api, env: str, stop: Event) -> Iterator[EngineEvent | None]:
    """Yield None once subscribed, then events, until `stop`.

    Raises EngineUnavailable when the stream ends or breaks.
    """
    doing = "following the engine's events"
    version = api.version(doing)
    connection = dial(api.base_url, api.tls_directory)
    try:
        _, rest = send_head(connection, _request(version), b"", doing)
        yield None
        for message in json_lines(connection, rest, stop, doing):
            event = read_event(message, env)
            if event is not None:
                yield event
    finally:
        connection.close()


def _request(version: str) -> list[str]:
    # The label filter would hide image events, which carry the image's labels; so ours are picked out here.
    # The engine sends its head just before it subscribes: a second of overlap closes the gap. Repeats do no
    # harm.
    query = urlencode(
        {
            "filters": json.dumps({"type": ["container", "image"], "event": [*CONTAINER_ACTIONS, *IMAGE_ACTIONS]}),
            "since": f"{time.time() - _OVERLAP_SECONDS:.6f}",
        }
    )
    return [f"GET /v{version}/events?{query} HTTP/1.0", "Host: docker", "User-Agent: reconciler"]


def read_event(message: Mapping[str, Any], env: str) -> EngineEvent | None:
    """One message of the stream, None where it concerns no instance of `env` and no image."""
    action = str(message.get("Action", "")).partition(":")[0]
    actor = message.get("Actor") or {}
    if message.get("Type") == "image":
        return (
            EngineEvent(kind="image", action=action, id=str(actor.get("ID", ""))) if action in IMAGE_ACTIONS else None
        )
    labels = actor.get("Attributes") or {}
    ours = labels.get(keys.ENV) == env and labels.get(keys.ROLE, keys.INSTANCE_ROLE) in keys.ROLES
    cluster = labels.get(keys.CLUSTER)
    if message.get("Type") != "container" or not ours or not cluster or action not in CONTAINER_ACTIONS:
        return None
    return EngineEvent(kind="container", action=action, cluster=str(cluster), id=str(actor.get("ID", "")))
