"""A mistake of ours in deciding one cluster holds that cluster, and no other."""

import pytest

from reconciler.plan import reconcile as honestly
from reconciler.plan import rollouts
from reconciler.plan import world as deciding
from reconciler.plan.limits import Limits
from reconciler.plan.plan import Plan
from reconciler.plan.world import decide
from reconciler.spec.cluster import ClusterSpec
from reconciler.spec.wanted import Wanted, WantedWorld
from reconciler.state.image import Image
from reconciler.state.observed import Channel, Observed


def test_a_bug_met_in_one_cluster_delays_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    honest = honestly.reconcile

    def buggy(wanted: Wanted, observed: Observed, *rest: object, **more: object) -> Plan:
        if wanted.name == "bad":
            raise ZeroDivisionError("by nothing")
        return honest(wanted, observed, *rest, **more)  # type: ignore[arg-type]  # handed on as they came

    monkeypatch.setattr(deciding, "reconcile", buggy)
    _expect_only_bad_held()


def test_a_bug_met_in_one_rollout_delays_no_other_cluster(monkeypatch: pytest.MonkeyPatch) -> None:
    honest = rollouts.advance

    def buggy(wanted: Wanted, *rest: object, **more: object) -> object:
        if wanted.name == "bad":
            raise ZeroDivisionError("by nothing")
        return honest(wanted, *rest, **more)  # type: ignore[arg-type]  # handed on as they came

    monkeypatch.setattr("reconciler.plan.in_force.advance", buggy)
    _expect_only_bad_held()


def _expect_only_bad_held() -> None:
    specs = [ClusterSpec(name=name, image="tiny", size=1) for name in ("bad", "good")]
    world = WantedWorld(clusters={s.name: Wanted(name=s.name, spec=s, spec_hash="h") for s in specs})
    observed = Observed(channel=Channel(since=0.0), images={"tiny": Image(id="sha256:1")})
    bad, good = decide(world, observed, now=1.0, limits=Limits()).plans
    assert bad.held is not None
    assert bad.held.reason == "ReconcilerBug"
    assert not bad.actions
    assert str(good) == "create good-1: size 1: 0 there"
