"""Sizes that follow a metric: single steps, and whole stories by a load that the instances share."""

import math
import random
from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reconciler.plan.report import cluster_status
from reconciler.plan.scaling import GAP_SECONDS, TOLERANCE, YOUNG_SECONDS
from reconciler.spec.cluster import Autoscale, ClusterSpec, Resources, Rollout
from reconciler.state.beats import Beat, Gauge
from reconciler.state.instance import EngineState
from reconciler.state.observed import Channel, Observed
from reconciler.state.revisions import Version
from reconciler.state.rollouts import RolloutState
from reconciler.state.scales import Scale
from tests.unit.plan.builders import (
    IMAGE,
    NOW,
    look,
    make_instance,
    make_observed,
    make_settled,
    make_spec,
    make_wanted,
    sight,
)

AUTO = Autoscale(min=1, max=12, metric="requests", target=50.0, cooldown_out_seconds=30.0, cooldown_in_seconds=60.0)
LONG_AGO = NOW - 1000.0


def scaled_spec(size: int = 2, **changes: object) -> ClusterSpec:
    auto = replace(AUTO, **changes)  # type: ignore[arg-type]
    return make_spec(size=size, autoscale=auto)


def served(spec: ClusterSpec, *requests: float | None, **changes: object) -> Observed:
    """As many ready instances, each telling so many requests a second (None: no figure)."""
    settled = make_settled(spec, len(requests))
    beats = {
        f"{spec.name}-{number}": Beat(at=NOW - 0.5, cpu=0.4, metrics={} if told is None else {"requests": told})
        for number, told in enumerate(requests, 1)
    }
    return replace(settled, beats=beats, **changes)  # type: ignore[arg-type]


def running(spec: ClusterSpec, size: int, **changes: object) -> dict[str, Scale]:
    """A scale that has stood at `size` for long, and has been asked for no more."""
    base = Scale(size=size, file_size=spec.size, recommended=((NOW - 1.0, 1),))
    return {spec.name: replace(base, **changes)}  # type: ignore[arg-type]


def find(spec: ClusterSpec, at: Observed, now: float = NOW) -> Scale:
    decision = look(spec, at=at, now=now)
    in_force = decision.world.clusters[spec.name].spec
    assert in_force is not None
    assert in_force.size == decision.scales[spec.name].size
    return decision.scales[spec.name]


def test_more_load_than_the_target_asks_for_more_instances_and_says_why() -> None:
    spec = scaled_spec()
    found = find(spec, served(spec, 84.0, 84.0, scales=running(spec, 2)))
    assert (found.size, found.reason) == (4, "requests 84 per instance, target 50: 2 -> 4")
    assert (found.value, found.hold, found.out_at) == (84.0, "", NOW)


def test_a_bound_that_ends_it_is_said() -> None:
    spec = scaled_spec(max=3)
    assert find(spec, served(spec, 84.0, 84.0, scales=running(spec, 2))).reason.endswith(": 2 -> 3 (max)")


def test_the_plan_makes_what_scaling_asks_for() -> None:
    spec = scaled_spec()
    plan = look(spec, at=served(spec, 84.0, 84.0, scales=running(spec, 2))).plans[0]
    assert [action.kind for action in plan.actions] == ["create", "create"]


def test_what_scaling_has_made_is_no_drift() -> None:
    spec = scaled_spec()
    assert look(spec, at=served(spec, *[50.0] * 5, scales=running(spec, 5))).plans[0].quiet


@pytest.mark.parametrize("requests", [46.0, 50.0, 54.0])
def test_near_the_target_nothing_changes(requests: float) -> None:
    spec = scaled_spec()
    assert find(spec, served(spec, *[requests] * 4, scales=running(spec, 4))).size == 4


def test_less_load_takes_instances_away_when_it_has_lasted() -> None:
    spec = scaled_spec()
    asked = ((NOW - 59.0, 3), (NOW - 1.0, 1))
    assert find(spec, served(spec, *[10.0] * 5, scales=running(spec, 5, recommended=asked))).size == 3
    assert find(spec, served(spec, *[10.0] * 5, scales=running(spec, 5))).size == 1


