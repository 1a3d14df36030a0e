"""One plain question, read once with the DNS library, which is strict about everything around it.

Before: wire (is it a question at all). After: zone, answers, which need no library any more. Never here: answers.
"""

from dataclasses import dataclass

import dns.message

from reconciler.dns.wire import HEADER, MAX_MESSAGE, MAX_QUESTION, MAX_UDP, MIN_UDP, Malformed, question_end

Labels = tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """`labels` in lower case, left to right, without the root; labels are any bytes, so they are read as Latin-1.

    `wire` is the question as asked (name, type, class), `edns` the version, -1 without EDNS, `payload` the bytes of an
    answer that the asker takes over UDP.
    """

    labels: Labels
    kind: int
    rdclass: int
    wire: bytes
    recursion_desired: bool = True
    edns: int = -1
    payload: int = 0

    def limit(self, *, tcp: bool) -> int:
        """The most bytes that our own answer may have."""
        return MAX_MESSAGE if tcp else min(MAX_UDP, max(MIN_UDP, self.payload))


def read_question(packet: bytes) -> Question:
    """The question in `packet` (a query by its opcode); raises Malformed or the library's DNSException."""
    if len(packet) > MAX_QUESTION:
        raise Malformed("longer than any honest question")
    end = question_end(packet)
    query = dns.message.from_wire(packet)
    asked = query.question[0]
    return Question(
        labels=text_labels(asked.name.canonicalize().labels[:-1]),
        kind=int(asked.rdtype),
        rdclass=int(asked.rdclass),
        wire=packet[HEADER:end],
        recursion_desired=bool(packet[2] & 0x01),
        edns=query.edns,
        payload=query.payload,
    )


def text_labels(labels: tuple[bytes, ...]) -> Labels:
    """Labels as text, byte for byte: only those that are text of ours can match."""
    return tuple(label.decode("latin-1") for label in labels)
