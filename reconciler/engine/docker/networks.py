"""The environment's own bridge network: made once, found again, never shared.

Before: adapter. After: api. Never here: attaching containers (a blueprint names its network).
"""

import ipaddress
import time
from collections.abc import Mapping
from typing import Any

from reconciler.engine.docker import subnets
from reconciler.engine.docker.api import Api, Reply
from reconciler.engine.ports import Network
from reconciler.errors import NotOurs, PermanentError, TransientError
from reconciler.state import labels as keys

NETWORK_ROLE = "network"
SUBNET = keys.PREFIX + "subnet"
LISTENER_PORT = 7070
_TRIES = 12
_PATIENT_TRIES = 6
_LOOK_AGAIN_SECONDS = 0.1


def ensure_network(api: Api, env: str, subnet: str | None) -> Network:
    """The network `reconciler-<env>`, made where it is missing.

    Raises NotOurs where another's has the name, PermanentError where it has another subnet than asked for.
    """
    wanted = subnets.parse(subnet) if subnet else None
    name = keys.network_name(env)
    doing = f"creating network {name}"
    refused: list[ipaddress.IPv4Network] = []
    for attempt in range(_TRIES):
        present = _named(api, name, doing)
        if present:
            return _checked(_oldest(present), env, wanted, doing)
        subnet_ = wanted or subnets.choose(env, [*refused, *_taken(api, doing)])
        made = _make(api, env, subnet_, doing)
        if made.status == 201:
            _settle(api, name, str(made.payload["Id"]), doing)
            continue
        # Another maker's network is listed only some time after its subnet is taken: look again before giving
        # up.
        if attempt >= _PATIENT_TRIES:
            if wanted is not None:
                raise PermanentError(f"{doing}: {made.message.strip()}; choose a free --subnet")
            refused.append(subnet_)
        time.sleep(_LOOK_AGAIN_SECONDS)
    raise TransientError(f"{doing}: others are changing the engine's networks")


def find_network(api: Api, env: str) -> Network | None:
    """The network as it is, None where there is none; makes nothing. Raises NotOurs as `ensure_network` does."""
    doing = f"looking for network {keys.network_name(env)}"
    present = _named(api, keys.network_name(env), doing)
    return _checked(_oldest(present), env, None, doing) if present else None


def _make(api: Api, env: str, subnet: ipaddress.IPv4Network, doing: str) -> Reply:
    gateway = subnets.gateway(subnet)
    mtu = subnets.narrow_mtu() if api.local else None
    body = {
        "Name": keys.network_name(env),
        "CheckDuplicate": True,
        "Driver": "bridge",
        "IPAM": {
            "Driver": "default",
            "Config": [{"Subnet": str(subnet), "Gateway": gateway, "IPRange": str(subnets.container_range(subnet))}],
        },
        # The engine gives its own MTU setting to its default bridge only.
        "Options": {"com.docker.network.driver.mtu": str(mtu)} if mtu else {},
        "Labels": {
            keys.ENV: env,
            keys.ROLE: NETWORK_ROLE,
            keys.LISTENER: f"{gateway}:{LISTENER_PORT}",
            SUBNET: str(subnet),
        },
    }
    # 403: the subnet overlaps with another network's; 409: the name was taken meanwhile.
    return api.call("POST", "/networks/create", body=body, doing=doing, accept=(403, 409))


def _settle(api: Api, name: str, id: str, doing: str) -> None:
    """Two makers at once may both succeed, for the engine's check isn't atomic: the younger steps back."""
    present = _named(api, name, doing)
    if len(present) > 1 and _oldest(present)["Id"] != id:
        api.call("DELETE", f"/networks/{id}", doing=doing, accept=(404,))


def _oldest(present: list[Mapping[str, Any]]) -> Mapping[str, Any]:
    return min(present, key=lambda network: (network["Created"], network["Id"]))


def _named(api: Api, name: str, doing: str) -> list[Mapping[str, Any]]:
    """By exact name: the engine's own filter finds parts of names."""
    return [network for network in _all(api, doing) if network["Name"] == name]


def _all(api: Api, doing: str) -> list[Mapping[str, Any]]:
    networks: list[Mapping[str, Any]] = api.call("GET", "/networks", doing=doing).payload
    return networks


def _taken(api: Api, doing: str) -> list[ipaddress.IPv4Network]:
    configs = [config for network in _all(api, doing) for config in (network.get("IPAM") or {}).get("Config") or ()]
    used = [config["Subnet"] for config in configs if "." in config.get("Subnet", "")]
    return [ipaddress.IPv4Network(subnet, strict=False) for subnet in used] + subnets.host_routes()


def _checked(present: Mapping[str, Any], env: str, wanted: ipaddress.IPv4Network | None, doing: str) -> Network:
    name = keys.network_name(env)
    labels: Mapping[str, str] = present.get("Labels") or {}
    if labels.get(keys.ENV) != env or labels.get(keys.ROLE) != NETWORK_ROLE:
        raise NotOurs(
            f"{doing}: a network of that name is there and isn't ours; "
            f"remove it (`docker network rm {name}`) or choose another --env"
        )
    config: Mapping[str, str] = next(iter((present.get("IPAM") or {}).get("Config") or ()), {})
    subnet, gateway = config.get("Subnet", ""), config.get("Gateway", "")
    if not subnet or not gateway:
        raise NotOurs(
            f"{doing}: the one that is there has no subnet of its own; remove it (`docker network rm {name}`)"
        )
    if wanted is not None and ipaddress.IPv4Network(subnet) != wanted:
        raise PermanentError(
            f"{doing}: it is there with subnet {subnet}, not {wanted}; leave out --subnet, "
            f"or run `reconciler down --env {env}` first to make it anew"
        )
    return Network(id=present["Id"], name=name, subnet=subnet, gateway=gateway)
