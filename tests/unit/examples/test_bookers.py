"""The drills' clients write down what happened: a site that works holds, and one that cheats is found out."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import bookers
import pytest

from reconciler.drill.checker import check
from reconciler.drill.history import read
from reconciler.drill.verdict import BROKEN, HOLDS, UNKNOWN, Verdict
from tests.unit.examples.booking_site import Behave, State, site

PROGRAM = Path(bookers.__file__)


@pytest.fixture(autouse=True)
def quickly(monkeypatch: pytest.MonkeyPatch) -> None:
    """The next try comes at once."""
    monkeypatch.setattr(bookers, "AGAIN_SECONDS", 0.001)


def run(tmp_path: Path, behave: Behave = lambda _times: "", *more: str, expire_after: int = 0) -> tuple[Verdict, State]:
    """What two customers at two sides met, and what the site saw."""
    file = tmp_path / "history.jsonl"
    with site(behave, expire_after=expire_after) as (state, url):
        words = ["--history", str(file), "--side", f"az1={url}", "--side", f"az2={url}", "--customers", "2"]
        words += ["--most", "12", "--pause", "0", "--seed", "7", "--timeout", "1", *more]
        assert bookers.Everybody(bookers.options(words)).run() == 0
    found = read(file)
    assert (found.torn, found.problems) == (False, ())
    return check(found), state


def test_a_site_that_works_holds_and_both_sides_book_cancel_and_look(tmp_path: Path) -> None:
    verdict, state = run(tmp_path, lambda _times: "", "--cancel", "0.3", "--look", "0.2")
    assert verdict.word == HOLDS, verdict.sentence
    assert [side.name for side in verdict.sides] == ["az1", "az2"]
    assert all(side.acknowledged > 0 for side in verdict.sides)
    assert verdict.counts.removed > 0
    assert verdict.counts.final_reads == 4
    assert verdict.counts.reads > 4 + 2
    assert verdict.counts.acknowledged == len(state.keys)


def test_a_lost_answer_is_asked_for_again_under_the_same_key_and_is_one_booking(tmp_path: Path) -> None:
    verdict, state = run(tmp_path, lambda times: "lose" if times == 1 else "")
    assert verdict.word == HOLDS, verdict.sentence
    assert (verdict.counts.unknown, verdict.counts.acknowledged) == (0, len(state.keys))
    assert {len(keys) for keys in state.keys.values()} == {1}


@pytest.mark.parametrize(("deed", "is_there"), [("lose", True), ("unsure", True), ("drop", False)])
def test_what_nobody_acknowledged_is_of_unknown_outcome(tmp_path: Path, deed: str, *, is_there: bool) -> None:
    def behave(_times: int) -> str:
        asked[0] += 1
        return "" if asked[0] == 1 else deed

    asked = [0]
    verdict, state = run(tmp_path, behave, "--cancel", "0", "--look", "0")
    assert verdict.word == HOLDS, verdict.sentence
    assert (verdict.counts.acknowledged, verdict.counts.refused) == (1, 0)
    assert verdict.counts.unknown == len(state.keys) - 1
    assert verdict.counts.found_later == (verdict.counts.unknown if is_there else 0)
    assert set(state.seen.values()) == {1, 3}


def test_a_refusal_is_certain_where_the_site_says_so_and_nothing_was_in_doubt_before(tmp_path: Path) -> None:
    verdict, _ = run(tmp_path, lambda _times: "refuse")
    assert verdict.word == UNKNOWN  # nothing was acknowledged
    assert verdict.counts.refused > 0
    assert verdict.counts.unknown == 0
    doubtful, _ = run(tmp_path, lambda times: "lose" if times == 1 else "refuse")
    assert doubtful.counts.refused == 0
    assert doubtful.counts.unknown > 0
    assert doubtful.word == UNKNOWN, doubtful.sentence


@pytest.mark.parametrize(("deed", "kind"), [("lie", "lost"), ("twice", "doubled")])
def test_a_site_that_cheats_is_found_out(tmp_path: Path, deed: str, kind: str) -> None:
    verdict, state = run(tmp_path, lambda _times: deed, "--cancel", "0")
    assert verdict.word == BROKEN
    assert len(getattr(verdict, kind)) == len(state.keys)


def test_who_is_signed_out_signs_in_again_and_books_on(tmp_path: Path) -> None:
    verdict, state = run(tmp_path, expire_after=5)
    assert verdict.word == HOLDS, verdict.sentence
    assert verdict.counts.refused == 0
    assert state.sessions > 2 + 4 + 4


def test_told_to_end_it_books_nothing_more_and_reads_back(tmp_path: Path) -> None:
    file = tmp_path / "history.jsonl"
    with site() as (state, url):
        words = [sys.executable, str(PROGRAM), "--side", f"az1={url}", "--customers", "1", "--pause", "0.01"]
        environ = {**os.environ, "RECONCILER_HISTORY": str(file)}
        with subprocess.Popen(words, env=environ, stderr=subprocess.PIPE, text=True) as program:
            deadline = time.monotonic() + 20
            while not state.keys:
                assert time.monotonic() < deadline
                assert program.poll() is None
            program.send_signal(signal.SIGTERM)
            _, said = program.communicate(timeout=20)
    assert program.returncode == 0, said
    assert check(read(file)).word == HOLDS
    assert json.loads(file.read_text().splitlines()[-1])["final"] is True


def test_without_a_site_it_says_so_and_a_typo_is_a_usage_error(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    words = ["--history", str(tmp_path / "history"), "--wait", "0"]
    nobody = bookers.options([*words, "--side", f"az1=http://127.0.0.1:{port}"])
    assert bookers.Everybody(nobody).run() == 69
    for wrong in (["--side", "az1"], ["--side", "az1=127.0.0.1:80"], ["--customers", "0"], ["--cancel", "1"], ["--no"]):
        with pytest.raises(SystemExit) as ended:
            bookers.options([*words, *wrong])
        assert ended.value.code == 64, wrong
