"""What a person decides, on the real engine: an instance ended, traffic taken and given, a group judged."""

import pytest

from reconciler.plan.status import Phase
from tests.support.loop_process import LoopProcess
from tests.support.spec_text import spec

pytestmark = [pytest.mark.engine, pytest.mark.timeout(120)]

JUDGED = "strategy: red-black, bake: 0s, red-black: {keep: 60s, judged: true}"


def version(number: int) -> str:
    return f"environment: {{VERSION: '{number}'}}"


def serving(loop: LoopProcess, name: str) -> list[str]:
    """The revisions of those to which the cluster's name leads, by the server's own answer."""
    return sorted(row.revision for row in loop.client.lookup(f"{name}.{loop.env}.docker").rows if row.answers)


def phase(loop: LoopProcess, name: str) -> Phase | None:
    row = loop.cluster(name)
    return row.rollout.phase if row is not None and row.rollout is not None else None


def test_a_terminated_instance_is_replaced_under_its_number_and_nobody_else_is_touched(loop: LoopProcess) -> None:
    loop.follow("ended", spec(2), 2)
    loop.until_settled()
    before = loop.containers("ended")
    ran = loop.cli("terminate", "ended-1", "--why", "it leaks", "--wait")
    assert ran.code == 0, ran.err
    after = loop.containers("ended")
    first, second = f"{loop.env}-ended-1", f"{loop.env}-ended-2"
    assert after.keys() == before.keys() == {first, second}
    assert after[second] == before[second]
    assert after[first] != before[first]
    done = [(e.kind, e.cause) for e in loop.events("ended") if e.subject == "ended-1" and "terminated" in e.cause]
    cause = "terminated by a person: it leaks"
    assert done == [("withdraw", cause), ("terminate", cause), ("remove", cause)]
    assert loop.plan().code == 0


def test_where_nothing_would_take_its_place_nobody_is_terminated(loop: LoopProcess) -> None:
    loop.follow("alone", spec(1), 1)
    assert loop.cli("suspend", "alone").code == 0
    loop.until(lambda: loop.condition("alone", "Suspended").startswith("True"), what="it is suspended")
    ran = loop.cli("terminate", "alone-1")
    assert (ran.code, "reconciler resume alone" in ran.err) == (1, True)
    assert loop.cli("terminate", "alone-7").code == 1
    assert loop.cli("terminate", "alone").code == 64
    assert loop.numbers("alone") == [1]


def test_traffic_is_taken_from_a_cluster_that_runs_on_and_given_back(loop: LoopProcess) -> None:
    loop.follow("shut", spec(2), 2)
    loop.until(lambda: len(serving(loop, "shut")) == 2, what="both are served")
    before = loop.containers("shut")
    loop.save("shut", spec(2) + "traffic: false\n")
    loop.until(lambda: serving(loop, "shut") == [], what="nobody is served")
    row = loop.cluster("shut")
    assert row is not None
    assert (row.traffic, row.ready, row.all_ready) == (False, 2, True)
    assert loop.condition("shut", "NoTraffic").startswith("True SpecSaysSo")
    assert [r.answers for r in loop.client.lookup(f"shut1.shut.{loop.env}.docker").rows] == [True]
    assert "No traffic" in loop.cli("status", "shut").out
    loop.save("shut", spec(2))
    loop.until(lambda: len(serving(loop, "shut")) == 2, what="both are served again")
    assert loop.containers("shut") == before


def test_a_judged_group_waits_for_a_word_and_goes_back_at_once(loop: LoopProcess) -> None:
    loop.follow("court", spec(2, version(1), rollout=JUDGED), 2)
    loop.until_settled()
    file = loop.save("court", spec(2, version(2), rollout=JUDGED))
    waited = loop.cli("rollout", "status", "court", "--wait", "--timeout", "40s")
    assert (waited.code, "reconciler rollout promote court" in waited.err) == (3, True), waited.err
    assert phase(loop, "court") is Phase.JUDGING
    assert serving(loop, "court") == ["v000", "v000"]
    assert loop.cli("rollout", "promote", "court").out == "court: v001 gets the traffic\n"
    loop.until(lambda: serving(loop, "court") == ["v001", "v001"], what="the traffic has moved")
    assert "promoted: v001" in file.read_text()
    assert len(loop.containers("court")) == 4
    assert loop.cli("rollout", "undo", "court").code == 0
    loop.until(lambda: serving(loop, "court") == ["v000", "v000"], what="the traffic is back")
