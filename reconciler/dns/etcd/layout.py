"""One Record as keys and values in etcd, and back: SkyDNS v2's messages under SkyDNS v2's keys. Pure.

Before: wanted, which holds the records. After: ledger. Never here: etcd itself.

Under `/skydns/<domain reversed>/<env>/<cluster>/`, labels from the right as SkyDNS has them:

    <revision>/<zone>/<host>/<instance>[/<port>]   group "ready"    only while the instance is ready
    <instance>/_/_/_/<host>/<port or _>            group "running"  as long as the record is there
    _/_/<host>/_                                   group "ready"    as long as the cluster has a record

A question takes all keys below its name and, of those with a group, only the group of the shortest key (CoreDNS
1.12, plugin/etcd/msg/service.go, Group). The second row is deeper than any key of the first, so the cluster's own names
never lead to it; its own name has nothing else below. The third row makes that choice where no instance is ready: the
answer is then empty instead of those that aren't. It leads nowhere itself: no address (a host name with a text is
neither A nor CNAME, plugin/backend_lookup.go), no SRV (port -1), and a priority of its own keeps it out of the weights.
"""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from reconciler.state.entry import TTL_SECONDS, is_address
from reconciler.state.records import Record

PREFIX = "/skydns"
REVERSE = f"{PREFIX}/arpa/in-addr/"
_MARK = "reconciler"  # our own field beside SkyDNS's: CoreDNS skips fields that it doesn't know
_PRIORITY = 10
_WEIGHT = 100
_APART = 20
_NO_PORT = -1
_LABEL = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """Whose a value is. `id` is the container's, empty for what belongs to a cluster; `record` what it was made of."""

    env: str
    domain: str
    host: str
    id: str = ""
    record: Record | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """The keys of one environment of a domain, as the loop on the engine `host` (a label) writes them."""

    env: str
    domain: str
    host: str
    ttl_seconds: int = TTL_SECONDS

    @property
    def root(self) -> str:
        """`/skydns/docker/dev/`."""
        return f"{PREFIX}/{'/'.join(reversed(self._zone.split('.')))}/"

    @property
    def prefixes(self) -> tuple[str, ...]:
        """All keys that can be ours begin with one of them."""
        return (self.root, REVERSE)

    def values(self, id: str, record: Record) -> dict[str, str]:
        """Key to value: all that there is in etcd while the container `id` has this record."""
        cluster, instance = record.cluster.lower(), record.instance.lower()
        top = f"{self.root}{cluster}"
        mark = {**self._mark(), "id": id, "record": asdict(record)}
        found = {f"{top}/_/_/{self.host}/_": self._presence(cluster)}
        below = f"{top}/{instance}/_/_/_/{self.host}"
        ports = tuple(dict.fromkeys(record.ports))  # one number may be both, TCP and UDP
        for port in ports or (_NO_PORT,):
            key = f"{below}/{port if ports else '_'}"
            found[key] = self._message(record.address, port, "running", mark, strip=5)
        if record.ready:
            leaf = f"{top}/{record.revision.lower()}/{record.zone.lower()}/{self.host}/{instance}"
            found.update(self._ready(leaf, record.address, ports, mark))
        reverse = f"{REVERSE}{record.address.replace('.', '/')}"
        found[reverse] = _text({"host": f"{instance}.{cluster}.{self._zone}", "ttl": self.ttl_seconds, _MARK: mark})
        return found

    def ours(self, value: str) -> Mark | None:
        """The mark in a value that this environment's loop on this host wrote; None for everybody else's."""
        mark = read_mark(value)
        return mark if mark and (mark.env, mark.domain, mark.host) == (self.env, self.domain, self.host) else None

    @property
    def _zone(self) -> str:
        return f"{self.env}.{self.domain}".lower()

    def _mark(self) -> dict[str, Any]:
        return {"env": self.env, "domain": self.domain, "host": self.host}

    def _presence(self, cluster: str) -> str:
        return _text(
            {
                "host": f"nothing.dns.{self._zone}", "port": _NO_PORT, "priority": _APART, "ttl": self.ttl_seconds,
                "text": f"cluster={cluster}", "group": "ready", _MARK: self._mark(),
            }
        )  # fmt: skip

    def _ready(self, leaf: str, address: str, ports: Sequence[int], mark: Mapping[str, Any]) -> dict[str, str]:
        """One key, or one below it for each of several ports: SRV has one port a message."""
        if len(ports) < 2:
            return {leaf: self._message(address, ports[0] if ports else _NO_PORT, "ready", mark)}
        return {f"{leaf}/{port}": self._message(address, port, "ready", mark, strip=1) for port in ports}

    def _message(self, address: str, port: int, group: str, mark: Mapping[str, Any], strip: int = 0) -> str:
        """`strip` labels are left out on the left of a SRV's target, which is the key's own name otherwise."""
        more = {"targetstrip": strip} if strip else {}
        return _text(
            {
                "host": address, "port": port, "priority": _PRIORITY, "weight": _WEIGHT, "ttl": self.ttl_seconds,
                "group": group, **more, _MARK: mark,
            }
        )  # fmt: skip


def _text(message: Mapping[str, Any]) -> str:
    return json.dumps(message, separators=(",", ":"))


def read_mark(value: str) -> Mark | None:
    """Which loop wrote a value; None where none did."""
    try:
        message = json.loads(value)
    except (ValueError, RecursionError):
        return None
    mark = message.get(_MARK) if isinstance(message, dict) else None
    if not isinstance(mark, dict):
        return None
    texts = {name: mark.get(name, "") for name in ("env", "domain", "host", "id")}
    if not all(isinstance(text, str) for text in texts.values()):
        return None
    return Mark(**texts, record=_record(mark.get("record")) if texts["id"] else None)


def _record(data: object) -> Record | None:
    """The Record as `asdict` made it; None for what no Record of ours can be."""
    if not isinstance(data, dict) or data.keys() != Record.__dataclass_fields__.keys():
        return None
    labels = [data[name] for name in ("instance", "cluster", "zone", "revision")]
    if not all(isinstance(label, str) and _LABEL.fullmatch(label.lower()) for label in labels):
        return None
    if not isinstance(data["address"], str) or not is_address(data["address"]):
        return None
    ports = data["ports"]
    if not isinstance(ports, list) or not all(type(port) is int and 1 <= port <= 65_535 for port in ports):
        return None
    return Record(**{**data, "ports": tuple(ports)}) if isinstance(data["ready"], bool) else None
