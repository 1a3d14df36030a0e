"""Answers as bytes: made once with the DNS library, then given out shuffled, cut to size and under each
asker's id.

Before: zone. After: service, over UDP and TCP. The cache belongs to one table: a new table empties it.
Never here: a question that has no answer in the cache and isn't parsed; sockets.
"""

import random
from dataclasses import dataclass

import dns.message
import dns.rdatatype

from reconciler.dns.wire import question_end
from reconciler.state.names import NameTable

_ADDRESS_BYTES = 16  # pointer to the question's name, type, class, TTL, length, IPv4 address
_MAX_CACHED = 4_096
_MAX_CACHED_RECORDS = 65_536  # some 65 bytes each: 4 MiB


@dataclass(frozen=True, slots=True)
class Prepared:
    """One answer without its id: `records` may be given in any order, `fits` says how many the asker can
    take.
    """

    head: bytes
    records: tuple[bytes, ...]
    tail: bytes
    fits: int

    def wire(self, message_id: bytes, rng: random.Random) -> bytes:
        """The whole message for the question with this id (2 bytes), addresses shuffled."""
        if len(self.records) < 2:
            return b"".join((message_id, self.head, *self.records[: self.fits], self.tail))
        return b"".join((message_id, self.head, *rng.sample(self.records, self.fits), self.tail))


def prepare(response: dns.message.Message, limit: int) -> Prepared:
    """`response` as bytes of at most `limit`; what doesn't fit is left out with TC set, so that the asker
    uses TCP.

    Some resolvers never do: they get as many addresses as fit, different ones each time.
    """
    wire = response.to_wire(max_size=65_535)
    start = question_end(wire)
    count = sum(len(rrset) for rrset in response.answer if rrset.rdtype == dns.rdatatype.A)
    end = start + count * _ADDRESS_BYTES
    records = tuple(wire[at : at + _ADDRESS_BYTES] for at in range(start, end, _ADDRESS_BYTES))
    tail = wire[end:]
    fits = max(0, min(count, (limit - start - len(tail)) // _ADDRESS_BYTES))
    head = bytearray(wire[2:start])
    if fits < count:
        head[0] |= 0x02
        head[4:6] = fits.to_bytes(2, "big")
    return Prepared(bytes(head), records, tail, fits)


class Cache:
    """Prepared answers by the question's bytes behind its id: case, type and EDNS options are all part of the
    key.

    Bounded: when full it starts anew, which costs a flood of different questions some time and no memory.
    """

    def __init__(self) -> None:
        self._table: NameTable | None = None
        self._answers: dict[bytes, Prepared] = {}
        self._records = 0

    def get(self, packet: bytes, table: NameTable) -> Prepared | None:
        """The answer to these very bytes out of this very table."""
        if table is not self._table:
            self._clear()
            self._table = table
        return self._answers.get(packet[2:])

    def put(self, packet: bytes, prepared: Prepared) -> None:
        """Keep an answer for the table that `get` was last called with."""
        if len(self._answers) >= _MAX_CACHED or self._records >= _MAX_CACHED_RECORDS:
            self._clear()
        self._records += len(prepared.records)
        self._answers[packet[2:]] = prepared

    def _clear(self) -> None:
        self._answers.clear()
        self._records = 0