def test_neither_way_is_gone_before_its_cooldown() -> None:
    spec = scaled_spec()
    out = served(spec, 90.0, 90.0)
    for at, size in ((NOW - 29.0, 2), (NOW - 30.0, 4)):
        assert find(spec, replace(out, scales=running(spec, 2, out_at=at))).size == size
    assert find(spec, replace(out, scales=running(spec, 2, in_at=NOW - 1.0))).size == 4
    low = served(spec, 5.0, 5.0, 5.0)
    for change in ("in_at", "out_at"):
        for at, size in ((NOW - 59.0, 3), (NOW - 60.0, 1)):
            assert find(spec, replace(low, scales=running(spec, 3, **{change: at}))).size == size


def test_a_step_out_doubles_at_most_or_adds_four() -> None:
    spec = scaled_spec(max=100)
    assert find(spec, served(spec, 5000.0, 5000.0, scales=running(spec, 2))).size == 6
    assert find(spec, served(spec, *[5000.0] * 8, scales=running(spec, 8))).size == 16


def test_at_its_end_it_says_what_it_would_need() -> None:
    spec = scaled_spec(max=3)
    found = find(spec, served(spec, *[100.0] * 3, scales=running(spec, 3)))
    assert (found.size, found.hold, found.hold_reason) == (3, "6 are wanted, max is 3", "AtMax")


def test_bounds_that_are_edited_hold_at_once() -> None:
    spec = scaled_spec(min=4)
    found = find(spec, served(spec, 1.0, 1.0, scales=running(spec, 2, out_at=NOW)))
    assert (found.size, found.reason) == (4, "min is 4: 2 -> 4")
    spec = scaled_spec(max=3)
    found = find(spec, served(spec, *[80.0] * 5, scales=running(spec, 5, in_at=NOW)))
    assert (found.size, found.reason) == (3, "max is 3: 5 -> 3")


def test_those_that_tell_nothing_yet_have_no_load_where_it_is_about_more() -> None:
    """Else the two that are being made would be asked for again."""
    spec = scaled_spec()
    assert find(spec, served(spec, 90.0, 90.0, scales=running(spec, 4))).size == 4
    young = sight(sight(served(spec, 90.0, 90.0, 90.0, 90.0), "web-3", ready_since=NOW - 1), "web-4", ready_since=NOW)
    assert find(spec, replace(young, scales=running(spec, 4))).size == 4


def test_those_that_tell_nothing_have_the_targets_load_where_it_is_about_fewer() -> None:
    spec = scaled_spec()
    assert find(spec, served(spec, 40.0, None, None, None, scales=running(spec, 4))).size == 4
    assert find(spec, served(spec, 0.0, 0.0, None, None, scales=running(spec, 4))).size == 2


def test_who_has_just_become_ready_tells_of_its_start() -> None:
    spec = scaled_spec(size=1)
    fresh = sight(served(spec, 500.0, scales=running(spec, 1)), "web-1", ready_since=NOW - YOUNG_SECONDS + 0.1)
    found = find(spec, fresh)
    assert (found.size, found.hold_reason, found.value) == (1, "NoneReady", None)


def test_whose_name_leads_nowhere_has_no_share_of_the_load() -> None:
    """The new group of a red-black rollout before traffic moves."""
    spec = scaled_spec()
    observed = served(spec, 80.0, 80.0, 0.0, 0.0, scales=running(spec, 2))
    names = {key: replace(record, ready=key in ("web-1", "web-2")) for key, record in observed.names.items()}
    assert find(spec, replace(observed, names=names)).value == 80.0


