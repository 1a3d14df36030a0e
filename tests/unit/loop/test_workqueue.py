"""The queue: a set of names with timers."""

import threading

from reconciler.loop.workqueue import ALL, WorkQueue


def names(*due: str) -> tuple[frozenset[str], frozenset[str]]:
    return frozenset(due), frozenset()


class Time:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def test_a_name_added_twice_is_looked_at_once() -> None:
    queue = WorkQueue()
    queue.add("web")
    queue.add("web")
    queue.add()
    assert queue.take() == names("web", ALL)


def test_the_earlier_of_two_timers_wins_and_a_ripe_one_is_not_due() -> None:
    time = Time()
    queue = WorkQueue(time)
    queue.add_after("web", 5.0)
    queue.add_after("web", 2.0)
    queue.add_after("web", 9.0)
    time.now = 2.0
    assert queue.take() == (frozenset(), frozenset({"web"}))
    queue.close()
    assert queue.take() == names()


def test_a_name_that_is_looked_at_needs_its_timer_no_more() -> None:
    time = Time()
    queue = WorkQueue(time)
    queue.add_after("web", 5.0)
    queue.add("web")
    queue.take()
    time.now = 6.0
    queue.add("other")
    assert queue.take() == names("other")


def test_whoever_waits_is_woken_by_a_name_by_an_earlier_timer_and_by_the_end() -> None:
    queue = WorkQueue()
    taken: list[tuple[frozenset[str], frozenset[str]]] = []
    finished = threading.Event()

    def take() -> None:
        while not finished.is_set():
            taken.append(queue.take())
            if taken[-1] == (frozenset(), frozenset()):
                finished.set()

    thread = threading.Thread(target=take)
    thread.start()
    queue.add_after("late", 3600.0)
    queue.add_after("soon", 0.01)
    queue.add("now")
    queue.close()
    thread.join(5)
    assert finished.is_set()
    assert taken[-1] == (frozenset(), frozenset())
