"""Histories written by hand: `told("0 add a ok", "1 read a,b")` is what two processes did, one after the other.

Each text is `process operation value outcome`; numbers, keys and sides are given where a test needs them.
"""

from typing import Any

from reconciler.drill.history import ADD, INVOKE, OK, READ, History, Item, Record

KEY = "uid90"


class Telling:
    """A history that grows line by line."""

    def __init__(self) -> None:
        self.records: list[Record] = []

    def record(self, process: int, kind: str, operation: str, value: str = "", **more: Any) -> "Telling":
        fields = {"key": KEY, "time": float(len(self.records)), **more}
        self.records.append(Record(process=process, type=kind, operation=operation, value=value, **fields))
        return self

    def begin(self, process: int, operation: str, value: str = "", **more: Any) -> "Telling":
        return self.record(process, INVOKE, operation, value, **more)

    def add(self, value: str, outcome: str = OK, process: int = 0, **more: Any) -> "Telling":
        """A whole addition; an acknowledged one gets the number `#value` where none is given."""
        begun = {name: found for name, found in more.items() if name != "id"}
        number = more.get("id", f"#{value}" if outcome == OK else None)
        self.begin(process, ADD, value, **begun)
        return self.record(process, outcome, ADD, value, **{**begun, "id": number})

    def remove(self, value: str, outcome: str = OK, process: int = 0, **more: Any) -> "Telling":
        more.setdefault("id", f"#{value}")
        self.begin(process, "remove", value, **more)
        return self.record(process, outcome, "remove", value, **more)

    def read(self, *values: str, process: int = 0, **more: Any) -> "Telling":
        """A whole read; each value as `value` (its number is `#value`), `value/number` or `value/number/owner`."""
        items = tuple(item(value) for value in values)
        self.begin(process, READ, **more)
        return self.record(process, OK, READ, items=items, **more)

    def final(self, *values: str, process: int = 0, **more: Any) -> "Telling":
        return self.read(*values, process=process, final=True, **more)

    @property
    def history(self) -> History:
        return History(records=tuple(self.records))


def item(text: str) -> Item:
    """`value`, `value/number` or `value/number/owner`."""
    value, _, rest = text.partition("/")
    number, _, owner = rest.partition("/")
    return Item(value=value, id=number or f"#{value}", owner=owner or None)
