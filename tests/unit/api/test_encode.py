"""The stable JSON shapes: scripts read them, so keys are only ever added."""

import json
from dataclasses import replace

from reconciler.api.decode import event, status
from reconciler.api.encode import event_dict, rfc3339, status_dict
from reconciler.errors import Problem
from reconciler.plan.status import ClusterStatus, Condition, InstanceStatus, Verdict, WorldStatus
from reconciler.state.event import Event
from reconciler.state.faults import FaultSeen


def world() -> WorldStatus:
    condition = Condition(type="Ready", status="False", reason="Starting", last_transition_time=1.5)
    instance = InstanceStatus(
        name="webapp1", number=1, zone="az1", container="dev-webapp-1", id="c", phase="running",
        verdict=Verdict.STARTING, heartbeat_age=None, revision="v000", address=None,
    )  # fmt: skip
    problem = Problem(file="webapp.yaml", line=1, column=2, path="", problem="torn", fix="mend it")
    cluster = ClusterStatus(
        name="webapp", desired=1, current=1, updated=1, ready=0, available=0, revision="v000", zones=("az1",),
        generation=1, conditions=(condition,), instances=(instance,), problems=(problem,),
    )  # fmt: skip
    return WorldStatus(environment="dev", domain="docker", clusters=(cluster,))


def test_status_has_every_documented_key() -> None:
    data = json.loads(json.dumps(status_dict(world())))
    cluster = data["clusters"][0]
    assert data["loop"] == {"running": False, "pid": None, "specs": ""}
    assert {"environment", "loop", "held", "clusters"} <= data.keys()
    counts = {"name", "desired", "current", "updated", "ready", "available"}
    assert counts | {"revision", "error", "conditions", "instances"} <= cluster.keys()
    instance = {"name", "number", "zone", "container", "phase", "verdict"}
    assert instance | {"heartbeat_age", "revision", "address"} <= cluster["instances"][0].keys()
    assert cluster["error"] == "webapp.yaml:1:2: torn; mend it"


def test_faults_and_who_may_be_hit_come_back_as_they_were() -> None:
    fault = FaultSeen(
        id="k3f9", kind="split-brain", says="split-brain halves", until=12.5, instances=("web-1", "web-2"),
        leftover=False,
    )  # fmt: skip
    given = replace(world(), faults=(fault,))
    up = tuple(replace(one, since=1700000000.0) for one in given.clusters[0].instances)
    given = replace(given, clusters=(replace(given.clusters[0], chaos=True, traffic=False, instances=up),))
    data = json.loads(json.dumps(status_dict(given)))
    assert status(data).faults == (fault,)
    assert status(data).clusters[0].chaos
    assert not status(data).clusters[0].traffic
    assert {one.since for one in status(data).clusters[0].instances} == {1700000000.0}
    assert data["faults"][0]["instances"] == ["web-1", "web-2"]


def test_conditions_have_the_keys_of_kubernetes() -> None:
    assert status_dict(world())["clusters"][0]["conditions"] == [
        {
            "type": "Ready",
            "status": "False",
            "reason": "Starting",
            "message": "",
            "observedGeneration": 0,
            "lastTransitionTime": "1970-01-01T00:00:01.500Z",
        }
    ]


def test_an_instant_that_never_was_is_null() -> None:
    assert rfc3339(0.0) is None


def test_an_event_comes_back_as_it_was() -> None:
    given = Event(at=12.25, cluster="a", kind="spec", subject="a.yaml", cause="x", result="note", id=9)
    assert event(event_dict(given)) == given
