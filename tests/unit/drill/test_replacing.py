"""Who was replaced, and whether rightly: every reason that excuses it, and none for what was well."""

import pytest

from reconciler.drill.recording import ClusterSample, InstanceSample, Measured, Span, Victim, WorldSample
from reconciler.drill.replacing import Replacement, replacements
from reconciler.state.event import Event


def world(at: float, id: str, *, ready: bool = True, dead: bool = False, problem: str = "") -> WorldSample:
    """web-1 in az1, with this container."""
    one = InstanceSample(number=1, id=id, zone="az1", ready=ready, dead=dead, revision="v000")
    clusters = (ClusterSample(name="web", desired=1, ready=int(ready), all_ready=ready, instances=(one,)),)
    return WorldSample(at=at, clusters=() if problem else clusters, problem=problem)


def event(at: float, kind: str, cause: str) -> Event:
    return Event(id=int(at * 10), at=at, cluster="web", kind=kind, subject="web-1", cause=cause)


def span(kind: str, instance: str = "web-1", id: str = "a", **more: object) -> Span:
    victims = (Victim(instance=instance, id=id, cluster="web", zone="az1"),)
    return Span(kind=kind, says=kind, holds=kind not in ("monkey", "gorilla"), victims=victims, begun_at=5.0, **more)  # type: ignore[arg-type]


def gone(**measured: object) -> Replacement:
    """What is said of container a, which b has replaced at 10."""
    seen = (world(0.0, "a"), world(10.0, "b", ready=False), world(12.0, "b"))
    given: dict[str, object] = {"worlds": seen, "began_at": 0.0, "ended_at": 30.0, **measured}
    (found,) = replacements(Measured(**given))  # type: ignore[arg-type]
    return found


CLOSING = span("gorilla", "web-9", "z", closes="az1")
LOST = event(10.0, "create", "lost: no heartbeat for 4 s")


@pytest.mark.parametrize(
    ("measured", "right"),
    [
        ({"spans": (span("monkey"),)}, "killed by this drill"),
        ({"events": (event(9.9, "create", "died: exit 1"),)}, "it had died by itself"),
        ({"worlds": (world(0.0, "a"), world(9.0, "a", dead=True), world(10.0, "b"))}, "it had died by itself"),
        ({"worlds": (world(0.0, "a", ready=False), world(10.0, "b")), "events": (LOST,)}, "it had never been ready"),
        ({"changes": ((4.0, "web"),), "events": (event(9.0, "withdraw", "outdated: v000 is not what the spec says"),)},
         "this drill changed its spec"),
        ({"changes": ((4.0, "web"),), "events": (event(9.0, "terminate", "surplus: 3 wanted"),)},
         "this drill changed its spec"),
        ({"spans": (CLOSING,), "events": (event(9.0, "terminate", "surplus: 1 wanted"),)},
         "this drill had closed a zone"),
        ({"spans": (span("freeze", ended_at=9.0),), "events": (LOST,)}, "this drill's freeze made it silent"),
        ({"spans": (span("agent", id="earlier"),), "events": (LOST,)}, "this drill's agent made it silent"),
    ],
)  # fmt: skip
def test_what_is_in_order_has_its_reason(measured: dict[str, object], right: str) -> None:
    assert gone(**measured).right == right


@pytest.mark.parametrize(
    "measured",
    [
        {},
        {"events": (LOST,)},
        {"spans": (span("split-brain"),), "events": (LOST,)},
        {"spans": (span("loss"),), "events": (LOST,)},
        {"spans": (span("monkey", "web-2", "x"),), "events": (LOST,)},
        {"spans": (span("freeze", "web-2", "x"),), "events": (LOST,)},
        {"changes": ((4.0, "auth"),), "events": (event(9.0, "terminate", "surplus: 3 wanted"),)},
        {"changes": ((4.0, "web"),), "events": (LOST,)},
        {"spans": (CLOSING,), "events": (LOST,)},
    ],
)
def test_what_was_well_is_excused_by_nothing(measured: dict[str, object]) -> None:
    assert gone(**measured).right == ""


def test_the_death_of_the_one_before_excuses_nothing() -> None:
    """Its creation tells of the end of its predecessor, whose number it has."""
    seen = (world(0.0, "x"), world(3.0, "a", ready=False), world(5.0, "a"), world(10.0, "b"))
    events = (event(3.5, "create", "died: exit 137"), LOST)
    found = replacements(Measured(began_at=0.0, ended_at=30.0, worlds=seen, events=events))
    assert [(one.id, one.cause, one.right) for one in found] == [
        ("x", "died: exit 137", "it had died by itself"),
        ("a", "lost: no heartbeat for 4 s", ""),
    ]


def test_who_could_not_be_seen_for_a_while_is_not_gone() -> None:
    seen = (world(0.0, "a"), world(5.0, "", problem="the engine does not answer"), world(9.0, "a"))
    assert replacements(Measured(began_at=0.0, ended_at=9.0, worlds=seen)) == ()


def test_a_loop_that_has_just_begun_and_knows_of_nobody_has_replaced_nobody() -> None:
    seen = (world(0.0, "a"), world(5.0, "", problem="no loop is running"), WorldSample(at=8.0), world(9.0, "a"))
    assert replacements(Measured(began_at=0.0, ended_at=9.0, worlds=seen)) == ()
    later = (*seen, world(20.0, "b"))
    (found,) = replacements(
        Measured(began_at=0.0, ended_at=30.0, worlds=later, events=(event(19.0, "create", "lost"),))
    )
    assert (found.id, found.gone_at, found.cause) == ("a", 20.0, "lost")