def test_a_metric_that_nobody_tells_changes_nothing_and_is_said() -> None:
    spec = scaled_spec()
    observed = served(spec, None, None, None, scales=running(spec, 3))
    found = find(spec, observed)
    assert (found.size, found.value, found.hold_reason) == (3, None, "MetricMissing")
    assert found.hold == "no instance tells requests: its main process has to write it to the metrics file"
    decision = look(spec, at=observed)
    seen = replace(observed, scales=decision.scales)
    status = cluster_status(make_wanted(spec), decision.plans[0], seen, decision.judgements, now=NOW)
    (condition,) = [one for one in status.conditions if one.type == "Scaling"]
    assert (condition.status, condition.reason, condition.message) == ("False", "MetricMissing", found.hold)
    assert status.scale is not None
    assert (status.scale.size, status.scale.min, status.scale.max, status.scale.hold) == (3, 1, 12, found.hold)


def test_after_the_metric_came_back_nobody_is_taken_away_for_a_while() -> None:
    spec = scaled_spec()
    lost = find(spec, served(spec, None, None, None, scales=running(spec, 3)))
    assert find(spec, served(spec, 0.0, 0.0, 0.0, scales={"web": lost})).size == 3


def test_after_nobody_looked_for_long_nobody_is_taken_away_on_one_figure() -> None:
    spec = scaled_spec(cooldown_in_seconds=20.0)
    at = NOW - GAP_SECONDS - 10.0
    assert find(spec, served(spec, 0.0, 0.0, scales=running(spec, 2, recommended=((at, 1),)))).size == 2


@pytest.mark.parametrize(
    ("metric", "resources", "expected"),
    [
        ("requests", Resources(), "its image has no agent, so only cpu and memory are known of it"),
        ("load", Resources(), "its image has no agent"),
        ("memory", Resources(), "memory is a part of `resources.memory`, which its spec doesn't say"),
        ("cpu", Resources(), "nothing is known of cpu now"),
    ],
)
def test_an_image_without_agent_says_what_can_be_known_of_it(metric: str, resources: Resources, expected: str) -> None:
    spec = replace(scaled_spec(metric=metric), resources=resources)
    plain = make_instance(spec, 1, has_agent=False)
    found = find(spec, make_observed(spec, plain, beats={}, scales=running(spec, 1)))
    assert (found.hold_reason, expected in found.hold) == ("MetricMissing", True)


def test_the_engines_figures_are_percent_of_the_limits() -> None:
    resources = Resources(cpus=0.5, memory_bytes=1000)
    for metric, expected in (("cpu", 80.0), ("memory", 70.0)):
        spec = replace(scaled_spec(metric=metric, target=60.0, size=1), resources=resources)
        plain = make_instance(spec, 1, has_agent=False)
        gauges = {"web-1": Gauge(at=NOW - 1.0, cpu=0.4, memory_bytes=700)}
        found = find(spec, make_observed(spec, plain, beats={}, gauges=gauges, scales=running(spec, 1)))
        assert found.value == pytest.approx(expected)
        assert found.size == 2
        assert found.reason.startswith(f"{metric} {expected:g} % per instance, target 60 %")


def test_figures_of_long_ago_are_none() -> None:
    spec = scaled_spec(metric="cpu", size=1)
    plain = make_instance(spec, 1, has_agent=False)
    gauges = {"web-1": Gauge(at=NOW - 16.0, cpu=4.0, memory_bytes=1)}
    found = find(spec, make_observed(spec, plain, beats={}, gauges=gauges, scales=running(spec, 1)))
    assert (found.size, found.hold_reason) == (1, "MetricMissing")


def test_it_begins_with_the_files_size_and_an_edit_of_it_begins_anew() -> None:
    spec = scaled_spec(size=3)
    first = find(spec, make_observed(spec))
    assert (first.size, first.reason) == (3, "its file says 3")
    edited = scaled_spec(size=5)
    found = find(edited, served(edited, *[50.0] * 2, scales=running(spec, 2, out_at=NOW)))
    assert (found.size, found.reason, found.out_at) == (5, "its file says 5", None)


