"""Containers: made, started, signalled, removed; each function one effect, safe to repeat.

Before: adapter. After: api. Never here: waiting for a container to become something.
"""

import re
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

from reconciler.engine.docker.api import Api, said
from reconciler.engine.docker.bodies import container_body
from reconciler.engine.docker.refusals import refusal
from reconciler.engine.docker.volumes import ensure_volumes
from reconciler.engine.ports import Blueprint, Found, Signal
from reconciler.errors import NotOurs, PermanentError, TransientError
from reconciler.state import labels as keys
from reconciler.state.instance import EngineState

_FREED_SECONDS = 0.2
_FULL_ID = re.compile(r"[0-9a-f]{64}")
_GONE = (404, 409)
_ENDING = frozenset({"removing", "dead"})


def create(api: Api, blueprint: Blueprint) -> str:
    """The id of a new container, or of the one that an earlier try with this very blueprint left (a lost
    reply).

    Only identical labels are taken for ours, the token's digest among them: whoever holds another token could
    not give the container of an earlier pass its files, so that one is left to the next pass, which lists it.
    """
    ensure_volumes(api, blueprint)
    doing = f"creating container {blueprint.name}"
    reply = api.call(
        "POST",
        "/containers/create",
        params={"name": blueprint.name},
        body=container_body(blueprint, cgroup_parent=_cgroup_parent(api, blueprint)),
        doing=doing,
        accept=(409,),
    )
    return _adopt(api, blueprint, doing) if reply.status == 409 else str(reply.payload["Id"])


def _cgroup_parent(api: Api, blueprint: Blueprint) -> str | None:
    """Below the joined container's own group, where groups are plain directories of the first version.

    Of the second version a group with processes can't have groups below it, and systemd wants slices of its own.
    """
    joined = blueprint.joins.cgroup_of if blueprint.joins is not None else None
    if joined is None:
        return None
    found = api.call("GET", "/info", doing="asking the engine how it groups processes").payload
    plain = str(found.get("CgroupVersion")) == "1" and found.get("CgroupDriver") == "cgroupfs"
    return f"/docker/{joined}" if plain else None


def _adopt(api: Api, blueprint: Blueprint, doing: str) -> str:
    reply = api.call("GET", f"/containers/{blueprint.name}/json", doing=doing, accept=(404,))
    if reply.status == 404:
        raise TransientError(f"{doing}: the name is being freed", _FREED_SECONDS)
    present: Mapping[str, Any] = reply.payload
    if present["State"]["Status"] in _ENDING:
        raise TransientError(f"{doing}: the one before it is still being removed", _FREED_SECONDS)
    labels: Mapping[str, str] = present["Config"]["Labels"] or {}
    if all(labels.get(key) == value for key, value in blueprint.labels.items()):
        return str(present["Id"])
    # An instance is known by its number; what else we keep (a name server) by its role, and its name is its own.
    known_by = (keys.CLUSTER, keys.NUMBER) if keys.NUMBER in blueprint.labels else (keys.ROLE,)
    if all(labels.get(key) == blueprint.labels[key] for key in (keys.ENV, *known_by)):
        raise TransientError(f"{doing}: an earlier one of ours has the name", _FREED_SECONDS)
    raise NotOurs(
        f"{doing}: container {present['Id'][:12]} has that name and isn't ours; rename or remove it, "
        "or give this environment another name with --env"
    )


def find(api: Api, name: str) -> Found | None:
    """The container of this name. The engine takes ids and their beginnings, too; those don't count."""
    reply = api.call("GET", f"/containers/{name}/json", doing=f"looking at container {name}", accept=(404,))
    if reply.status == 404 or reply.payload["Name"].lstrip("/") != name:
        return None
    found: Mapping[str, Any] = reply.payload
    networks: Mapping[str, Any] = found["NetworkSettings"]["Networks"] or {}
    return Found(
        id=found["Id"],
        name=name,
        labels=found["Config"]["Labels"] or {},
        image_id=found["Image"],
        state=EngineState(found["State"]["Status"]),
        exit_code=int(found["State"]["ExitCode"]),
        addresses={network: at["IPAddress"] for network, at in networks.items() if at.get("IPAddress")},
    )


