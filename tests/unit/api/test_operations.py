"""What is begun through the API: run in threads, watched, ended early, and forgotten at last."""

import threading

import pytest

from reconciler.api.operations import KEPT, MOST_LINES, MOST_RUNNING, OperationRegister, OperationState, Reporter
from reconciler.errors import Busy, UsageError

WAIT_SECONDS = 10.0


@pytest.fixture
def register() -> OperationRegister:
    return OperationRegister(clock=lambda: 1000.0)


def until_stopped(reporter: Reporter) -> str:
    assert reporter.stopping.wait(WAIT_SECONDS)
    return "ended early"


def test_what_is_done_has_its_outcome_log_and_times(register: OperationRegister) -> None:
    def work(reporter: Reporter) -> str:
        reporter.say("one\ntwo")
        return "all is ready after 1.0 s"

    begun = register.begin("resize", "resize web to 3", "console", work, clusters=("web",), difference="-1\n+3\n")
    ended = register.wait(begun.id, WAIT_SECONDS)

    assert begun.state is OperationState.RUNNING
    assert ended is not None
    assert (ended.state, ended.outcome) == (OperationState.DONE, "all is ready after 1.0 s")
    assert (ended.began_at, ended.ended_at, ended.clusters) == (1000.0, 1000.0, ("web",))
    assert [line.text for line in register.log(begun.id, 0)] == ["one", "two"]
    assert [line.text for line in register.log(begun.id, 1)] == ["two"]
    assert not register.stop(begun.id)


def test_an_error_of_ours_is_the_outcome(register: OperationRegister) -> None:
    def work(_reporter: Reporter) -> str:
        raise UsageError("size -1 is less than 0")

    ended = register.wait(register.begin("resize", "resize", "api", work).id, WAIT_SECONDS)

    assert ended is not None
    assert (ended.state, ended.outcome) == (OperationState.FAILED, "size -1 is less than 0")


def test_a_mistake_of_ours_is_logged_and_says_where_to_look(
    register: OperationRegister, caplog: pytest.LogCaptureFixture
) -> None:
    def work(_reporter: Reporter) -> str:
        raise ZeroDivisionError

    ended = register.wait(register.begin("resize", "resize", "api", work).id, WAIT_SECONDS)

    assert ended is not None
    assert ended.state is OperationState.FAILED
    assert "log" in ended.outcome
    assert "ZeroDivisionError" in caplog.text


def test_one_that_is_stopped_ends_early(register: OperationRegister) -> None:
    begun = register.begin("chaos", "freeze web-1", "console", until_stopped)

    assert register.stop(begun.id)
    ended = register.wait(begun.id, WAIT_SECONDS)

    assert ended is not None
    assert (ended.state, ended.outcome) == (OperationState.STOPPED, "ended early")


def test_only_so_many_run_at_once_but_what_is_done_already_is_always_followed(register: OperationRegister) -> None:
    for _ in range(MOST_RUNNING):
        register.begin("chaos", "freeze", "api", until_stopped)

    with pytest.raises(Busy, match="wait for one"):
        register.begin("chaos", "freeze", "api", until_stopped)
    with pytest.raises(Busy):
        register.insist_on_room()
    register.begin("resize", "resize", "api", until_stopped, done_already=True)
    register.close(WAIT_SECONDS)

    assert {operation.state for operation in register.all()} == {OperationState.STOPPED}
    register.insist_on_room()


def test_the_newest_are_kept_and_those_that_run(register: OperationRegister) -> None:
    first = register.begin("chaos", "freeze", "api", until_stopped)
    for _ in range(KEPT + 5):
        register.wait(register.begin("resize", "resize", "api", lambda _reporter: "done").id, WAIT_SECONDS)
    ids = [operation.id for operation in register.all()]

    assert len(ids) == KEPT
    assert ids[0] == KEPT + 6
    assert ids[-1] == first.id
    assert register.find(2) is None
    assert register.log(2, 0) == ()
    register.close(WAIT_SECONDS)


def test_a_log_that_is_too_long_says_so(register: OperationRegister) -> None:
    def work(reporter: Reporter) -> str:
        for number in range(MOST_LINES + 10):
            reporter.say(str(number))
        return "done"

    begun = register.begin("drill", "drill", "api", work)
    register.wait(begun.id, WAIT_SECONDS)
    lines = register.log(begun.id, 0)

    assert len(lines) == MOST_LINES
    assert lines[-2].text == str(MOST_LINES - 2)
    assert "there is more" in lines[-1].text


def test_what_begins_after_the_end_is_told_to_end(register: OperationRegister) -> None:
    register.close(0.0)
    told = threading.Event()

    def work(reporter: Reporter) -> str:
        if reporter.stopping.is_set():
            told.set()
        return ""

    register.wait(register.begin("resize", "resize", "api", work, done_already=True).id, WAIT_SECONDS)

    assert told.is_set()
