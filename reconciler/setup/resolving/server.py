"""Where an environment's DNS server answers, seen from this host.

Before: the engine, which is only looked at. After: ways. Never here: making a network.
"""

from collections.abc import Callable
from dataclasses import dataclass

from reconciler.engine.ports import Network
from reconciler.errors import ReconcilerError


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """`address` (IPv4, port 53) is asked for names of `zone`; `bridge` is the interface of its network."""

    env: str
    zone: str
    address: str
    bridge: str


def server_address(network: Network) -> str:
    """The address that answers, port 53: the network's gateway."""
    return network.gateway


def bridge_of(network: Network) -> str:
    """The interface that Docker gives to a bridge network without a name of its own for it."""
    return f"br-{network.id[:12]}"


def find_server(look: Callable[[], Network | None], env: str, domain: str) -> Server:
    """The server of an environment. Raises ReconcilerError where there is no network, and so nothing to ask."""
    network = look()
    if network is None:
        raise ReconcilerError(
            f"environment {env} has no network on this engine, so there is no server to ask yet; "
            f"start a loop first: `reconciler run --env {env}`"
        )
    return Server(env=env, zone=f"{env}.{domain}", address=server_address(network), bridge=bridge_of(network))
