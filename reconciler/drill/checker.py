"""Whether what was acknowledged is there, once: a set for each key, judged from outside, in the spirit of Jepsen.

Before: history, operations. After: verdict, which a drill's report tells. Pure. An outcome that nobody knows allows
both: it may be there or not, but not twice. What can't be judged is never called right: without a final read of each
set that was changed, with a line that says nothing, or with nothing acknowledged at all the verdict is `unknown`.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable

from reconciler.drill.history import ADD, FAIL, INFO, OK, READ, REMOVE, History
from reconciler.drill.judging import Judged, judged
from reconciler.drill.operations import Operation, changes, paired
from reconciler.drill.verdict import BROKEN, HOLDS, UNKNOWN, Counts, Finding, Side, Verdict

KINDS = ("lost", "doubled", "phantom", "resurrected", "stale", "foreign", "shared")
_WORDS = {"shared": "acknowledged under one number"}


def check(history: History) -> Verdict:
    """The verdict on a whole history."""
    operations, faults = paired(history.records)
    by_key: dict[str, list[Operation]] = defaultdict(list)
    for operation in operations:
        by_key[operation.key].append(operation)
    owners = {one.id: one.key for one in operations if one.operation == ADD and one.outcome == OK and one.id}
    sets = [judged(key, tuple(found), owners) for key, found in sorted(by_key.items())]
    findings = {kind: tuple(each for one in sets for each in one.findings.get(kind, ())) for kind in KINDS}
    findings["shared"] = _shared(operations)
    unread = tuple(one.key for one in sets if not one.was_read)
    problems = (*history.problems, *faults, *(each for one in sets for each in one.problems))
    counts = _counts(operations, sets)
    word = _word(findings, unread, problems, counts)
    return Verdict(
        word=word,
        sentence=_sentence(word, findings, unread, problems, counts, torn=history.torn),
        **findings,
        unread=unread,
        problems=problems,
        torn=history.torn,
        counts=counts,
        sides=_sides(operations),
    )


def _shared(operations: Iterable[Operation]) -> tuple[Finding, ...]:
    """Numbers that were acknowledged for more than one addition: one of the two is somebody else's."""
    acknowledged = [one for one in operations if one.operation == ADD and one.outcome == OK and one.id]
    times = Counter(one.id for one in acknowledged)
    return tuple(
        Finding(key=one.key, value=one.value, id=one.id, says=f"this number was acknowledged {times[one.id]} times")
        for one in acknowledged
        if times[one.id] > 1
    )


def _word(
    findings: dict[str, tuple[Finding, ...]], unread: tuple[str, ...], problems: tuple[str, ...], counts: Counts
) -> str:
    if any(findings.values()):
        return BROKEN
    return UNKNOWN if unread or problems or not counts.acknowledged else HOLDS


def _counts(operations: Iterable[Operation], sets: Iterable[Judged]) -> Counts:
    times = Counter((one.operation, one.outcome) for one in operations)
    return Counts(
        acknowledged=times[ADD, OK],
        refused=times[ADD, FAIL],
        unknown=times[ADD, INFO],
        found_later=sum(one.found_later for one in sets),
        removed=times[REMOVE, OK],
        reads=times[READ, OK],
        final_reads=sum(one.operation == READ and one.final and one.outcome == OK for one in operations),
    )


def _sides(operations: Iterable[Operation]) -> tuple[Side, ...]:
    times = Counter((one.side, one.outcome) for one in operations if one.operation == ADD)
    names = sorted({one.side for one in operations if changes(one) and one.side})
    return tuple(
        Side(name=name, acknowledged=times[name, OK], refused=times[name, FAIL], unknown=times[name, INFO])
        for name in names
    )


def _sentence(
    word: str,
    findings: dict[str, tuple[Finding, ...]],
    unread: tuple[str, ...],
    problems: tuple[str, ...],
    counts: Counts,
    *,
    torn: bool,
) -> str:
    asked = f"{counts.acknowledged} acknowledged, {counts.refused} refused, {counts.unknown} of unknown outcome"
    tail = "; the history's last line is cut off" if torn else ""
    if word == HOLDS:
        later = f" ({counts.found_later} of those are there)" if counts.unknown else ""
        return f"everything acknowledged is there, once: {asked}{later}{tail}"
    if word == BROKEN:
        found = ", ".join(f"{len(each)} {_WORDS.get(kind, kind)}" for kind, each in findings.items() if each)
        first = next(each[0] for each in findings.values() if each)
        return f"{found}; the first: {first.value} of {first.key}: {first.says}; {asked}{_also(problems)}{tail}"
    if problems:
        return f"can't tell: the history is not in order ({len(problems)} problems; the first: {problems[0]}){tail}"
    if not counts.acknowledged:
        return f"can't tell: nothing was acknowledged, so nothing could be lost ({asked}){tail}"
    return f"can't tell: no final read of {', '.join(unread)}; {asked}{tail}"


def _also(problems: tuple[str, ...]) -> str:
    return f"; nor is the history in order ({len(problems)} problems; the first: {problems[0]})" if problems else ""
