"""Right histories hold; each way of being wrong is noticed, and what can't be judged is never called right."""

import json

import pytest

from reconciler.drill.checker import KINDS, check
from reconciler.drill.history import FAIL, INFO, OK, History, lines, parse
from reconciler.drill.verdict import BROKEN, HOLDS, UNKNOWN, Verdict
from tests.unit.drill.telling import Telling


def found(verdict: Verdict) -> dict[str, list[str]]:
    """Which elements are under which heading."""
    return {kind: [each.value for each in getattr(verdict, kind)] for kind in KINDS if getattr(verdict, kind)}


RIGHT = {
    "what was acknowledged is there": Telling().add("a").add("b").final("a", "b"),
    "what nobody knows is there": Telling().add("a").add("b", INFO).final("a", "b", process=1),
    "what nobody knows isn't there": Telling().add("a").add("b", INFO).final("a", process=1),
    "what was refused isn't there": Telling().add("a").add("b", FAIL).final("a"),
    "what was removed isn't there": Telling().add("a").add("b").remove("b").final("a"),
    "a removal that nobody knows may have been done": Telling()
    .add("a")
    .add("b")
    .remove("b", INFO)
    .final("a", process=1),
    "a removal that nobody knows may not have been done": (Telling().add("a").remove("a", INFO).final("a", process=1)),
    "a removal that was refused": Telling().add("a").remove("a", FAIL).final("a"),
    "what was there before stays": Telling().read("old", "old/#other").add("a").final("old", "old/#other", "a"),
    "what was there before may be removed": Telling().read("old").add("a").remove("old").final("a"),
    "what is under way may be seen": Telling()
    .begin(0, "add", "a")
    .read("a", process=1)
    .record(0, OK, "add", "a", id="#a")
    .final("a"),
    "what is under way may not be seen yet": Telling()
    .begin(0, "add", "a")
    .read(process=1)
    .record(0, OK, "add", "a")
    .final("a"),
    "a client that died in the middle": Telling().add("a").begin(7, "add", "b").final("a", "b"),
    "two sets": Telling()
    .add("a", key="one")
    .add("a", key="two", id="#2")
    .final("a", key="one")
    .final("a/#2", key="two"),
    "a set that was only looked at": Telling().add("a").read("x", key="other").final("a"),
    "a read that failed": Telling().add("a").begin(1, "read").record(1, FAIL, "read").final("a"),
    "elements without numbers": Telling().add("a", id=None).final("a"),
    "a refused final read, tried again": Telling()
    .add("a")
    .begin(1, "read", final=True)
    .record(1, FAIL, "read", final=True)
    .final("a"),
}

WRONG = {
    "lost": (Telling().add("a").add("b").final("a"), {"lost": ["b"]}),
    "lost although it was read": (Telling().add("a").read("a").final(), {"lost": ["a"]}),
    "lost on one side": (Telling().add("a").final("a").final(side="az1"), {"lost": ["a"]}),
    "lost with what was there before": (Telling().read("old").add("a").final("a"), {"lost": ["old"]}),
    "lost by a removal that was refused": (Telling().add("a").remove("a", FAIL).final(), {"lost": ["a"]}),
    "lost before its removal began": (Telling().add("a").read().remove("a").final(), {"stale": ["a"]}),
    "doubled": (Telling().add("a").final("a", "a/#2"), {"doubled": ["a"]}),
    "doubled under one number": (Telling().add("a").final("a", "a"), {"doubled": ["a"]}),
    "doubled though nobody knows of one": (
        Telling().add("b").add("a", INFO).final("a", "a/#2", "b", process=1),
        {"doubled": ["a"]},
    ),
    "doubled for a while": (Telling().add("a").read("a", "a/#2").final("a"), {"doubled": ["a"], "stale": ["a"]}),
    "doubled what was there before": (Telling().read("old").add("a").final("a", "old", "old"), {"doubled": ["old"]}),
    "resurrected": (Telling().add("a").add("b").remove("a").final("a", "b"), {"resurrected": ["a"]}),
    "resurrected from before": (
        Telling().read("old").add("a").remove("old").final("old", "a"),
        {"resurrected": ["old"]},
    ),
    "phantom": (Telling().add("a").final("a", "b"), {"phantom": ["b"]}),
    "phantom that was refused": (Telling().add("a").add("b", FAIL).final("a", "b"), {"phantom": ["b"]}),
    "read before it was asked for": (Telling().add("x").read("a", "x").add("a").final("a", "x"), {"phantom": ["a"]}),
    "there under another number": (Telling().add("a").final("a/#2"), {"lost": ["a"], "phantom": ["a"]}),
    "seen, then lost": (
        Telling().add("b").add("a", INFO).read("a", "b", process=1).final("b", process=2),
        {"stale": ["a"]},
    ),
    "lost for a while": (Telling().add("a").read().final("a"), {"stale": ["a"]}),
    "of another customer, by its owner": (Telling().add("a").final("a", "b/#b/uid91"), {"foreign": ["b"]}),
    "of another customer, by its number": (
        Telling().add("a", key="one").add("b", key="two").final("a", "b", key="one").final("b", key="two"),
        {"foreign": ["b"]},
    ),
    "one number for two": (
        Telling().add("a", id="#1").add("b", id="#1").final("a/#1", "b/#1"),
        {"shared": ["a", "b"]},
    ),
}

