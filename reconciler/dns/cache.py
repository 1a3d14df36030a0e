"""Prepared answers by the question's bytes behind its id: case, type and EDNS options are all part of the key.

Before and after: resolver, zone. When the table changes, answers stay whose group of entries is the same object in
the new table, so that a change of one cluster costs the others nothing. Groups are referred to weakly: old ones can go.
Never here: a question that has no answer in the cache and isn't parsed; sockets.
"""

import weakref
from collections import Counter
from dataclasses import dataclass

from reconciler.dns.answers import Answer, GroupKey, Prepared
from reconciler.dns.question import Labels, Question
from reconciler.state.names import WILDCARDS, Group, NameTable

_MAX_CACHED = 4_096
_MAX_CACHED_BYTES = 8 * 1_048_576
_OVERHEAD_BYTES = 64  # what an object costs beside its bytes, roughly
_MANY_RECORDS = 16
_MAX_LARGE = 32

AnswerKey = tuple[Labels, int]


@dataclass(slots=True)
class _Kept:
    question: Question
    prepared: Prepared
    turn: int
    key: GroupKey | None
    group: weakref.ref[Group] | None


class Cache:
    """Bounded: when full it starts anew, which costs a flood of different questions some time and no memory."""

    def __init__(self) -> None:
        self._table: NameTable | None = None
        self._turn = 0
        self._answers: dict[bytes, _Kept] = {}
        self._bytes = 0
        self._shares: Counter[int] = Counter()

    def get(self, packet: bytes, table: NameTable) -> Prepared | None:
        """The answer to these very bytes, as this very table gives it."""
        if table is not self._table:
            self._table = table
            self._turn += 1
        kept = self._answers.get(packet[2:])
        if kept is None:
            return None
        if kept.turn != self._turn:
            if not _still_so(kept, table):
                return None
            kept.prepared = kept.prepared.of_serial(table.serial)
            kept.turn = self._turn
        return kept.prepared

    def question(self, packet: bytes) -> Question | None:
        """What these bytes ask, where that is known."""
        kept = self._answers.get(packet[2:])
        return None if kept is None else kept.question

    def put(self, packet: bytes, question: Question, prepared: Prepared, key: GroupKey | None) -> None:
        """Keep an answer for the table that `get` was last called with, and for all others with the group of `key`."""
        assert self._table is not None
        replaced = self._answers.pop(packet[2:], None)
        if replaced is not None:
            self._discharge(packet, replaced.prepared)
        self._charge(packet, prepared)
        if len(self._answers) >= _MAX_CACHED or self._bytes > _MAX_CACHED_BYTES:
            self._clear()
            self._charge(packet, prepared)
        group = None if key is None else self._table.groups.get(key)
        reference = None if group is None else weakref.ref(group)
        self._answers[packet[2:]] = _Kept(question, prepared, self._turn, key, reference)

    def _charge(self, packet: bytes, prepared: Prepared) -> None:
        """Records that several answers share are counted once."""
        self._bytes += _own_size(packet, prepared)
        if not self._shares[id(prepared.records)]:
            self._bytes += _shared_size(prepared)
        self._shares[id(prepared.records)] += 1

    def _discharge(self, packet: bytes, prepared: Prepared) -> None:
        self._bytes -= _own_size(packet, prepared)
        self._shares[id(prepared.records)] -= 1
        if not self._shares[id(prepared.records)]:
            self._bytes -= _shared_size(prepared)
            del self._shares[id(prepared.records)]

    def _clear(self) -> None:
        self._answers.clear()
        self._shares.clear()
        self._bytes = 0


class LargeAnswers:
    """Answers with many records, out of one table: who varies case, options or wildcards asks for the same ones."""

    def __init__(self) -> None:
        self._table: NameTable | None = None
        self._answers: dict[AnswerKey, Answer] = {}

    def get(self, name: Labels, kind: int, table: NameTable) -> Answer | None:
        if table is not self._table:
            self._answers.clear()
            self._table = table
        return self._answers.get(_answer_key(name, kind))

    def put(self, name: Labels, kind: int, answer: Answer) -> None:
        """Keep an answer out of the table that `get` was last called with, if it is worth it."""
        if len(answer.records) >= _MANY_RECORDS:
            if len(self._answers) >= _MAX_LARGE:
                self._answers.clear()
            self._answers[_answer_key(name, kind)] = answer


def _answer_key(name: Labels, kind: int) -> AnswerKey:
    """Wildcard words are all the same, but for the environment's, which stands in the SOA."""
    return (*("*" if label in WILDCARDS else label for label in name[:-1]), name[-1]), kind


def _still_so(kept: _Kept, table: NameTable) -> bool:
    if kept.key is None:
        return False
    group = table.groups.get(kept.key)
    if kept.group is None:  # there was none; a group that has gone since leaves a reference to nothing
        return group is None
    return group is not None and group is kept.group()


def _own_size(packet: bytes, prepared: Prepared) -> int:
    return len(packet) * 2 + len(prepared.head) + len(prepared.tail) + 8 * _OVERHEAD_BYTES


def _shared_size(prepared: Prepared) -> int:
    return sum(map(len, prepared.records)) + _OVERHEAD_BYTES * len(prepared.records)
