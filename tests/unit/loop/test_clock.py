"""Attended time stands still while nobody looked."""

from reconciler.loop.clock import AttendedClock


def test_time_goes_on_while_somebody_looks() -> None:
    instants = iter([100.0, 100.5, 101.2, 102.0])
    clock = AttendedClock(lambda: next(instants))
    assert [round(clock(), 3) for _ in range(3)] == [100.5, 101.2, 102.0]
    assert clock.absent_seconds == 0.0


def test_a_gap_is_left_out_however_long_it_was() -> None:
    instants = iter([100.0, 100.5, 160.5, 161.0])
    clock = AttendedClock(lambda: next(instants))
    assert [round(clock(), 3) for _ in range(3)] == [100.5, 100.5, 101.0]
    assert clock.absent_seconds == 60.0


def test_it_never_goes_back() -> None:
    instants = iter([5.0, 5.1, 9.0, 9.1, 30.0, 30.9, 31.8])
    clock = AttendedClock(lambda: next(instants))
    read = [clock() for _ in range(6)]
    assert read == sorted(read)


def test_its_thread_looks_often_enough_and_ends() -> None:
    clock = AttendedClock()
    clock.start()
    clock.stop()
    assert clock() >= 0.0