def start(api: Api, id: str) -> None:
    """Start it; done where it runs already (304)."""
    doing = f"starting container {id[:12]}"
    reply = api.call("POST", f"/containers/{id}/start", doing=doing, accept=(404,))
    if reply.status != 404:
        return
    # The engine also says 404 for what the container lacks: its program, its network.
    if "no such container" in reply.message.lower():
        raise TransientError(f"{doing}: it is gone", _FREED_SECONDS)
    raise refusal(400, reply.message, doing)


def signal(api: Api, id: str, name: Signal) -> None:
    """Send it, then thaw: a frozen process would hold the signal until somebody thaws it."""
    doing = f"sending {name} to container {id[:12]}"
    reply = api.call("POST", f"/containers/{id}/kill", params={"signal": name}, doing=doing, accept=(404, 409, 500))
    if reply.status in _GONE or _ended(reply.message):
        return
    if reply.status == 500:
        raise refusal(500, reply.message, doing)
    # Asking always is cheaper than looking first, and there is no moment between the two. The engine has
    # several ways to say that there is nothing to thaw (it never was frozen, it has ended since); only its
    # state is clear.
    reply = api.call("POST", f"/containers/{id}/unpause", doing=doing, accept=(404, 409, 500))
    if reply.status == 500 and _paused(api, id, doing):
        raise refusal(500, reply.message, doing)


def pause(api: Api, id: str) -> None:
    """Freeze it; done where it is gone, has ended or is frozen already (409)."""
    api.call("POST", f"/containers/{id}/pause", doing=f"freezing container {id[:12]}", accept=_GONE)


def _paused(api: Api, id: str, doing: str) -> bool:
    reply = api.call("GET", f"/containers/{id}/json", doing=doing, accept=(404,))
    return reply.status != 404 and bool(reply.payload["State"]["Paused"])


def _ended(message: str) -> bool:
    text = message.lower()
    return any(
        words in text for words in ("is not running", "no such container", "no such process", "already finished")
    )


def remove(api: Api, id: str) -> None:
    """Remove it forcibly with its anonymous volumes; done where it is gone (404) or going (409)."""
    if not _FULL_ID.fullmatch(id):
        # A name could by now be somebody else's; only an id means what was listed.
        raise PermanentError(f"removing container {id}: that is no full container id")
    api.call(
        "DELETE",
        f"/containers/{id}",
        params={"force": "1", "v": "1"},
        doing=f"removing container {id[:12]}",
        accept=_GONE,
    )


def up_seconds(api: Api, id: str) -> float:
    """Seconds since it started, by the engine's clock."""
    doing = f"looking at container {id[:12]}"
    response = api.request("GET", f"/containers/{id}/json", doing=doing)
    if response.status_code == 404:
        return 0.0
    if response.status_code >= 400:
        raise refusal(response.status_code, said(response), doing, reading=True)
    started_at = _instant(response.json()["State"]["StartedAt"])
    if started_at is None:
        return 0.0
    # An engine elsewhere has another clock: its answer's Date header, which knows whole seconds only.
    date = response.headers.get("Date")
    now = time.time() if api.local or date is None else parsedate_to_datetime(date).timestamp() + 0.5
    return max(0.0, now - started_at)


def _instant(text: str) -> float | None:
    """Unix seconds of the engine's RFC 3339 time with nanoseconds; None for its zero time (year 1)."""
    if text.startswith("0001-"):
        return None
    whole, _, fraction = text.rstrip("Z").partition(".")
    return datetime.fromisoformat(whole).replace(tzinfo=UTC).timestamp() + float(f"0.{fraction or 0}")
