"""What the loop does with faults made on purpose: it shows them and keeps what is told of them, and nothing else."""

from dataclasses import replace

from reconciler.state.faults import FaultSeen
from tests.loop.turning import Turning

SPEC = "image: base:1\nsize: 2\nchaos: {enabled: true, monkey: {mean_time: 1s, unleashed: true}}\n"
FAULT = FaultSeen(
    id="k3f9", kind="freeze", says="freeze web-1", until=2000.0, instances=("web-1",), leftover=False
)  # fmt: skip


def test_a_fault_is_shown_and_decides_nothing(turning: Turning) -> None:
    turning.save("web", SPEC)
    turning.start()
    turning.settle()
    turning.first = set(turning.ids().values())
    turning.loop._around = replace(turning.loop._around, faults=lambda: (FAULT,))
    turning.run_for(30.0)
    assert turning.status().faults == (FAULT,)
    assert turning.cluster("web").chaos
    assert turning.quiet()
    assert turning.lost() == set()


def test_what_chaos_says_that_it_did_is_an_event_and_outlives_the_process(turning: Turning) -> None:
    turning.save("web", SPEC)
    turning.start()
    turning.settle()
    turning.loop.note("web", "web-1", "terminated by hand")
    turning.restart()
    turning.settle()
    (event,) = [event for event in turning.loop.events(0, "web", 1000) if event.kind == "chaos"]
    assert (event.subject, event.cause, event.result) == ("web-1", "terminated by hand", "note")


def test_what_may_be_broken_changes_no_container(turning: Turning) -> None:
    turning.save("web", SPEC)
    turning.start()
    turning.settle()
    before = turning.ids()
    turning.save("web", "image: base:1\nsize: 2\n")
    turning.settle()
    assert turning.ids() == before
    assert not turning.cluster("web").chaos
    wanted = turning.loop.wanted().clusters["web"].spec
    assert wanted is not None
    assert wanted.chaos is None
