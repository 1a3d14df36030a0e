"""Where an environment's DNS server answers, seen from this host, and whether it does.

Before: the engine, which is only looked at; the loop's own word where one runs. After: choosing, ways.
Never here: making a network or a server.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from reconciler.engine.ports import Network
from reconciler.state import labels as keys

if TYPE_CHECKING:
    from reconciler.engine.docker.api import Api

_PORT = 53
_ANSWER_SECONDS = 1.0
_SYSTEM_ROLE = "system"


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """`address` (IPv4, port 53) is asked for names of `zone`; `bridge` is the interface of its network.

    `answers` is false where it says nothing just now.
    """

    env: str
    zone: str
    address: str
    bridge: str
    answers: bool = True


def server_address(api: "Api", env: str, network: Network, told: str | None) -> str:
    """What the running loop has `told` (the first server that its containers ask); without one, the server in a
    container where that stands; else the network's gateway, where a loop answers.
    """
    if told is not None:
        return told
    filters = json.dumps({"label": [f"{keys.ENV}={env}", f"{keys.ROLE}={_SYSTEM_ROLE}"]})
    doing = f"looking for the DNS server of environment {env}"
    rows = api.call("GET", "/containers/json", params={"all": "1", "filters": filters}, doing=doing).payload
    found = [address for row in rows if (address := _address(row, env, network))]
    return found[0] if found else network.gateway


def bridge_of(network: Network) -> str:
    """The interface that Docker gives to a bridge network without a name of its own for it."""
    return f"br-{network.id[:12]}"


def answers(address: str, zone: str) -> bool:
    """Whether a server at the address knows the zone, asked once as any program would."""
    # The library takes long to import.
    import dns.exception
    import dns.message
    import dns.query
    import dns.rcode

    try:
        reply = dns.query.udp(dns.message.make_query(zone, "SOA"), address, port=_PORT, timeout=_ANSWER_SECONDS)
    except (OSError, dns.exception.DNSException):
        return False
    return reply.rcode() == dns.rcode.NOERROR


def _address(row: Mapping[str, Any], env: str, network: Network) -> str:
    if f"/{env}_{_SYSTEM_ROLE}_skydns" not in (row.get("Names") or ()):
        return ""
    attached = ((row.get("NetworkSettings") or {}).get("Networks") or {}).get(network.name) or {}
    fixed = attached.get("IPAMConfig") or {}
    return str(attached.get("IPAddress") or fixed.get("IPv4Address") or "")
