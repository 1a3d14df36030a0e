"""Recoveries: ready ones fell below what is wanted, and came back."""

from reconciler.console.web.recoveries import Recovery, recoveries
from reconciler.console.web.samples import Sample
from reconciler.state.event import Event


def samples(ready: str, desired: str = "") -> list[Sample]:
    """One every two seconds; a digit each."""
    wanted = desired or "4" * len(ready)
    return [
        Sample(at=2.0 * n, desired=int(w), ready=int(r)) for n, (r, w) in enumerate(zip(ready, wanted, strict=True))
    ]


def test_a_dip_is_a_recovery_with_its_seconds() -> None:
    (found,) = recoveries(samples("44233444"))

    assert found == Recovery(began_at=4.0, ended_at=10.0, lowest=2, desired=4)
    assert found.seconds(now=100.0) == 6.0


def test_one_that_lasts_has_no_end_yet() -> None:
    (found,) = recoveries(samples("4433"))

    assert found.ended_at is None
    assert found.seconds(now=9.0) == 5.0


def test_growing_is_no_recovery() -> None:
    assert recoveries(samples("222344", desired="224444")) == ()


def test_shrinking_is_no_recovery() -> None:
    assert recoveries(samples("4432", desired="4422")) == ()


def test_each_dip_is_one() -> None:
    assert [one.lowest for one in recoveries(samples("4344244"))] == [3, 2]


def test_events_tell_its_cause_and_its_moments() -> None:
    events = [
        Event(at=3.0, cluster="web", kind="spec", subject="web", cause="read"),
        Event(at=3.5, cluster="web", kind="withdraw", subject="web-2", cause="the engine told of its end"),
        Event(at=4.5, cluster="web", kind="create", subject="web-2", cause="died: exit 137"),
        Event(at=4.6, cluster="web", kind="publish", subject="web-2", cause="running"),
        Event(at=7.25, cluster="web", kind="publish", subject="web-2", cause="ready"),
        Event(at=90.0, cluster="web", kind="create", subject="web-3", cause="later"),
    ]

    (found,) = recoveries(samples("443344"), events)

    assert found.cause == "web-2: died: exit 137"
    assert (found.began_at, found.ended_at) == (3.5, 7.25)


def test_what_only_events_of_before_tell_is_not_its_cause() -> None:
    (found,) = recoveries(
        samples("4444444433444"), [Event(at=1.0, cluster="web", kind="create", subject="web-1", cause="size 4")]
    )

    assert (found.cause, found.began_at) == ("", 16.0)
