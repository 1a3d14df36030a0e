"""One thing that names lead to: an instance of ours, or a service that somebody registered.

Before: engine.names (from Records), dns.skydns (from what was registered). After: names, which finds entries by their
labels. Never here: time; an entry that ends is taken out of the table.
"""

from dataclasses import dataclass
from functools import lru_cache
from ipaddress import AddressValueError, IPv4Address

from reconciler.state.records import Record

TTL_SECONDS = 5
NO_LABEL = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """The six labels of SkyDNS v1 in lower case, `NO_LABEL` where a registered service has none, and what they lead to.

    A name is `<instance>.<host>.<zone>.<revision>.<cluster>.<env>` and the domain (skydns1, registry/registry.go).
    `target` is an IPv4 address, or the host name that a registered service gave; `detail` is what TXT says of it.
    """

    env: str
    cluster: str
    revision: str
    zone: str
    host: str
    instance: str
    target: str
    ports: tuple[int, ...] = ()
    ready: bool = True
    managed: bool = False
    ttl_seconds: int = TTL_SECONDS
    detail: str = ""

    @property
    def address(self) -> str | None:
        """The IPv4 address; None where it is a host name."""
        return self.target if is_address(self.target) else None

    @property
    def labels(self) -> tuple[str, ...]:
        """All six, left to right, as they stand in the full name."""
        return (self.instance, self.host, self.zone, self.revision, self.cluster, self.env)

    @property
    def short(self) -> tuple[str, ...]:
        """`("webapp1", "webapp", "dev")`."""
        return (self.instance, self.cluster, self.env)


def entry_of(record: Record, *, env: str, host: str, ttl_seconds: int = TTL_SECONDS) -> Entry:
    """The entry of one of our instances on the engine whose host has the label `host`."""
    return Entry(
        env=env,
        cluster=record.cluster.lower(),
        revision=record.revision.lower(),
        zone=record.zone.lower(),
        host=host,
        instance=record.instance.lower(),
        target=record.address,
        ports=record.ports,
        ready=record.ready,
        managed=True,
        ttl_seconds=ttl_seconds,
        detail=f"instance={record.instance} zone={record.zone} revision={record.revision} "
        f"ready={'yes' if record.ready else 'no'}",
    )


def host_label(hostname: str) -> str:
    """A host's name as one label: lower case, dots as dashes (as SkyDNS v1 does it)."""
    return hostname.lower().rstrip(".").replace(".", "-")[:63].strip("-") or "localhost"


@lru_cache(maxsize=16_384)
def is_address(text: str) -> bool:
    """An IPv4 address in its usual form."""
    try:
        IPv4Address(text)
    except AddressValueError:
        return False
    return True
