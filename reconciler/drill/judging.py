"""One set: which elements its reads must show, may show and must not show, and what they did show. Pure.

Before: checker, which gives the operations of one key. The set begins with what its first read showed before anything
was asked for. A read is judged by what had ended before it began (that must be seen) and what had begun before it ended
(that may be seen).
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

from reconciler.drill.history import ADD, FAIL, OK, READ, REMOVE, Item
from reconciler.drill.operations import Operation, changes
from reconciler.drill.verdict import Finding

NEVER = 1 << 60  # the place of an end that nobody has told: whatever comes, it may still be under way


@dataclass(slots=True)
class Judged:
    """What was found in one set; `was_read`: finally, after all changes, or it was never changed."""

    key: str
    was_read: bool = True
    found_later: int = 0
    findings: dict[str, list[Finding]] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)

    def note(self, kind: str, value: str, id: str | None, says: str) -> None:
        """Each element once for each kind, by its first occurrence."""
        found = self.findings.setdefault(kind, [])
        if not any(each.value == value and each.id == id for each in found):
            found.append(Finding(key=self.key, value=value, id=id, says=says))


def judged(key: str, operations: tuple[Operation, ...], owners: Mapping[str, str]) -> Judged:
    """The set `key`; `owners`: which set an acknowledged number belongs to."""
    return _Set(key, operations, owners).judge()


class _Set:
    def __init__(self, key: str, operations: tuple[Operation, ...], owners: Mapping[str, str]) -> None:
        self._owners = owners
        self._result = Judged(key)
        self._reads = [one for one in operations if one.operation == READ and one.outcome == OK]
        self._adds: dict[str, Operation] = {}
        self._removes: dict[str, list[Operation]] = {}
        for one in operations:
            if one.operation == ADD:
                if one.value in self._adds:
                    said = f"{key}: {one.value} is asked for twice, so one can't be told from the other"
                    self._result.problems.append(said)
                self._adds.setdefault(one.value, one)
            elif one.operation == REMOVE:
                self._removes.setdefault(one.value, []).append(one)
        self._changes = [one for one in operations if changes(one)]
        self._base = self._first()

    def _first(self) -> Counter[tuple[str, str | None]]:
        """What was there before us."""
        begin = min((one.begin for one in self._changes), default=NEVER)
        first = next((one for one in self._reads if _end(one) < begin), None)
        return Counter((each.value, each.id) for each in first.items) if first else Counter()

    def judge(self) -> Judged:
        settled = max((one.begin if one.end is None else one.end for one in self._changes), default=-1)
        finals = [one for one in self._reads if one.final and one.begin > settled]
        self._result.was_read = bool(finals) or not self._changes
        for read in self._reads:
            self._must_not(read)
        self._must_all(finals)
        if finals:
            there = {each.value for each in finals[-1].items}
            self._result.found_later = sum(
                one.outcome not in (OK, FAIL) and value in there for value, one in self._adds.items()
            )
        return self._result

    def _must_not(self, read: Operation) -> None:
        """What a read shows although it can't be, or more often than once."""
        own: Counter[str] = Counter()
        left = self._base.copy()
        for item in read.items:
            if self._is_foreign(item):
                self._note("foreign", item, read, f"it belongs to {self._owner(item)}")
                continue
            if left[item.value, item.id] > 0:
                left[item.value, item.id] -= 1
                self._check_removed(item, read)
                continue
            own[item.value] += 1
            if own[item.value] > 1 or (item.id is not None and (item.value, item.id) in self._base):
                self._note("doubled", item, read, "it is there more than once")
            else:
                self._check_asked(item, read)
            self._check_removed(item, read)

    def _is_foreign(self, item: Item) -> bool:
        return self._owner(item) != self._result.key

    def _owner(self, item: Item) -> str:
        """Whose it is: as the read says, else as its number was acknowledged; without either, the set's own."""
        if item.owner not in (None, self._result.key):
            return str(item.owner)
        return self._owners.get(item.id or "", self._result.key)

    def _check_asked(self, item: Item, read: Operation) -> None:
        add = self._adds.get(item.value)
        if add is None or add.begin > _end(read):
            self._note("phantom", item, read, "nobody had asked for it")
        elif add.outcome == FAIL:
            self._note("phantom", item, read, "its addition was refused, and nothing done")
        elif add.outcome == OK and add.id is not None and item.id not in (None, add.id):
            self._note("phantom", item, read, f"it was acknowledged as {add.id}")

    def _check_removed(self, item: Item, read: Operation) -> None:
        for one in self._removes.get(item.value, ()):
            if one.outcome == OK and _end(one) < read.begin and _same(one.id, item.id):
                self._note("resurrected", item, read, f"it was removed before, at {one.begin_seconds:.3f} s")

    def _must_all(self, finals: list[Operation]) -> None:
        """Each read against what was acknowledged, or shown by another read, before it began."""
        ended = sorted(self._reads, key=_end)
        seen: dict[tuple[str, str | None], float] = {}
        for read in self._reads:
            while ended and _end(ended[0]) < read.begin:
                earlier = ended.pop(0)
                for item in earlier.items:
                    if not self._is_foreign(item):
                        seen.setdefault((item.value, item.id), earlier.begin_seconds)
            self._must(read, seen, final=read in finals)

    def _must(self, read: Operation, seen: Mapping[tuple[str, str | None], float], *, final: bool) -> None:
        """What a read doesn't show although it had been acknowledged, or another read had shown it."""
        shown = {(each.value, each.id) for each in read.items} | {(each.value, None) for each in read.items}
        unnumbered = {each.value for each in read.items if each.id is None}
        wanted = [
            (add.value, add.id, f"acknowledged at {add.begin_seconds:.3f} s", final)
            for add in self._adds.values()
            if add.outcome == OK and _end(add) < read.begin
        ]
        wanted += [
            (value, id, f"read at {seconds:.3f} s", final and (value, id) in self._base)
            for (value, id), seconds in seen.items()
        ]
        for value, id, how, promised in wanted:
            if (value, id) in shown or value in unnumbered or self._removable(value, id, read):
                continue
            self._missing("lost" if promised else "stale", value, id, f"{how}, missing in {_called(read)}")

    def _missing(self, kind: str, value: str, id: str | None, says: str) -> None:
        lost = self._result.findings.get("lost", ())
        if kind == "lost" or not any(each.value == value and _same(each.id, id) for each in lost):
            self._result.note(kind, value, id, says)

    def _removable(self, value: str, id: str | None, read: Operation) -> bool:
        """Whether a removal had begun that isn't known to have failed."""
        return any(
            one.outcome != FAIL and one.begin < _end(read) and _same(one.id, id) for one in self._removes.get(value, ())
        )

    def _note(self, kind: str, item: Item, read: Operation, says: str) -> None:
        self._result.note(kind, item.value, item.id, f"in {_called(read)}, but {says}")


def _end(operation: Operation) -> int:
    return NEVER if operation.end is None else operation.end


def _same(one: str | None, other: str | None) -> bool:
    """Whether two numbers can be the same; an unknown one can be any."""
    return one is None or other is None or one == other


def _called(read: Operation) -> str:
    what = "the final read" if read.final else "the read"
    return f"{what} at {read.begin_seconds:.3f} s" + (f" through {read.side}" if read.side else "")
