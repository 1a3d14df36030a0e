"""Choosing a free subnet for an environment: pure, but for reading this host's routes.

Before: networks. After: nothing. An overlapping subnet would cut the host off whatever it reached there.
"""

import ipaddress
import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path

from reconciler.errors import PermanentError

# Ranges for private use (RFC 1918) where neither Docker's default pools (172.17-31, 192.168) nor common home
# and office networks are; /20 leaves room for 4,093 containers, of which the lower half of addresses is
# reserved.
_WORLD = ipaddress.IPv4Network("10.224.0.0/12")
_SIZE = 20
_SMALLEST = 28


def candidates(env: str) -> Iterator[ipaddress.IPv4Network]:
    """Every subnet to try; where it begins depends on the environment, so that one gets the same again."""
    blocks = list(_WORLD.subnets(new_prefix=_SIZE))
    first = zlib.crc32(env.encode()) % len(blocks)
    yield from blocks[first:]
    yield from blocks[:first]


def choose(env: str, taken: Iterable[ipaddress.IPv4Network]) -> ipaddress.IPv4Network:
    """The first free candidate. Raises PermanentError where there is none."""
    occupied = list(taken)
    for candidate in candidates(env):
        if not any(candidate.overlaps(other) for other in occupied):
            return candidate
    raise PermanentError(f"no subnet of {_WORLD} is free for environment {env}; choose one with --subnet")


def parse(text: str) -> ipaddress.IPv4Network:
    """A subnet as a person writes it. Raises PermanentError where it isn't a usable one."""
    try:
        subnet = ipaddress.IPv4Network(text)
    except ValueError as error:
        raise PermanentError(f"subnet {text}: {error}; write it like 10.230.0.0/20") from error
    if subnet.prefixlen > _SMALLEST:
        raise PermanentError(f"subnet {text}: too small; /{_SMALLEST} is the smallest that is useful")
    return subnet


def gateway(subnet: ipaddress.IPv4Network) -> str:
    """The host's own address on it: the first one."""
    return str(subnet.network_address + 1)


def container_range(subnet: ipaddress.IPv4Network) -> ipaddress.IPv4Network:
    """Where containers get their addresses: the upper half; the lower is for addresses that are fixed."""
    return list(subnet.subnets(prefixlen_diff=1))[1]


def host_routes(table: Path = Path("/proc/net/route")) -> list[ipaddress.IPv4Network]:
    """What this host reaches by a route other than the default one; empty where it can't be read."""
    try:
        rows = [line.split() for line in table.read_text(encoding="ascii").splitlines()[1:]]
    except OSError:
        return []
    found = [_network(row[1], row[7]) for row in rows if len(row) > 7]
    return [network for network in found if network.prefixlen > 0]


def _network(destination: str, mask: str) -> ipaddress.IPv4Network:
    """Both are hexadecimal numbers in the machine's byte order (little-endian wherever Docker runs)."""
    address = ipaddress.IPv4Address(bytes.fromhex(destination)[::-1])
    netmask = ipaddress.IPv4Address(bytes.fromhex(mask)[::-1])
    return ipaddress.IPv4Network(f"{address}/{netmask}", strict=False)


def narrow_mtu(table: Path = Path("/proc/net/route"), interfaces: Path = Path("/sys/class/net")) -> int | None:
    """The default route's MTU (bytes) where it is below the bridges' 1500: bigger packets would be lost."""
    try:
        rows = [line.split() for line in table.read_text(encoding="ascii").splitlines()[1:]]
        name = next(row[0] for row in rows if row[1] == "00000000")
        mtu = int((interfaces / name / "mtu").read_text(encoding="ascii"))
    except (OSError, StopIteration, IndexError, ValueError):
        return None
    return mtu if mtu < 1500 else None
