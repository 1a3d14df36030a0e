"""Named volumes: made with our labels before the container that mounts them, so that `down --volumes` can
find them.

Before: containers. After: api. Never here: removing one on behalf of a container; volumes outlive their
instances.
"""

from collections.abc import Mapping

from reconciler.engine.docker.api import Api
from reconciler.engine.ports import Blueprint
from reconciler.errors import NotOurs
from reconciler.state import labels as keys

VOLUME_ROLE = "volume"


def ensure_volumes(api: Api, blueprint: Blueprint) -> None:
    """Make the blueprint's volumes where they are missing. Raises NotOurs where a name is somebody else's."""
    labels = {
        **{key: blueprint.labels[key] for key in (keys.ENV, keys.CLUSTER, keys.NUMBER) if key in blueprint.labels},
        keys.ROLE: VOLUME_ROLE,
    }
    for mount in blueprint.mounts:
        if not mount.host_path:
            _ensure(api, mount.source, labels)


def _ensure(api: Api, name: str, labels: Mapping[str, str]) -> None:
    doing = f"creating volume {name}"
    # The engine answers with the present volume where there is one, its labels untouched.
    present = api.call("POST", "/volumes/create", body={"Name": name, "Labels": dict(labels)}, doing=doing).payload
    found = present.get("Labels") or {}
    if any(found.get(key) != value for key, value in labels.items()):
        raise NotOurs(f"{doing}: a volume of that name is there and isn't this instance's; rename or remove it")
