"""What clients did while things broke, as they wrote it down: one JSON object a line.

Before: a drill's clients (docs/reference/consistency.md has the form). After: checker, which judges it. The order of
the lines is the order of events. A writer may be killed in the middle of its last line: that line is left out, and
told.
Never here: opinions on what happened, and writing.
"""

import json
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

INVOKE, OK, FAIL, INFO = "invoke", "ok", "fail", "info"
ADD, REMOVE, READ = "add", "remove", "read"
TYPES = (INVOKE, OK, FAIL, INFO)
OPERATIONS = (ADD, REMOVE, READ)
LARGEST_BYTES = 256 * 1024 * 1024
_SHOWN = 80


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One element as a read showed it. `id`: the system's own number for it; `owner`: whose it says it is."""

    value: str
    id: str | None = None
    owner: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """One line. `time` in seconds from the start of the clients; `final`: a read after which nothing is changed."""

    process: int
    type: str
    operation: str
    key: str
    time: float
    value: str = ""
    id: str | None = None
    items: tuple[Item, ...] = ()
    final: bool = False
    side: str = ""
    error: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """All lines. `torn`: the last one was cut off; `problems`: lines that say nothing, with their numbers."""

    records: tuple[Record, ...]
    torn: bool = False
    problems: tuple[str, ...] = ()


class _Unusable(Exception):
    """Why a line can't be used."""


def read(path: Path) -> History:
    """The history in a file; one that isn't there, is too large or can't be read is empty and says why."""
    try:
        size = path.stat().st_size
        if size > LARGEST_BYTES:
            return History(records=(), problems=(f"{path.name}: {size} bytes are too many to check",))
        return parse(path.read_bytes())
    except OSError as error:
        return History(records=(), problems=(f"{path.name}: {error.strerror or error}",))


def parse(text: bytes) -> History:
    """The history in a file's bytes."""
    lines = text.split(b"\n")
    last = lines.pop()  # what stands behind the last end of a line: nothing, or a line that was cut off
    records: list[Record] = []
    problems: list[str] = []
    for number, line in enumerate(lines, start=1):
        try:
            records.append(_record(line))
        except _Unusable as why:
            problems.append(f"line {number}: {why}")
    torn = False
    if last:
        try:
            records.append(_record(last))
        except _Unusable:
            torn = True
    return History(records=tuple(records), torn=torn, problems=tuple(problems))


def line(record: Record) -> str:
    """The record as its line, without the line's end."""
    value: Any = record.value
    if record.operation == READ:
        value = [_without_nothing({"value": i.value, "id": i.id, "owner": i.owner}) for i in record.items]
    told = {
        "process": record.process,
        "type": record.type,
        "operation": record.operation,
        "key": record.key,
        "value": value,
        "id": record.id,
        "final": record.final or None,
        "side": record.side or None,
        "error": record.error or None,
        "time": record.time,
    }
    return json.dumps(_without_nothing(told), separators=(",", ":"))


def lines(records: Iterable[Record]) -> bytes:
    """A whole file."""
    return "".join(f"{line(record)}\n" for record in records).encode()


def _without_nothing(fields: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if value is not None}


def _record(raw: bytes) -> Record:
    try:
        fields = json.loads(raw.decode())
    except (ValueError, RecursionError):
        raise _Unusable(f"no JSON: {raw[:_SHOWN]!r}") from None
    if not isinstance(fields, dict):
        raise _Unusable("no JSON object")
    operation = _one_of(fields, "operation", OPERATIONS)
    kind = _one_of(fields, "type", TYPES)
    reads = operation == READ
    return Record(
        process=_process(fields.get("process")),
        type=kind,
        operation=operation,
        key=_text(fields, "key"),
        time=_time(fields.get("time")),
        value="" if reads else _text(fields, "value"),
        id=_optional(fields, "id"),
        items=_items(fields.get("value")) if reads and kind == OK else (),
        final=_flag(fields.get("final", False)),
        side=_optional(fields, "side") or "",
        error=_optional(fields, "error") or "",
    )


def _one_of(fields: Mapping[str, Any], name: str, known: tuple[str, ...]) -> str:
    value = fields.get(name)
    if value not in known:
        raise _Unusable(f"{name} is {str(value)[:_SHOWN]!r}, none of {', '.join(known)}")
    return str(value)


def _process(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise _Unusable("process is no whole number")
    return value


def _time(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value) or value < 0:
        raise _Unusable("time is no number of seconds")
    return float(value)


def _flag(value: Any) -> bool:
    if not isinstance(value, bool):
        raise _Unusable("final is neither true nor false")
    return value


def _text(fields: Mapping[str, Any], name: str) -> str:
    value = fields.get(name)
    if not isinstance(value, str) or not value:
        raise _Unusable(f"{name} is no text")
    return value


def _optional(fields: Mapping[str, Any], name: str) -> str | None:
    value = fields.get(name)
    if value is not None and not isinstance(value, str):
        raise _Unusable(f"{name} is no text")
    return value


def _items(value: Any) -> tuple[Item, ...]:
    if not isinstance(value, list) or not all(isinstance(each, dict) for each in value):
        raise _Unusable("value is no list of what was read")
    return tuple(
        Item(value=_text(each, "value"), id=_optional(each, "id"), owner=_optional(each, "owner")) for each in value
    )
