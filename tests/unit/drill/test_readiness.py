"""When a world counts as ready, and for how long it has to rest."""

from reconciler.drill.readiness import Rest


def test_a_rest_lasts_when_nothing_was_to_do_at_every_look_for_long_enough() -> None:
    rest = Rest(2.0)
    looks = [(True, 0.0), (True, 1.9), (False, 1.95), (True, 2.5), (True, 4.4), (True, 4.5)]
    assert [rest.lasts(at_rest, now) for at_rest, now in looks] == [False, False, False, False, False, True]


def test_a_rest_of_no_time_is_one_look() -> None:
    rest = Rest(0.0)
    assert [rest.lasts(at_rest, 1.0) for at_rest in (False, True)] == [False, True]
