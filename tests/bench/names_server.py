"""The embedded DNS server with a thousand records, in a process of its own: `python -m tests.bench.names_server`.

Before: names_served, which pins it to a core. After: reconciler.dns.server, as the loop starts it. It prints its port
and ends when its standard input does. The records are the same for every server that is measured.
"""

import sys
from collections.abc import Mapping

from reconciler.dns.server import DnsServer
from reconciler.engine.names import EmbeddedNames
from reconciler.state.records import Record

ENV = "bench"
DOMAIN = "docker"
HOST = "bench"
CLUSTER_SIZE = 10
_ZONES = ("az1", "az2", "az3")


def records(count: int) -> Mapping[str, Record]:
    """So many ready instances by container id, in clusters of ten, each with an address of its own."""
    made = {}
    for index in range(count):
        cluster, number = f"app{index // CLUSTER_SIZE}-web", index % CLUSTER_SIZE + 1
        made[f"container{index}"] = Record(
            instance=f"{cluster}{number}", cluster=cluster, zone=_ZONES[number % 3], revision="v000",
            address=f"10.77.{index // 200}.{index % 200 + 1}", ports=(8080,), ready=True,
        )  # fmt: skip
    return made


def names(count: int, env: str = ENV) -> dict[str, str]:
    """The short name of each of `records(count)`, and its address."""
    return {f"{one.instance}.{one.cluster}.{env}.{DOMAIN}": one.address for one in records(count).values()}


def main() -> None:
    """Serve `argv[1]` names on loopback."""
    embedded = EmbeddedNames(ENV, HOST)
    embedded.replace(records(int(sys.argv[1])))
    server = DnsServer(ENV, DOMAIN, embedded.table, lambda: ())
    server.start([("127.0.0.1", 0)])
    print(server.addresses[0][1], flush=True)
    sys.stdin.read()
    server.stop()


if __name__ == "__main__":
    main()
