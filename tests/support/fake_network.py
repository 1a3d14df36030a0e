"""Networks of the fake engine: a subnet each, and addresses given out in turn as a bridge does."""

import hashlib
import ipaddress
from collections import defaultdict
from collections.abc import Iterable

from reconciler.engine.docker import subnets
from reconciler.engine.ports import Network
from reconciler.state import labels as keys
from tests.support.fake_box import Box


def fake_network(env: str, wanted: ipaddress.IPv4Network | None, others: Iterable[Network]) -> Network:
    """The network of `env` with the subnet it wants, or a free one."""
    subnet = wanted or subnets.choose(env, [ipaddress.IPv4Network(other.subnet) for other in others])
    name = keys.network_name(env)
    digest = hashlib.sha256(name.encode()).hexdigest()
    return Network(id=digest, name=name, subnet=str(subnet), gateway=subnets.gateway(subnet))


class Addresses:
    """Gives out addresses in turn, so that one just freed is not given to the next."""

    def __init__(self) -> None:
        self._last: dict[str, int] = defaultdict(int)

    def next(self, network: Network, boxes: Iterable[Box]) -> str:
        """An address that no container has."""
        span = subnets.container_range(ipaddress.IPv4Network(network.subnet))
        used = {box.address for box in boxes}
        while True:
            self._last[network.name] = (self._last[network.name] + 1) % (span.num_addresses - 1)
            address = str(span[self._last[network.name]])
            if address not in used:
                return address
