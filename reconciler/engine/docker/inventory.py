"""Everything of one environment that the engine holds: what `reconciler down` removes, and nothing else.

Before: cli (down). After: api. Found by the environment's label alone: helpers and foreign-looking ones are
in it, since whoever takes an environment down means all of it.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from reconciler.engine.docker.api import Api
from reconciler.engine.docker.listing import container_name
from reconciler.errors import PermanentError, StuckInEngine
from reconciler.state import labels as keys


@dataclass(frozen=True, slots=True, kw_only=True)
class Owned:
    """One thing with our label: a volume's `id` is its name.

    `cluster` and `role` are empty where it has none.
    """

    id: str
    name: str
    role: str = ""
    cluster: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Inventory:
    """What carries the environment's label, by kind, each by name."""

    containers: tuple[Owned, ...] = ()
    networks: tuple[Owned, ...] = ()
    volumes: tuple[Owned, ...] = ()


def inventory(api: Api, env: str) -> Inventory:
    """Look at all three kinds."""
    filters = json.dumps({"label": [f"{keys.ENV}={env}"]})
    doing = f"looking for what environment {env} owns"
    rows = api.call("GET", "/containers/json", params={"all": "1", "filters": filters}, doing=doing).payload
    networks = api.call("GET", "/networks", params={"filters": filters}, doing=doing).payload
    volumes = api.call("GET", "/volumes", params={"filters": filters}, doing=doing).payload["Volumes"] or []
    return Inventory(
        containers=_sorted(_owned(row["Id"], container_name(row), row) for row in rows),
        networks=_sorted(_owned(row["Id"], row["Name"], row) for row in networks),
        volumes=_sorted(_owned(row["Name"], row["Name"], row) for row in volumes),
    )


def _owned(id: str, name: str, row: Mapping[str, Any]) -> Owned:
    labels: Mapping[str, str] = row.get("Labels") or {}
    return Owned(id=id, name=name, role=labels.get(keys.ROLE, ""), cluster=labels.get(keys.CLUSTER, ""))


def _sorted(found: Iterable[Owned]) -> tuple[Owned, ...]:
    return tuple(sorted(found, key=lambda one: one.name))


def remove_network(api: Api, id: str) -> None:
    """By id; done where it is gone. Raises PermanentError while a container is on it (403).

    Docker 20.10 can lose count of a network's endpoints when many containers go at once under load; then it refuses
    although no container, running or not, is attached: StuckInEngine.
    """
    doing = f"removing network {id[:12]}"
    try:
        api.call("DELETE", f"/networks/{id}", doing=doing, accept=(404,))
    except PermanentError as error:
        if "active endpoints" in str(error) and not _attached(api, id):
            raise StuckInEngine(
                f"{doing}: the engine counts an endpoint on it although no container is attached; "
                "it does no harm, and can be removed after the engine's next restart"
            ) from error
        raise


def _attached(api: Api, id: str) -> bool:
    params = {"all": "1", "filters": json.dumps({"network": [id]})}
    return bool(api.call("GET", "/containers/json", params=params, doing="listing containers").payload)


def remove_volume(api: Api, name: str) -> None:
    """With what is in it; done where it is gone. Raises PermanentError while a container has it (409)."""
    api.call("DELETE", f"/volumes/{name}", doing=f"removing volume {name}", accept=(404,))
