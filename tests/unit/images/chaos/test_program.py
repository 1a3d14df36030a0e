"""The helper's thread: words, signals, the end of its time, and that it always undoes what it did."""

import json
import os
import threading
import time
from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from fault_helper.fault import Fault, Message
from fault_helper.program import Helper
from fault_helper.settings import Settings, Unusable, read
from fault_helper.talk import Talk


class Recording(Fault):
    """Writes down what is asked of it; raises where it is told to."""

    def __init__(self, fails: str = "") -> None:
        self.done: list[str] = []
        self._fails = fails

    def _do(self, what: str) -> None:
        self.done.append(what)
        if what == self._fails:
            raise Unusable(f"{what} can't be done")

    def stage(self) -> None:
        self._do("stage")

    def bite(self) -> Message:
        self._do("bite")
        return {"sharp": True}

    def heal(self) -> None:
        self._do("heal")

    def asked(self, request: Mapping[str, Any]) -> Message | None:
        self._do("asked")
        return {"type": "answer"} if request["do"] == "answer" else super().asked(request)


class Line:
    """A helper in a thread of its own; its clock stands still until it is `over`."""

    def __init__(self, fault: Fault) -> None:
        source, self.mouth = os.pipe()
        self._ears, sink = os.pipe()
        stop, self.signal = os.pipe()
        self.now = 0.0
        self.codes: list[int] = []
        self.talk = Talk(source, sink)
        helper = Helper(fault, self.talk, stop, lambda: self.now)
        self._open = [source, self.mouth, self._ears, sink, stop, self.signal]
        self.thread = threading.Thread(target=lambda: self.codes.append(helper.run(1000.0)))

    def say(self, *requests: object) -> None:
        os.write(self.mouth, b"".join(json.dumps(request).encode() + b"\n" for request in requests))

    def ended(self) -> int:
        self.thread.join(10)
        (code,) = self.codes
        return code

    def heard(self) -> list[dict[str, Any]]:
        os.set_blocking(self._ears, False)
        return [json.loads(line) for line in os.read(self._ears, 1 << 16).splitlines()]

    def close(self) -> None:
        for descriptor in self._open:
            os.close(descriptor)


@pytest.fixture
def fault() -> Recording:
    return Recording()


@pytest.fixture
def line(fault: Recording) -> Iterator[Line]:
    made = Line(fault)
    yield made
    made.close()


def test_it_bites_on_word_and_heals_on_word(fault: Recording, line: Line) -> None:
    line.say({"do": "bite"}, {"do": "answer"}, {"do": "heal"}, {"do": "bite"})
    line.thread.start()
    assert line.ended() == 0
    assert fault.done == ["stage", "bite", "asked", "heal"]
    assert line.heard() == [
        {"type": "ready"},
        {"type": "bites", "detail": {"sharp": True}},
        {"type": "answer"},
        {"type": "healed"},
    ]


def test_a_signal_heals_it(fault: Recording, line: Line) -> None:
    line.say({"do": "bite"})
    os.write(line.signal, b"\x0f")
    line.thread.start()
    assert line.ended() == 0
    assert fault.done[-1] == "heal"


def test_the_end_of_its_time_heals_it(fault: Recording, line: Line) -> None:
    line.now = 1000.0
    line.thread.start()
    assert line.ended() == 0
    assert fault.done == ["stage", "heal"]


def test_that_nobody_speaks_any_more_is_no_end(fault: Recording, line: Line) -> None:
    line.say({"do": "bite"})
    os.dup2(line.signal, line.mouth)  # the last writer is gone
    line.thread.start()
    give_up_at = time.monotonic() + 10
    while not line.talk.ended:
        assert time.monotonic() < give_up_at
        line.thread.join(0.001)
    assert line.thread.is_alive()
    os.write(line.signal, b"\x0f")
    assert line.ended() == 0


@pytest.mark.parametrize("when", ["stage", "bite", "asked"])
def test_what_fails_is_undone_and_said(when: str) -> None:
    fault = Recording(when)
    line = Line(fault)
    line.say({"do": "bite"}, {"do": "answer"})
    line.thread.start()
    assert line.ended() == 1
    assert fault.done[-1] == "heal"
    assert line.heard()[-1] == {"type": "fails", "problem": f"{when} can't be done"}
    line.close()


def test_what_cannot_be_undone_is_said() -> None:
    line = Line(Recording("heal"))
    line.say({"do": "heal"})
    line.thread.start()
    assert line.ended() == 1
    assert line.heard()[-1] == {"type": "fails", "problem": "undoing it: heal can't be done"}
    line.close()


@pytest.mark.parametrize("garbled", [b"no json\n", b"[1]\n", b'{"do": "frobnicate"}\n'])
def test_a_word_that_nobody_knows_is_the_end_of_it(fault: Recording, line: Line, garbled: bytes) -> None:
    os.write(line.mouth, garbled)
    line.thread.start()
    assert line.ended() == 1
    assert fault.done[-1] == "heal"


def test_settings_are_read() -> None:
    whole = {"id": "k1", "kind": "fill", "seconds": 30, "bytes": 5}
    assert read({"RECONCILER_FAULT": json.dumps(whole)}) == Settings("k1", "fill", 30.0, {"bytes": 5})


@pytest.mark.parametrize(
    "wrong",
    [
        "",
        "[]",
        '{"kind": "net", "seconds": 1}',
        '{"id": "a-b", "kind": "net", "seconds": 1}',
        '{"id": "a", "kind": 1, "seconds": 1}',
        '{"id": "a", "kind": "net", "seconds": "long"}',
        '{"id": "a", "kind": "net", "seconds": 0}',
        '{"id": "a", "kind": "net", "seconds": 99999}',
        '{"id": "a", "kind": "net", "seconds": true}',
        '{"id": "a", "kind": "net", "seconds": NaN}',
    ],
)
def test_settings_that_make_no_sense_are_refused(wrong: str) -> None:
    with pytest.raises(Unusable):
        read({"RECONCILER_FAULT": wrong})
