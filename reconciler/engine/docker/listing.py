"""From the engine's list of containers to instances: pure, one dictionary at a time.

Before: adapter, with the rows of `/containers/json`. After: state.instance values.
Exit code and health are read from the status text, since the list has them nowhere else and inspecting each
container would cost a request for each (texts: daemon/state of Docker Engine, `Exited (137) 2 seconds ago`).
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

from reconciler.engine.ports import Listing
from reconciler.state import labels as keys
from reconciler.state.instance import EngineState, Foreign, ImageHealth, Instance

_EXITED = re.compile(r"Exited \((-?\d+)\)")
_HEALTH = (
    ("(health: starting)", ImageHealth.STARTING),
    ("(unhealthy)", ImageHealth.UNHEALTHY),
    ("(healthy)", ImageHealth.HEALTHY),
)


def read_listing(rows: Iterable[Mapping[str, Any]], env: str) -> Listing:
    """Sort one environment's rows into instances and foreign ones; helpers with another role are left out."""
    clusters: dict[str, list[Instance]] = defaultdict(list)
    foreign: list[Foreign] = []
    for row in rows:
        if (row.get("Labels") or {}).get(keys.ROLE, keys.INSTANCE_ROLE) not in keys.ROLES:
            continue
        found = read_row(row, env)
        if isinstance(found, Foreign):
            foreign.append(found)
        else:
            clusters[found.cluster].append(found)
    return Listing(
        instances={name: tuple(sorted(group, key=lambda i: i.number)) for name, group in sorted(clusters.items())},
        foreign=tuple(foreign),
    )


def read_row(row: Mapping[str, Any], env: str) -> Instance | Foreign:
    """One container. Foreign where its labels disagree with its name or with the network it was made for."""
    labels: Mapping[str, str] = row.get("Labels") or {}
    name = container_name(row)
    read = keys.read_labels(labels, name)
    if isinstance(read, str):
        return Foreign(id=row["Id"], container=name, reason=read)
    network = keys.network_name(env)
    networks: Mapping[str, Any] = (row.get("NetworkSettings") or {}).get("Networks") or {}
    # One that was cut off its network later is still ours, and without an address; it is not foreign.
    if network not in networks and (row.get("HostConfig") or {}).get("NetworkMode") != network:
        return Foreign(id=row["Id"], container=name, reason=f"it is not on the network {network}")
    status: str = row.get("Status") or ""
    state = EngineState(row["State"])
    return Instance(
        id=row["Id"],
        container=name,
        cluster=read.cluster,
        number=read.number,
        zone=read.zone,
        revision=read.revision,
        spec_hash=read.spec_hash,
        attempt=read.attempt,
        token_sha256=read.token_sha256,
        image_id=row["ImageID"],
        state=state,
        exit_code=read_exit_code(row, state),
        health=_health(status),
        address=(networks.get(network) or {}).get("IPAddress") or None,
        has_agent=keys.AGENT in labels,
        task=read.task,
    )


def read_exit_code(row: Mapping[str, Any], state: EngineState) -> int | None:
    """None unless it exited."""
    exited = _EXITED.match(row.get("Status") or "") if state is EngineState.EXITED else None
    return int(exited[1]) if exited else None


def container_name(row: Mapping[str, Any]) -> str:
    """Its own name: a link gives it further ones, with a second slash. A nameless one is being removed."""
    names = [name for name in row.get("Names") or () if name.count("/") == 1]
    return str(names[0][1:]) if names else ""


def _health(status: str) -> ImageHealth:
    return next((health for text, health in _HEALTH if text in status), ImageHealth.NONE)
