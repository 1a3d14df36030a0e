"""Questions that aren't ours, passed as they are to the host's own resolvers, and their answers passed back.

Before: service (plain questions of allowed clients). After: the outside, over the transport that the client
used.
Each try has a socket of its own (a random port, chosen by the kernel) and a random id: a forged answer must
guess both.
Never here: our zone, and asking ourselves.
"""

import asyncio
import secrets
import socket
from collections import Counter
from collections.abc import Callable, Sequence

from reconciler.dns.limits import ForwardLimits
from reconciler.dns.wire import NOTIMP, REFUSED, SERVFAIL, answers, failure

Upstreams = Callable[[], Sequence[str]]
Endpoint = tuple[str, int]

_PORT = 53
_MAX_STRAYS = 64  # datagrams that are no answer to our question, before this resolver is given up
_UNHELPFUL = (SERVFAIL, NOTIMP, REFUSED)  # the next resolver may know more, as libc sees it too
_SLOW_SECONDS = 0.5  # waiting so long in vain makes a resolver the last to be asked,
_LAST_SECONDS = 30.0  # for so long


class Forwarder:
    """Used in the server's event loop only. `own` are the addresses we listen on ourselves."""

    def __init__(self, upstreams: Upstreams, own: frozenset[Endpoint], limits: ForwardLimits) -> None:
        self._upstreams = upstreams
        self._own = own
        self._limits = limits
        self._in_flight: Counter[str] = Counter()
        self._slow_until: dict[Endpoint, float] = {}

    @property
    def in_flight(self) -> int:
        """Questions that wait for a resolver."""
        return self._in_flight.total()

    def admit(self, client: str) -> bool:
        """Take a place for a question of `client`, if there is one; `release` gives it back."""
        limits = self._limits
        full = self.in_flight >= limits.in_flight
        if full or self._in_flight[client] >= limits.in_flight_of_one_client:
            return False
        self._in_flight[client] += 1
        return True

    def release(self, client: str) -> None:
        self._in_flight[client] -= 1
        if not self._in_flight[client]:
            del self._in_flight[client]

    async def ask(self, packet: bytes, *, tcp: bool) -> bytes:
        """The first helpful answer of a resolver under the question's own id; the last unhelpful one; else
        SERVFAIL.
        """
        best = failure(packet, SERVFAIL)
        now = asyncio.get_running_loop().time()
        deadline = now + self._limits.total_seconds
        for endpoint in self._endpoints(now):
            remaining = deadline - asyncio.get_running_loop().time()
            if remaining <= 0:
                break
            reply = await self._try(packet, endpoint, min(remaining, self._limits.try_seconds), tcp=tcp)
            if reply is None:
                continue
            best = reply
            if reply[3] & 0x0F not in _UNHELPFUL:
                break
        return best

    def _endpoints(self, now: float) -> list[Endpoint]:
        """The resolvers of this moment in their order, but those that let us wait lately: a dead one costs time once.

        Where we stand among them ourselves, the ones behind us: other environments' servers may stand there too and
        read the same list, and asking each other they would go round in circles.
        """
        found = [endpoint for text in self._upstreams() if (endpoint := read_endpoint(text)) is not None]
        places = [place for place, endpoint in enumerate(found) if self._is_us(endpoint)]
        others = [endpoint for endpoint in found[places[0] :] if not self._is_us(endpoint)] if places else found
        others = others or [endpoint for endpoint in found if not self._is_us(endpoint)]
        self._slow_until = {endpoint: at for endpoint, at in self._slow_until.items() if at > now}
        return sorted(others, key=lambda endpoint: endpoint in self._slow_until)

    def _is_us(self, endpoint: Endpoint) -> bool:
        everywhere = ("0.0.0.0", endpoint[1]) in self._own
        return endpoint in self._own or (everywhere and endpoint[0].startswith("127."))

    async def _try(self, packet: bytes, endpoint: Endpoint, seconds: float, *, tcp: bool) -> bytes | None:
        """One resolver's answer, None where it gave none in time."""
        asked = secrets.token_bytes(2) + packet[2:]
        exchange = _over_tcp if tcp else _over_udp
        clock = asyncio.get_running_loop()
        started_at = clock.time()
        try:
            async with asyncio.timeout(seconds):
                reply = await exchange(asked, endpoint)
        except (OSError, EOFError):  # TimeoutError is an OSError, IncompleteReadError an EOFError
            # A port that is closed for a moment costs nothing, so that its server keeps its place.
            if clock.time() - started_at >= _SLOW_SECONDS:
                self._slow_until[endpoint] = clock.time() + _LAST_SECONDS
            return None
        self._slow_until.pop(endpoint, None)
        return packet[:2] + reply[2:] if reply is not None else None


def read_endpoint(text: str) -> Endpoint | None:
    """`10.0.0.1`, `10.0.0.1:5353`, `fe80::1%eth0` or `[::1]:5353` as address and port; None for anything
    else.
    """
    if text.startswith("["):
        address, _, port = text[1:].partition("]:")
    elif text.count(":") == 1:
        address, _, port = text.partition(":")
    else:
        address, port = text, str(_PORT)
    return (address, int(port)) if address and port.isdecimal() else None


async def _over_udp(packet: bytes, endpoint: Endpoint) -> bytes | None:
    loop = asyncio.get_running_loop()
    numeric = socket.AI_NUMERICHOST | socket.AI_NUMERICSERV
    family, kind, _, _, address = socket.getaddrinfo(*endpoint, type=socket.SOCK_DGRAM, flags=numeric)[0]
    with socket.socket(family, kind) as connected:
        connected.settimeout(0)
        connected.connect(address)  # the kernel then drops what comes from any other address or port
        await loop.sock_sendall(connected, packet)
        for _ in range(_MAX_STRAYS):
            reply = await loop.sock_recv(connected, 65_535)
            if answers(packet, reply):
                return reply
    return None


async def _over_tcp(packet: bytes, endpoint: Endpoint) -> bytes | None:
    reader, writer = await asyncio.open_connection(*endpoint, flags=socket.AI_NUMERICHOST)
    try:
        writer.write(len(packet).to_bytes(2, "big") + packet)
        await writer.drain()
        reply = await reader.readexactly(int.from_bytes(await reader.readexactly(2), "big"))
    finally:
        writer.transport.abort()
    return reply if answers(packet, reply) else None
