"""Records put together to operations: what was asked for, from when to when, and what was said of it.

Before: history. After: checker. Places in the file are the clock here (`begin`, `end`): one writer, lines in order.
A process does one thing at a time, and none any more after an outcome that it doesn't know: what it asked for may still
be under way. What can't be put together is a problem, never a guess.
"""

from dataclasses import dataclass, replace

from reconciler.drill.history import INFO, INVOKE, READ, Item, Record


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """`outcome`: ok, fail (it was not done, for certain) or info (nobody knows). `end` is None where nobody said."""

    process: int
    operation: str
    key: str
    value: str
    begin: int
    begin_seconds: float
    end: int | None = None
    outcome: str = INFO
    id: str | None = None
    items: tuple[Item, ...] = ()
    final: bool = False
    side: str = ""


def paired(records: tuple[Record, ...]) -> tuple[tuple[Operation, ...], tuple[str, ...]]:
    """All operations in the order of their beginning, and what is wrong with the history."""
    operations: list[Operation] = []
    problems: list[str] = []
    under_way: dict[int, int] = {}
    spent: set[int] = set()
    latest = 0.0
    for place, record in enumerate(records):
        who = f"process {record.process}, at {record.time:.3f} s"
        if record.time < latest:
            problems.append(f"{who}: written after {latest:.3f} s, so the order of the lines isn't that of events")
        latest = max(latest, record.time)
        if record.type == INVOKE:
            if record.process in under_way or record.process in spent:
                why = "its last operation has no end" if record.process in under_way else "its last outcome is unknown"
                problems.append(f"{who}: begins to {record.operation} although {why}; a new process has to do it")
            under_way[record.process] = len(operations)
            operations.append(_begun(place, record))
            continue
        index = under_way.pop(record.process, None)
        if index is None:
            problems.append(f"{who}: the end of an operation to {record.operation} that never began")
            continue
        problem = _differs(operations[index], record)
        if problem:
            problems.append(f"{who}: {problem}")
        number = record.id if record.id is not None else operations[index].id
        operations[index] = replace(operations[index], end=place, outcome=record.type, id=number, items=record.items)
        if record.type == INFO:
            spent.add(record.process)
    return tuple(operations), tuple(problems)


def _begun(place: int, record: Record) -> Operation:
    return Operation(
        process=record.process,
        operation=record.operation,
        key=record.key,
        value=record.value,
        begin=place,
        begin_seconds=record.time,
        final=record.final,
        side=record.side,
        id=record.id,
    )


def _differs(begun: Operation, record: Record) -> str:
    """Why a record isn't the end of what its process began; "" when it is."""
    for name in ("operation", "key", "value", "final"):
        was, now = getattr(begun, name), getattr(record, name)
        if was != now:
            return f"ends with {name} {now!r} what it began with {was!r}"
    return ""


def changes(operation: Operation) -> bool:
    """Whether it isn't just a look."""
    return operation.operation != READ
