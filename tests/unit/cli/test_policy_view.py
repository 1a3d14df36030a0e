"""What policies see: who takes part, who may be hit, and everything that is wrong."""

from dataclasses import replace

import pytest

from reconciler.cli.policy_view import has_policies, view
from reconciler.errors import Problem
from reconciler.plan.status import ClusterStatus, Verdict, WorldStatus
from reconciler.spec.chaos import Chaos, MonkeyPolicy
from reconciler.spec.cluster import ClusterSpec
from reconciler.spec.wanted import Wanted, WantedWorld
from reconciler.state.zones import ClosedZone
from tests.unit.console import worlds

POLICY = MonkeyPolicy(mean_time_seconds=60.0)
PROBLEM = Problem(file="web.yaml", line=1, column=1, path="", problem="torn", fix="mend it")


def wanted(name: str = "web", chaos: Chaos | None = None, **changes: object) -> Wanted:
    spec = ClusterSpec(name=name, image="a", size=3, chaos=chaos, **changes)  # type: ignore[arg-type]
    return Wanted(name=name, spec=spec)


def world_of(*those: Wanted) -> WantedWorld:
    return WantedWorld(clusters={one.name: one for one in those})


WORLD = world_of(wanted(chaos=Chaos(enabled=True, monkey=POLICY)), wanted("auth"))
HEALTHY = worlds.world(worlds.cluster("web", 3), worlds.cluster("auth", 2))


@pytest.mark.parametrize(
    ("chaos", "members"),
    [
        (None, 0),
        (Chaos(enabled=True), 0),
        (Chaos(enabled=False, monkey=POLICY), 0),
        (Chaos(enabled=True, monkey=POLICY), 1),
    ],
)
def test_only_who_opted_in_and_has_a_policy_takes_part(chaos: Chaos | None, members: int) -> None:
    world = world_of(wanted(chaos=chaos))
    assert len(view(world, HEALTHY).members) == members
    assert has_policies(world) is bool(members)


def test_only_the_ready_ones_may_be_hit() -> None:
    instances = (worlds.instance("web", 1), worlds.instance("web", 2, Verdict.SUSPECT), worlds.instance("web", 3))
    (member,) = view(WORLD, worlds.world(worlds.cluster("web", 3, instances=instances))).members
    assert [(one.name, one.zone) for one in member.candidates] == [("web-1", "az1"), ("web-3", "az3")]


def test_a_suspended_cluster_and_one_whose_file_is_broken_are_left_alone() -> None:
    chaos = Chaos(enabled=True, monkey=POLICY)
    (suspended,) = view(world_of(wanted(chaos=chaos, suspend=True)), HEALTHY).members
    assert suspended.off == "the cluster is suspended"
    (broken,) = view(world_of(replace(wanted(chaos=chaos), problems=(PROBLEM,))), HEALTHY).members
    assert broken.off


def test_nothing_is_wrong_with_a_healthy_environment() -> None:
    assert view(WORLD, HEALTHY).troubles == {}


def not_ready(row: ClusterStatus) -> ClusterStatus:
    return replace(row, conditions=(worlds.condition("Ready", "False", "NotAllReady", "2 of 3 are ready"),))


TROUBLES: dict[str, tuple[WorldStatus, str]] = {
    "engine": (replace(HEALTHY, engine_problem="it does not answer"), "it does not answer"),
    "channel": (replace(HEALTHY, channel_problem="3 fell silent together"), "3 fell silent together"),
    "names": (replace(HEALTHY, names_problem="nobody answers"), "nobody answers"),
    "held": (replace(HEALTHY, held=("9 files are gone",)), "9 files are gone"),
    "file web.yaml": (replace(HEALTHY, problems=(PROBLEM,)), "web.yaml:1:1: torn; mend it"),
    "fault k3f9": (
        replace(HEALTHY, faults=worlds.broken_on_purpose().faults[:1]),
        "fault k3f9 is in force (split-brain halves az1 | az2,az3)",
    ),
    "zone az1": (replace(HEALTHY, closed_zones=(ClosedZone(zone="az1", since=0.0),)), "zone az1 is closed"),
    "cluster auth": (
        worlds.world(HEALTHY.clusters[0], not_ready(HEALTHY.clusters[1])),
        "auth: 2 of 3 are ready",
    ),
    "cluster web": (
        worlds.world(replace(HEALTHY.clusters[0], available=2), HEALTHY.clusters[1]),
        "web: 2 of 3 are available",
    ),
}


@pytest.mark.parametrize(("word", "sample"), TROUBLES.items(), ids=TROUBLES)
def test_whatever_is_wrong_is_seen(word: str, sample: tuple[WorldStatus, str]) -> None:
    status, sentence = sample
    assert view(WORLD, status).troubles == {word: sentence}


def test_an_old_status_is_wrong_itself() -> None:
    assert view(WORLD, HEALTHY, "the loop has not looked for 60 s").troubles == {
        "stale": "the loop has not looked for 60 s"
    }