def test_a_new_loop_goes_on_with_as_many_as_were_there() -> None:
    spec = scaled_spec()
    found = find(spec, served(spec, *[10.0] * 7))
    assert (found.size, found.reason) == (7, "7 were there")
    assert find(replace(spec, autoscale=replace(AUTO, max=5)), served(spec, *[10.0] * 7)).size == 5
    dead = make_instance(spec, 3, state=EngineState.EXITED, exit_code=137)
    assert find(spec, make_observed(spec, make_instance(spec, 1), make_instance(spec, 2), dead)).size == 3


def test_a_loop_killed_in_the_middle_of_a_push_takes_no_healthy_one_away() -> None:
    spec = scaled_spec()
    old = [make_instance(spec, number, spec_hash="old") for number in (1, 2, 3)]
    new = [make_instance(spec, number) for number in (4, 5)]
    for strategy in ("rolling", "canary"):
        pushed = replace(spec, rollout=Rollout(strategy=strategy))
        seen = make_observed(pushed, *old, new[0])
        assert find(pushed, seen).size == 4  # perhaps one too many, never one too few
        to = Version(revision="v001", spec_hash=pushed.spec_hash(), image_id=IMAGE.id)
        for size in (3, 4):
            assert find(pushed, replace(seen, rollouts={"web": RolloutState(to=to, size=size)})).size == size
        assert find(pushed, replace(seen, rollouts={"web": RolloutState(to=to, size=3, done=True)})).size == 4
    switching = replace(spec, rollout=Rollout(strategy="red-black"))
    assert find(switching, make_observed(switching, *old, *new)).size == 3


@pytest.mark.parametrize(
    ("strategy", "promoted", "size"),
    [("red-black", False, 4), ("canary", False, 4), ("canary", True, 1), ("rolling", False, 1)],
)
def test_nobody_is_taken_away_while_traffic_is_between_two_groups(strategy: str, promoted: bool, size: int) -> None:
    spec = replace(scaled_spec(), rollout=Rollout(strategy=strategy))  # type: ignore[arg-type]
    version = Version(revision="v000", spec_hash=spec.spec_hash(), image_id=IMAGE.id)
    observed = served(spec, *[1.0] * 4, scales=running(spec, 4))
    observed = replace(observed, rollouts={"web": RolloutState(to=version, promoted=promoted)})
    assert find(spec, observed).size == size
    rest = {"web": RolloutState(to=version, promoted=promoted, done=True)}
    assert find(spec, replace(observed, rollouts=rest)).size == 1


def test_blind_or_suspended_nothing_changes() -> None:
    spec = scaled_spec()
    observed = served(spec, 90.0, 90.0, scales=running(spec, 2))
    blind = replace(observed, channel=Channel(since=0.0, blind_since=NOW - 5.0, reason="many silent"))
    beats = {key: replace(beat, at=NOW - 20.0) for key, beat in observed.beats.items()}
    assert find(spec, replace(blind, beats=beats)).size == 2
    found = find(replace(spec, suspend=True), observed)
    assert (found.size, found.hold_reason) == (2, "Suspended")


def test_a_cluster_that_asks_for_it_no_more_has_its_files_size_again() -> None:
    spec = make_spec(size=2)
    decision = look(spec, at=make_settled(spec, 2, scales=running(spec, 5)))
    assert (decision.scales, decision.plans[0].quiet) == ({}, True)


