"""The last pass, kept whole: what status and plan are computed from when somebody asks, on the asker's thread.

Before: the pass puts a new one in place. After: the backend of the local API. Immutable, so no lock is needed.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from reconciler.plan.channel import channel_problem
from reconciler.plan.plan import Plan
from reconciler.plan.report import cluster_status, orphan_status
from reconciler.plan.status import ClusterStatus, Condition, WorldStatus
from reconciler.plan.world import Decision
from reconciler.spec.wanted import WantedWorld
from reconciler.state.beats import Beat
from reconciler.state.observed import InFlight, Observed

Transitions = Mapping[tuple[str, str], tuple[str, float]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """One pass. `plans` holds the newest plan of each cluster, `transitions` when a condition took its status."""

    world: WantedWorld
    observed: Observed
    decision: Decision
    plans: Mapping[str, Plan] = field(default_factory=dict)
    transitions: Transitions = field(default_factory=dict)
    engine_problem: str = ""

    def clusters(self, now: float, epoch: float | None = None) -> tuple[ClusterStatus, ...]:
        """Every cluster's status: those with a file, and those without that still have containers. `epoch` is attended
        time's zero in Unix seconds.
        """
        judgements = self.decision.judgements
        rows = []
        for name, wanted in self.world.clusters.items():
            plan = self.plans.get(name) or Plan(cluster=name)
            rows.append(cluster_status(wanted, plan, self.observed, judgements, now=now, epoch=epoch))
        for name, instances in self.observed.instances.items():
            if instances and name not in self.world.clusters:
                plan_of = self.plans.get(name)
                rows.append(orphan_status(name, plan_of, self.observed, judgements, now=now, epoch=epoch))
        return tuple(self._dated(row) for row in sorted(rows, key=lambda row: row.name))

    def status(
        self,
        *,
        env: str,
        domain: str,
        now: float,
        beats: Mapping[str, Beat],
        in_flight: Mapping[str, tuple[InFlight, ...]],
        wall: float,
    ) -> WorldStatus:
        """The environment, with heartbeat ages and actions under way as they are at `now`, which is `wall` in Unix
        seconds.
        """
        current = replace(self, observed=replace(self.observed, beats=beats, in_flight=in_flight))
        held = [f"{name}: {wait.message}" for name, wait in sorted(self.decision.held.items())]
        if self.world.untrusted and not held:
            held.append(f"{self.world.untrusted}; nothing is removed because of it")
        return WorldStatus(
            environment=env,
            domain=domain,
            clusters=current.clusters(now, wall - now),
            held=tuple(held),
            problems=self.world.problems,
            foreign=tuple(f"{f.container}: {f.reason}" for f in self.observed.foreign),
            engine_problem=self.engine_problem,
            channel_problem=channel_problem(self.decision.channel),
            closed_zones=tuple(self.observed.closed_zones.values()),
        )

    def _dated(self, row: ClusterStatus) -> ClusterStatus:
        conditions = tuple(self._date(row.name, condition) for condition in row.conditions)
        return replace(row, conditions=conditions)

    def _date(self, cluster: str, condition: Condition) -> Condition:
        status, at = self.transitions.get((cluster, condition.type), (condition.status, 0.0))
        return replace(condition, last_transition_time=at) if status == condition.status else condition


def advance(before: Transitions, clusters: tuple[ClusterStatus, ...], at: float) -> Transitions:
    """The transitions after this pass: a condition whose status is as before keeps its time (Unix seconds)."""
    after: dict[tuple[str, str], tuple[str, float]] = {}
    for row in clusters:
        for condition in row.conditions:
            key = (row.name, condition.type)
            known = before.get(key)
            after[key] = known if known is not None and known[0] == condition.status else (condition.status, at)
    return after
