"""Histories of a set that really works always hold; spoiled in any one way, they never do."""

import random
from collections.abc import Callable
from dataclasses import dataclass, field, replace

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from reconciler.drill.checker import check
from reconciler.drill.history import ADD, FAIL, INFO, INVOKE, OK, READ, REMOVE, History, Item, Record
from reconciler.drill.verdict import HOLDS

KEYS = ("one", "two")
STEPS = 60


@dataclass
class World:
    """Two sets that work, clients that ask them, and a network that loses answers."""

    rng: random.Random
    records: list[Record] = field(default_factory=list)
    sets: dict[str, dict[str, str]] = field(default_factory=lambda: {key: {} for key in KEYS})
    free: list[int] = field(default_factory=lambda: [0, 1, 2, 3])
    under_way: dict[int, Record] = field(default_factory=dict)
    done: dict[int, Record] = field(default_factory=dict)
    late: list[Record] = field(default_factory=list)
    made: int = 0

    def write(self, record: Record) -> None:
        self.records.append(replace(record, time=float(len(self.records))))

    def run(self) -> list[Record]:
        for key in KEYS:
            self.sets[key] = {f"old{n}": f"#old{n}{key}" for n in range(self.rng.randint(0, 2))}
            self.ask(READ, key)
            self.answer()
        for _ in range(STEPS):
            self.rng.choice((self.begin, self.turn, self.turn, self.settle))()
        while self.under_way:
            self.turn()
        for key in KEYS:
            for _side in range(2):
                self.ask(READ, key, final=True)
                self.answer()
        return self.records

    def answer(self) -> None:
        """The only operation that is under way."""
        (process,) = self.under_way
        self.effect(process)
        self.end(process, OK)

    def begin(self) -> None:
        if self.free:
            self.ask(self.rng.choice((ADD, ADD, REMOVE, READ)), self.rng.choice(KEYS))

    def ask(self, operation: str, key: str, *, final: bool = False) -> None:
        self.made += 1
        value = f"v{self.made}" if operation == ADD else ""
        if operation == REMOVE:
            if not self.sets[key]:
                return
            value = self.rng.choice(sorted(self.sets[key]))
        record = Record(
            process=self.free.pop(0), type=INVOKE, operation=operation, key=key, value=value, time=0.0, final=final,
            id=self.sets[key][value] if operation == REMOVE else None,
        )  # fmt: skip
        self.under_way[record.process] = record
        self.write(record)

    def turn(self) -> None:
        if self.under_way:
            process = self.rng.choice(sorted(self.under_way))
            self.effect(process) if process not in self.done and self.rng.random() < 0.7 else self.end(process)

    def effect(self, process: int) -> None:
        asked = self.under_way[process]
        self.done[process] = replace(asked, type=OK, id=self.apply(asked), items=self.shown(asked))

    def shown(self, asked: Record) -> tuple[Item, ...]:
        found = self.sets[asked.key].items() if asked.operation == READ else ()
        return tuple(Item(value=value, id=number, owner=asked.key) for value, number in found)

    def apply(self, asked: Record) -> str | None:
        if asked.operation == ADD:
            return self.sets[asked.key].setdefault(asked.value, f"#{asked.value}")
        if asked.operation == REMOVE:
            self.sets[asked.key].pop(asked.value, None)
        return asked.id

    def end(self, process: int, outcome: str = "") -> None:
        asked, done = self.under_way.pop(process), self.done.pop(process, None)
        outcome = outcome or self.rng.choice((INFO, OK, OK, OK) if done else (INFO, FAIL, FAIL))
        self.write(done if done and outcome == OK else replace(asked, type=outcome))
        if outcome == INFO:
            self.free.append(max((process, *self.free, *self.under_way, *(r.process for r in self.records))) + 1)
            self.late += [] if done else [asked]
        else:
            self.free.append(process)

    def settle(self) -> None:
        """What nobody knows of is done after all, or never."""
        if self.late:
            asked = self.late.pop()
            if self.rng.random() < 0.5:
                self.apply(asked)


def history(seed: int) -> list[Record]:
    return World(random.Random(seed)).run()


@given(st.integers(0, 1 << 32))
def test_a_set_that_works_holds(seed: int) -> None:
    records = history(seed)
    assume(any(record.operation == ADD and record.type == OK for record in records))
    verdict = check(History(records=tuple(records)))
    assert verdict.word == HOLDS, (verdict.sentence, records)


Spoiler = Callable[[list[Record], random.Random], None]


def finals(records: list[Record]) -> list[int]:
    return [place for place, one in enumerate(records) if one.final and one.type == OK]


def one_of(rng: random.Random, found: list[int]) -> int:
    assume(found)
    return rng.choice(found)