def test_a_mistake_in_finding_a_size_leaves_it(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr("reconciler.plan.sizes.scale", fail)
    spec = scaled_spec()
    found = find(spec, served(spec, 90.0, 90.0, scales=running(spec, 2)))
    assert (found.size, found.hold_reason) == (2, "ReconcilerBug")


class Story:
    """A cluster under load, second by second: who is made is ready after three seconds and takes its share then."""

    def __init__(self, auto: Autoscale, size: int, seed: int, noise: float) -> None:
        self.spec = make_spec(size=size, autoscale=auto)
        self.chance, self.noise = random.Random(seed), noise
        self.now = NOW
        self.ready_since = [LONG_AGO] * size
        self.scales: dict[str, Scale] = {}
        self.sizes: list[int] = []

    def observed(self, load: float) -> Observed:
        ready = [n for n, since in enumerate(self.ready_since, 1) if since <= self.now]
        share = load / max(1, len(ready))
        base = make_observed(self.spec, *(make_instance(self.spec, n) for n in ready), scales=self.scales)
        beats, sightings = {}, {}
        for n in ready:
            told = share * (1.0 + self.chance.uniform(-self.noise, self.noise))
            beats[f"web-{n}"] = Beat(at=self.now - 0.5, metrics={"requests": told})
            sightings[f"web-{n}"] = replace(base.sightings[f"web-{n}"], ready_since=self.ready_since[n - 1])
        return replace(base, beats=beats, sightings=sightings)

    def run(self, seconds: int, load: float) -> None:
        for _ in range(seconds):
            found = find(self.spec, self.observed(load), self.now)
            self.scales = {"web": found}
            self.sizes.append(found.size)
            del self.ready_since[found.size :]
            self.ready_since += [self.now + 3.0] * (found.size - len(self.ready_since))
            self.now += 1.0


loads = st.floats(0.0, 900.0)
cooldowns = st.integers(10, 40).map(float)


@settings(max_examples=15, deadline=None)
@given(load=loads, first=loads, size=st.integers(1, 12), out=cooldowns, low=st.integers(1, 3), seed=st.integers(0, 99))
def test_a_steady_load_is_met_and_then_nothing_changes(
    load: float, first: float, size: int, out: float, low: int, seed: int
) -> None:
    auto = replace(AUTO, min=low, max=12, cooldown_out_seconds=out, cooldown_in_seconds=40.0)
    story = Story(auto, max(low, size), seed, noise=0.08)
    story.run(60, first)
    story.run(4 * 40 + 60, load)
    met = story.sizes[-1]
    least = math.ceil(load * (1.0 - TOLERANCE) / (auto.target * (1.0 + TOLERANCE)) - 1e-6)
    most = math.ceil(load * 1.08 / auto.target + 1e-6)
    assert min(12, max(low, least)) <= met <= max(low, most, 1)
    story.run(150, load)
    assert set(story.sizes[-150:]) == {met}
    assert all(low <= one <= 12 for one in story.sizes)


@settings(max_examples=15, deadline=None)
@given(
    changes=st.lists(loads, min_size=1, max_size=5), out=cooldowns, into=cooldowns, size=st.integers(1, 12),
    seed=st.integers(0, 99),
)  # fmt: skip
def test_whatever_the_load_does_cooldowns_steps_and_bounds_are_kept(
    changes: list[float], out: float, into: float, size: int, seed: int
) -> None:
    auto = replace(AUTO, cooldown_out_seconds=out, cooldown_in_seconds=into)
    story = Story(auto, size, seed, noise=0.5)
    for load in changes:
        story.run(30, load)
    outs = [n for n in range(1, len(story.sizes)) if story.sizes[n] > story.sizes[n - 1]]
    ins = [n for n in range(1, len(story.sizes)) if story.sizes[n] < story.sizes[n - 1]]
    assert all(1 <= one <= 12 for one in story.sizes)
    assert all(later - sooner >= out for sooner, later in pairwise(outs))
    assert all(n - other >= into for n in ins for other in outs + ins if other < n)
    assert all(story.sizes[n] <= max(2 * story.sizes[n - 1], story.sizes[n - 1] + 4) for n in outs)


@settings(max_examples=10, deadline=None)
@given(load=loads, seconds=st.integers(1, 80), seed=st.integers(0, 9))
def test_a_restart_of_the_loop_keeps_the_size(load: float, seconds: int, seed: int) -> None:
    story = Story(AUTO, 3, seed, noise=0.08)
    story.run(seconds, load)
    story.ready_since = [LONG_AGO] * len(story.ready_since)
    kept, story.scales = story.sizes[-1], {}
    story.run(int(AUTO.cooldown_in_seconds), load / 100.0)
    assert set(story.sizes[seconds:]) == {kept}
