"""When waiting on is in vain, because only a person can lead on what is waited for. Pure.

Before: a status, and the plans of the files. After: the command line's patience, and whoever follows a change. A
status may be older than the files: so each end has to be told by the plan of the files, too, which the loop makes anew
each time.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from reconciler.changes.lacking import failed
from reconciler.plan.plan import (
    CANARY_WAITING,
    JUDGMENT_WAITING,
    ROLLED_BACK,
    ROLLOUT_FAILED,
    ROLLOUT_PAUSED,
    SWITCHED,
    Plan,
)
from reconciler.plan.status import ClusterStatus, Phase, WorldStatus

_BACK = frozenset({ROLLED_BACK})
_LEADS_ON = frozenset({CANARY_WAITING, JUDGMENT_WAITING, ROLLOUT_PAUSED, ROLLOUT_FAILED})
"""What only a person leads on from; who goes back ends another way."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """What the loop makes of the files as they are now: nothing more to do by itself (`at_rest`), and why it waits, by
    cluster (None: nobody can tell, and the status is as new as the files).
    """

    at_rest: bool = True
    reasons: Mapping[str, frozenset[str]] | None = None

    def tells(self, cluster: str, reasons: frozenset[str]) -> bool:
        """Whether the plan of a cluster's file says one of these."""
        return self.reasons is None or bool(self.reasons.get(cluster, frozenset()) & reasons)


def taken(plans: Sequence[Plan], clusters: Sequence[str]) -> Taken:
    """From the plans of the files."""
    ours = [plan for plan in plans if plan.cluster in clusters]
    return Taken(
        at_rest=all(plan.at_rest or _only_kept(plan) for plan in ours),
        reasons={plan.cluster: frozenset(wait.reason for wait in plan.waits) for plan in ours},
    )


def _only_kept(plan: Plan) -> bool:
    """The new group has the traffic; the old one is kept for a while, which nobody has to wait for."""
    return not plan.actions and plan.held is None and {wait.reason for wait in plan.waits} <= {SWITCHED}


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """Sentences about what doesn't go on by itself. `back`: a revision failed, the one before runs again or will."""

    rolled_back: tuple[str, ...] = ()
    waits: tuple[str, ...] = ()
    failed: tuple[str, ...] = ()
    back: bool = False

    @property
    def why(self) -> tuple[str, ...]:
        """All of them; empty where it is worth while to wait on."""
        return (
            *(f"Rolled back: {sentence}" for sentence in self.rolled_back),
            *(f"Waits for a person: {sentence}" for sentence in self.waits),
            *((f"Failed: {', '.join(self.failed)}",) if self.failed else ()),
        )


def ended(world: WorldStatus, names: Sequence[str], files: Taken) -> Ended:
    """What of these clusters only a person can lead on; `files` is what the loop makes of their files."""
    named = [cluster for cluster in world.clusters if cluster.name in names]
    back = [cluster for cluster in named if files.tells(cluster.name, _BACK)]
    waits = [c for c in named if files.tells(c.name, _LEADS_ON) and c.awaits_person]
    over = tuple(filter(None, map(_rolled_back, back)))
    return Ended(
        rolled_back=over,
        waits=tuple(f"{cluster.name}: {cluster.awaits_person}" for cluster in waits),
        failed=failed(world, names) if files.at_rest else (),
        back=bool(over) or any(map(_going_back, back)),
    )


def _rolled_back(cluster: ClusterStatus) -> str:
    if not cluster.rolled_back:
        return ""
    ways = f"repair the file, or let it say so, too: `reconciler rollout undo {cluster.name}`"
    return f"{cluster.name}: {cluster.rolled_back}; {ways}"


def _going_back(cluster: ClusterStatus) -> bool:
    return cluster.rollout is not None and cluster.rollout.phase is Phase.ROLLING_BACK