def ends(records: list[Record], operation: str, outcome: str) -> list[int]:
    return [n for n, one in enumerate(records) if one.operation == operation and one.type == outcome]


def show(records: list[Record], key: str, *items: Item, rng: random.Random) -> None:
    """In one final read of the set."""
    place = one_of(rng, [n for n in finals(records) if records[n].key == key])
    records[place] = replace(records[place], items=(*records[place].items, *items))


def promised(records: list[Record], rng: random.Random) -> tuple[int, Item]:
    """A final read, and an element in it that has to be there: acknowledged or old, and nobody tried to remove it."""
    acknowledged = {records[n].value for n in ends(records, ADD, OK)}
    removed = {one.value for one in records if one.operation == REMOVE}
    found = [
        (n, item)
        for n in finals(records)
        for item in records[n].items
        if (item.value in acknowledged or item.value.startswith("old")) and item.value not in removed
    ]
    assume(found)
    return rng.choice(found)


def loses(records: list[Record], rng: random.Random) -> None:
    place, lost = promised(records, rng)
    left = tuple(item for item in records[place].items if item != lost)
    records[place] = replace(records[place], items=left)


def doubles(records: list[Record], rng: random.Random) -> None:
    place = one_of(rng, [n for n in finals(records) if records[n].items])
    item = rng.choice(records[place].items)
    show(records, records[place].key, rng.choice((item, replace(item, id="#twice"))), rng=rng)


def invents(records: list[Record], rng: random.Random) -> None:
    show(records, rng.choice(KEYS), Item(value="nobody's", id="#1"), rng=rng)


def does_what_it_refused(records: list[Record], rng: random.Random) -> None:
    refused = records[one_of(rng, ends(records, ADD, FAIL))]
    show(records, refused.key, Item(value=refused.value, id=f"#{refused.value}"), rng=rng)


def forgets_a_removal(records: list[Record], rng: random.Random) -> None:
    removed = records[one_of(rng, ends(records, REMOVE, OK))]
    show(records, removed.key, Item(value=removed.value, id=removed.id), rng=rng)


def shows_anothers(records: list[Record], rng: random.Random) -> None:
    place = one_of(rng, [n for n in finals(records) if records[n].items])
    other = next(key for key in KEYS if key != records[place].key)
    show(records, other, rng.choice(records[place].items), rng=rng)


def renames(records: list[Record], rng: random.Random) -> None:
    place, known = promised(records, rng)
    items = tuple(replace(item, id="#renamed") if item == known else item for item in records[place].items)
    records[place] = replace(records[place], items=items)


def gives_one_number_twice(records: list[Record], rng: random.Random) -> None:
    acknowledged = ends(records, ADD, OK)
    assume(len(acknowledged) > 1)
    first, second = rng.sample(acknowledged, 2)
    records[second] = replace(records[second], id=records[first].id)


def is_never_read(records: list[Record], rng: random.Random) -> None:
    key = records[one_of(rng, ends(records, ADD, OK))].key
    records[:] = [one for one in records if not (one.final and one.key == key)]


def forgets_who_asked(records: list[Record], rng: random.Random) -> None:
    del records[one_of(rng, [n for n, one in enumerate(records) if one.type == INVOKE])]


def tells_an_end_twice(records: list[Record], rng: random.Random) -> None:
    place = one_of(rng, [n for n, one in enumerate(records) if one.type != INVOKE])
    records.insert(place, records[place])


def uses_a_process_again(records: list[Record], rng: random.Random) -> None:
    spent = records[one_of(rng, [n for n, one in enumerate(records) if one.type == INFO])]
    again = replace(spent, operation=READ, value="", id=None, time=records[-1].time)
    records += [replace(again, type=INVOKE), replace(again, type=FAIL)]


def turns_time_back(records: list[Record], rng: random.Random) -> None:
    place = rng.randrange(1, len(records))
    records[place] = replace(records[place], time=records[place - 1].time - 0.5)
    assume(records[place].time >= 0)


@pytest.mark.parametrize(
    "spoil",
    [
        loses, doubles, invents, does_what_it_refused, forgets_a_removal, shows_anothers, renames,
        gives_one_number_twice, is_never_read, forgets_who_asked, tells_an_end_twice, uses_a_process_again,
        turns_time_back,
    ],
)  # fmt: skip
@given(seed=st.integers(0, 1 << 32))
def test_a_spoiled_one_never_holds(spoil: Spoiler, seed: int) -> None:
    records = history(seed)
    spoil(records, random.Random(seed))
    verdict = check(History(records=tuple(records)))
    assert verdict.word != HOLDS, (verdict.sentence, records)
