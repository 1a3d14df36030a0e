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
from reconciler.state.faults import FaultPart, part_of
from reconciler.state.instance import EngineState

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
# What a helper is after each: the attributes of an event hold its name, its labels and, where it ended, how.
_FAULT_STATES = {
    "create": EngineState.CREATED,
    "start": EngineState.RUNNING,
    "die": EngineState.EXITED,
    "destroy": EngineState.REMOVING,
}
IMAGE_ACTIONS = ("tag", "untag", "pull", "delete", "load", "import")
_OVERLAP_SECONDS = 1.0


def follow(api: Api, env: str, stop: Event) -> Iterator[EngineEvent | None]:
    """Yield None once subscribed, then events, until `stop`.

    Raises EngineUnavailable when the stream ends or breaks.
    """
    # The label filter would hide image events, which carry the image's labels; so ours are picked out here.
    wanted = {"type": ["container", "image"], "event": [*CONTAINER_ACTIONS, *IMAGE_ACTIONS]}
    for message in _messages(api, wanted, stop):
        if message is None:
            yield None
        elif (event := read_event(message, env)) is not None:
            yield event


def follow_faults(api: Api, env: str, stop: Event) -> Iterator[FaultPart | None]:
    """The same of the helpers of `env`, as they are afterwards."""
    labels = [f"{keys.ENV}={env}", f"{keys.ROLE}={keys.FAULT_ROLE}"]
    for message in _messages(api, {"type": ["container"], "event": [*_FAULT_STATES], "label": labels}, stop):
        if message is None:
            yield None
        elif (part := read_fault(message)) is not None:
            yield part


def _messages(api: Api, wanted: Mapping[str, list[str]], stop: Event) -> Iterator[Mapping[str, Any] | None]:
    """None once subscribed, then the engine's messages as they are."""
    doing = "following the engine's events"
    version = api.version(doing)
    connection = dial(api.base_url, api.tls_directory)
    try:
        _, rest = send_head(connection, _request(version, wanted), b"", doing)
        yield None
        yield from json_lines(connection, rest, stop, doing)
    finally:
        connection.close()


def _request(version: str, wanted: Mapping[str, list[str]]) -> list[str]:
    # The engine sends its head just before it subscribes: a second of overlap closes the gap. Repeats do no
    # harm.
    query = urlencode({"filters": json.dumps(wanted), "since": f"{time.time() - _OVERLAP_SECONDS:.6f}"})
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


def read_fault(message: Mapping[str, Any]) -> FaultPart | None:
    """The helper that a message is about; None where it only pretends to be one."""
    actor = message.get("Actor") or {}
    attributes = actor.get("Attributes") or {}
    state = _FAULT_STATES.get(str(message.get("Action", "")))
    code = str(attributes.get("exitCode", ""))
    if state is None:
        return None
    return part_of(
        str(actor.get("ID", "")),
        str(attributes.get("name", "")),
        attributes,
        state,
        int(code) if state is EngineState.EXITED and code.isdigit() else None,
    )
