"""What must be read of a DNS message before a library looks at it, and how records are written (RFC 1035, sections
3.2 and 4.1), in bytes.

Before: sockets, so anything at all. After: question, records, answers, forward. Never here: what a name leads to.
"""

import struct
from functools import lru_cache

from reconciler.errors import ReconcilerError

HEADER = 12
MAX_MESSAGE = 65_535
MIN_UDP = 512
MAX_UDP = 1_232  # fits one Ethernet frame also over IPv6: nothing we send is fragmented
MAX_QUESTION = 4_096  # no honest question is longer; options and signatures included

FORMERR, SERVFAIL, NXDOMAIN, NOTIMP, REFUSED = 1, 2, 3, 4, 5
BADVERS = 16

ASKED_NAME = b"\xc0\x0c"  # a pointer to the question's name, which stands in the same place in every answer
_MAX_LABEL = 63
_MAX_NAME = 255
_MAX_TTL = 2**31 - 1
_RECORD = struct.Struct("!HHIH")


class Malformed(ReconcilerError):
    """The bytes are no DNS message with exactly one plain question."""


def is_question(packet: bytes) -> bool:
    """Long enough to have an id, and no answer: answering answers is how two servers talk for ever."""
    return len(packet) >= HEADER and not packet[2] & 0x80


def opcode(packet: bytes) -> int:
    """0 is a standard query."""
    return (packet[2] >> 3) & 0x0F


def question_end(packet: bytes) -> int:
    """The offset behind the only question; raises Malformed.

    A compressed name has nothing to point to in a first question, so pointers are refused: no loop can arise.
    """
    if len(packet) < HEADER or packet[4:6] != b"\x00\x01":
        raise Malformed("not exactly one question")
    at = HEADER
    while at < len(packet) and packet[at]:
        if packet[at] > _MAX_LABEL:
            raise Malformed("a pointer or an unknown label type in the question's name")
        at += packet[at] + 1
    end = at + 5
    if end > len(packet) or at - HEADER >= _MAX_NAME:
        raise Malformed("the question ends too early or its name is too long")
    return end


@lru_cache(maxsize=16_384)
def name_wire(labels: tuple[str, ...]) -> bytes:
    """A name without compression, so that records can be given in any order; raises Malformed for what is no name."""
    try:
        encoded = [label.encode("latin-1") for label in labels]
    except UnicodeEncodeError as error:
        raise Malformed("a label that no question can have") from error
    if not all(0 < len(label) <= _MAX_LABEL for label in encoded):
        raise Malformed("an empty label, or one of more than 63 bytes")
    wire = b"".join(bytes((len(label),)) + label for label in encoded) + b"\0"
    if len(wire) > _MAX_NAME:
        raise Malformed("a name of more than 255 bytes")
    return wire


def record(owner: bytes, kind: int, ttl_seconds: int, rdata: bytes) -> bytes:
    """One record of class IN; a time to live out of bounds is taken as the nearest one in them (RFC 2181, 8)."""
    ttl_seconds = min(max(ttl_seconds, 0), _MAX_TTL)
    return b"".join((owner, _RECORD.pack(kind, 1, ttl_seconds, len(rdata)), rdata))


def failure(packet: bytes, rcode: int) -> bytes:
    """An answer without records to `packet` (a question by `is_question`), with its question where that is
    readable.

    Never longer than the question, so nobody gains by forging a sender.
    """
    try:
        question = packet[HEADER : question_end(packet)]
    except Malformed:
        question = b""
    flags = bytes((0x80 | (packet[2] & 0x79), 0x80 | rcode))
    return packet[:2] + flags + (b"\x00\x01" if question else b"\x00\x00") + bytes(6) + question


def truncated(packet: bytes, reply: bytes) -> bytes:
    """`reply` to the question `packet` cut down to its header and question, with TC set: ask again over
    TCP.
    """
    header = reply[:2] + bytes((reply[2] | 0x02, reply[3])) + b"\x00\x01" + bytes(6)
    return header + packet[HEADER : question_end(packet)]


def answers(packet: bytes, reply: bytes) -> bool:
    """`reply` is one to the question `packet`: same id, same question in any case.

    A server that can't read a question may send its failure without one (RFC 1035: FORMERR and the like).
    """
    if len(reply) < HEADER or reply[:2] != packet[:2] or not reply[2] & 0x80:
        return False
    end = question_end(packet)
    if reply[4:6] == b"\x00\x01":
        return reply[HEADER:end].lower() == packet[HEADER:end].lower()
    return reply[4:6] == b"\x00\x00" and reply[3] & 0x0F in (FORMERR, SERVFAIL, NOTIMP, REFUSED)
