"""An answer's records, and the message that they make: made once, then given out shuffled, cut to size and under each
asker's id.

Before: zone. After: cache, resolver. Never here: what a name leads to; sockets.
"""

import random
import struct
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from reconciler.dns.question import Labels, Question
from reconciler.dns.records import SERIAL_FROM_END
from reconciler.dns.wire import HEADER, MAX_MESSAGE, MAX_UDP

GroupKey = tuple[str, str]

_COUNTS = struct.Struct("!HHHH")
_OPT = struct.Struct("!BHHBBHH")  # root, type, payload, upper bits of the rcode, version, flags, length (RFC 6891)
_OPT_TYPE = 41


@dataclass(frozen=True, kw_only=True)
class Answer:
    """Records as bytes: `chain` in this order, `records` in any. `group`, where it is there, is the environment's group
    of entries that all of it depends on, but for the serial of the SOA in `authority`.
    """

    rcode: int = 0
    authoritative: bool = True
    chain: tuple[bytes, ...] = ()
    records: tuple[bytes, ...] = ()
    authority: tuple[bytes, ...] = ()
    additional: tuple[bytes, ...] = ()
    group: GroupKey | None = None

    @cached_property
    def size(self) -> int:
        """Bytes of all `records`."""
        return sum(map(len, self.records))

    @cached_property
    def largest(self) -> int:
        """Bytes of the longest of `records`."""
        return max(map(len, self.records), default=0)


@dataclass(frozen=True, slots=True, kw_only=True)
class AliasOutside:
    """The name leads by the CNAME records `chain` to `target`, which isn't ours."""

    chain: tuple[bytes, ...]
    target: Labels


@dataclass(frozen=True, slots=True)
class Prepared:
    """One answer without its id: `records` may be given in any order, `fits` says how many the asker can take.

    `serial_at` is where in `tail` the SOA's serial stands, for answers that a rising serial leaves as they are.
    """

    head: bytes
    records: tuple[bytes, ...]
    tail: bytes
    fits: int
    serial_at: int | None = None

    def wire(self, message_id: bytes, rng: random.Random) -> bytes:
        """The whole message for the question with this id (2 bytes), records shuffled."""
        if len(self.records) < 2:
            return b"".join((message_id, self.head, *self.records[: self.fits], self.tail))
        return b"".join((message_id, self.head, *rng.sample(self.records, self.fits), self.tail))

    def of_serial(self, serial: int) -> "Prepared":
        """The same under another serial of the zone."""
        at = self.serial_at
        if at is None:
            return self
        return replace(self, tail=self.tail[:at] + (serial % 2**32).to_bytes(4, "big") + self.tail[at + 4 :])


def prepare(answer: Answer, question: Question, limit: int) -> Prepared:
    """`answer` as a message of at most `limit` bytes: first additional records are left out, then, with TC set, some of
    the others, so that the asker uses TCP. Some resolvers never do: they get as many as fit, different ones each time.
    """
    opt = _OPT.pack(0, _OPT_TYPE, MAX_UDP, answer.rcode >> 4, 0, 0, 0) if question.edns >= 0 else b""
    room = limit - HEADER - len(question.wire) - len(opt) - sum(map(len, (*answer.chain, *answer.authority)))
    chain = answer.chain if room >= 0 else ()
    fits = _fitting(answer, room)
    room -= answer.size
    additional = _first_fitting(answer.additional, room) if fits == len(answer.records) else ()
    cut = len(chain) + fits < len(answer.chain) + len(answer.records) and limit < MAX_MESSAGE
    authority = answer.authority if room >= 0 or not answer.chain else ()
    counts = _COUNTS.pack(1, len(chain) + fits, len(authority), len(additional) + bool(opt))
    head = b"".join((_flags(answer, question, cut=cut), counts, question.wire, *chain))
    tail = b"".join((*authority, *additional, opt))
    serial_at = len(tail) - len(opt) - SERIAL_FROM_END if authority and not additional else None
    return Prepared(head, answer.records, tail, fits, serial_at)


def _flags(answer: Answer, question: Question, *, cut: bool) -> bytes:
    """QR, AA, TC, RD as asked; RA, since we ask others."""
    first = (
        0x80
        | (0x04 if answer.authoritative else 0)
        | (0x02 if cut else 0)
        | (0x01 if question.recursion_desired else 0)
    )
    return bytes((first, 0x80 | (answer.rcode & 0x0F)))


def _fitting(answer: Answer, room: int) -> int:
    """How many of the records fit, whichever they are."""
    return len(answer.records) if answer.size <= max(room, 0) else max(0, room // answer.largest)


def _first_fitting(records: Sequence[bytes], room: int) -> tuple[bytes, ...]:
    found = []
    for each in records:
        room -= len(each)
        if room < 0:
            break
        found.append(each)
    return tuple(found)