UNJUDGED = {
    "nothing at all": Telling(),
    "no final read": Telling().add("a").read("a"),
    "a final read that was refused": Telling()
    .add("a")
    .begin(0, "read", final=True)
    .record(0, FAIL, "read", final=True),
    "a final read without an end": Telling().add("a").begin(0, "read", final=True),
    "a final read before the last addition": Telling().add("a").final("a").add("b"),
    "a final read of another set only": Telling().add("a").final("b", key="other"),
    "an unknown addition in a set that nobody read": Telling().add("a").final("a").add("b", INFO, key="other"),
    "nothing was acknowledged": Telling().add("a", FAIL).add("b", INFO).final(process=1),
    "a process that goes on after an unknown outcome": Telling().add("a", INFO).add("b").final("b"),
    "a process that does two things at once": Telling().begin(0, "add", "x").add("a").final("a"),
    "an end without a beginning": Telling().record(3, OK, "add", "x").add("a").final("a"),
    "an end of something else": Telling().add("a").begin(1, "add", "b").record(1, OK, "add", "c").final("a", "b"),
    "an end in another set": Telling().add("a").begin(1, "add", "b").record(1, OK, "add", "b", key="x").final("a", "b"),
    "the same asked for twice": Telling().add("a").add("a", INFO, process=1).final("a"),
    "time that goes back": Telling().add("a").final("a", time=0.5),
}


@pytest.mark.parametrize("telling", RIGHT.values(), ids=RIGHT.keys())
def test_a_right_history_holds(telling: Telling) -> None:
    verdict = check(telling.history)
    assert found(verdict) == {}
    assert (verdict.word, verdict.holds) == (HOLDS, True), verdict.sentence


@pytest.mark.parametrize(("telling", "wrong"), WRONG.values(), ids=WRONG.keys())
def test_a_wrong_one_is_noticed_by_its_name(telling: Telling, wrong: dict[str, list[str]]) -> None:
    verdict = check(telling.history)
    assert found(verdict) == wrong
    assert (verdict.word, verdict.holds) == (BROKEN, False)


@pytest.mark.parametrize("telling", UNJUDGED.values(), ids=UNJUDGED.keys())
def test_what_cannot_be_judged_is_never_right(telling: Telling) -> None:
    verdict = check(telling.history)
    assert verdict.word == UNKNOWN, verdict.sentence
    assert not verdict.holds
    assert verdict.sentence.startswith("can't tell: ")


def test_both_sides_are_counted_and_the_sentence_tells_the_numbers() -> None:
    telling = Telling().add("a", side="az1").add("b", FAIL, side="az2").add("c", INFO, side="az2")
    verdict = check(telling.final("a", "c", process=1).history)
    told = [(side.name, side.acknowledged, side.refused, side.unknown) for side in verdict.sides]
    assert told == [("az1", 1, 0, 0), ("az2", 0, 1, 1)]
    assert verdict.sentence == (
        "everything acknowledged is there, once: 1 acknowledged, 1 refused, 1 of unknown outcome (1 of those are there)"
    )


def test_a_broken_one_names_the_first_element_and_what_else_is_wrong_with_the_history() -> None:
    telling = Telling().add("a", side="az1").record(9, OK, "add", "x").final(side="az2")
    assert check(telling.history).sentence == (
        "1 lost; the first: a of uid90: acknowledged at 0.000 s, missing in the final read at 3.000 s through az2; "
        "1 acknowledged, 0 refused, 0 of unknown outcome; nor is the history in order (1 problems; the first: "
        "process 9, at 2.000 s: the end of an operation to add that never began)"
    )


def test_a_verdict_can_be_told_as_json() -> None:
    told = json.loads(json.dumps(check(Telling().add("a").final().history).told()))
    assert told["lost"][0]["value"] == "a"


def test_a_line_cut_off_at_the_end_is_told_and_a_line_that_says_nothing_decides_nothing() -> None:
    whole = lines(Telling().add("a").final("a").history.records)
    cut = check(parse(whole + b'{"process":0,"type":"inv'))
    assert cut.torn
    assert cut.holds
    assert cut.sentence.endswith("; the history's last line is cut off")
    missing_end = check(parse(whole[:-20]))
    assert (missing_end.word, missing_end.torn, missing_end.unread) == (UNKNOWN, True, ("uid90",))
    broken = check(parse(b"nothing\n" + whole))
    assert (broken.word, broken.problems) == (UNKNOWN, ("line 1: no JSON: b'nothing'",))


def test_a_file_that_was_never_written_is_no_proof() -> None:
    assert check(History(records=())).word == UNKNOWN
