"""Histories as files: what is written is read again, and what can't be used is told with its line."""

import json
from pathlib import Path

import pytest

from reconciler.drill.history import History, Item, Record, line, lines, parse, read
from tests.unit.drill.telling import Telling

GOOD = {"process": 1, "type": "invoke", "operation": "add", "key": "k", "value": "v", "time": 1.5}


def test_every_field_is_read_as_it_was_written() -> None:
    telling = Telling().add("a", side="az1", error="late").remove("a").read("a", "b/#2/uid91", side="az2")
    telling.begin(4, "read", final=True)
    assert parse(lines(telling.records)) == History(records=tuple(telling.records))


def test_a_line_is_short_and_readable() -> None:
    record = Record(process=3, type="ok", operation="read", key="k", time=2.25, items=(Item(value="v", id="7"),))
    assert json.loads(line(record)) == {
        "process": 3, "type": "ok", "operation": "read", "key": "k", "value": [{"value": "v", "id": "7"}], "time": 2.25,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"type": "done"}, "type is 'done', none of invoke, ok, fail, info"),
        ({"operation": "write"}, "operation is 'write', none of add, remove, read"),
        ({"operation": ["add"]}, "operation is \"['add']\", none of add, remove, read"),
        ({"process": True}, "process is no whole number"),
        ({"process": "1"}, "process is no whole number"),
        ({"key": ""}, "key is no text"),
        ({"value": None}, "value is no text"),
        ({"value": 7}, "value is no text"),
        ({"id": 7}, "id is no text"),
        ({"time": -1}, "time is no number of seconds"),
        ({"time": float("inf")}, "time is no number of seconds"),
        ({"time": None}, "time is no number of seconds"),
        ({"final": 1}, "final is neither true nor false"),
        ({"type": "ok", "operation": "read"}, "value is no list of what was read"),
        ({"type": "ok", "operation": "read", "value": ["v"]}, "value is no list of what was read"),
        ({"type": "ok", "operation": "read", "value": [{"id": "7"}]}, "value is no text"),
    ],
)
def test_a_line_that_cannot_be_used_is_told_with_its_number(change: dict[str, object], problem: str) -> None:
    found = parse(f"{json.dumps(GOOD)}\n{json.dumps(GOOD | change)}\n".encode())
    assert (len(found.records), found.problems) == (1, (f"line 2: {problem}",))


@pytest.mark.parametrize("text", [b"[]", b"\xff\xfe", b"", b"[" * 100_000])
def test_what_is_no_object_is_a_problem_and_not_an_error(text: bytes) -> None:
    assert len(parse(text + b"\n").problems) == 1


def test_a_last_line_without_its_end_counts_where_it_is_whole() -> None:
    whole = json.dumps(GOOD).encode()
    assert (len(parse(whole).records), parse(whole).torn) == (1, False)
    assert (len(parse(whole[:-1]).records), parse(whole[:-1]).torn) == (0, True)


def test_a_file_that_is_not_there_says_so(tmp_path: Path) -> None:
    assert read(tmp_path / "history.jsonl").problems == ("history.jsonl: No such file or directory",)


def test_a_file_is_read(tmp_path: Path) -> None:
    file = tmp_path / "history.jsonl"
    file.write_bytes(lines(Telling().add("a").records))
    assert len(read(file).records) == 2
