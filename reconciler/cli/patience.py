"""When waiting on is in vain, because only a person can lead on what is waited for, and how the command ends then.

Before: apply, wait, rollout status. After: waiting (which looks again and again). A status may be older than the files:
so each end has to be told by the plan of the files, too, which the loop makes anew each time.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from reconciler.cli.failures import EXIT_NOT_READY, EXIT_ROLLED_BACK
from reconciler.cli.waiting import failed
from reconciler.plan.plan import CANARY_WAITING, ROLLED_BACK, ROLLOUT_FAILED, ROLLOUT_PAUSED, SWITCHED, Plan
from reconciler.plan.status import ClusterStatus, Phase, WorldStatus

_BACK = frozenset({ROLLED_BACK})
_LEADS_ON = frozenset({CANARY_WAITING, ROLLOUT_PAUSED, ROLLOUT_FAILED})
"""What only a person leads on from; who goes back ends another way."""
_COMMAND = re.compile("`(reconciler [^`]*)`")


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


@dataclass(slots=True, kw_only=True)
class Patience:
    """How long it makes sense to wait for these clusters; `files` looks at what the loop makes of them now."""

    names: Sequence[str]
    env: str
    files: Callable[[], Taken] = Taken
    exit_code: int = EXIT_NOT_READY
    why: tuple[str, ...] = ()
    _taken: Taken = field(default_factory=Taken)

    def settled(self) -> bool:
        """Whether the loop has nothing left to do for the files."""
        self._taken = self.files()
        return self._taken.at_rest

    def hopeless(self, world: WorldStatus) -> bool:
        """Whether nothing more comes by itself; notes what to say and how to end, also where time is what ends it."""
        named = [cluster for cluster in world.clusters if cluster.name in self.names]
        back = [cluster for cluster in named if self._taken.tells(cluster.name, _BACK)]
        over = [*filter(None, map(_rolled_back, back))]
        waits = [c for c in named if self._taken.tells(c.name, _LEADS_ON) and c.awaits_person]
        tasks = failed(world, self.names) if self._taken.at_rest else ()
        self.exit_code = EXIT_ROLLED_BACK if over or any(map(_going_back, back)) else EXIT_NOT_READY
        self.why = (
            *over,
            *(f"Waits for a person: {cluster.name}: {cluster.awaits_person}" for cluster in waits),
            *((f"Failed: {', '.join(tasks)}",) if tasks else ()),
        )
        return bool(self.why)

    def verdict(self, late: str) -> tuple[str, ...]:
        """What to say at the end; `late` where it is only that time is over."""
        said = self.why or ((late,) if late else ())
        return tuple(map(self._typed, said))

    def _typed(self, sentence: str) -> str:
        """Its commands as they have to be typed for this environment."""
        from reconciler.console.notes import env_option

        return _COMMAND.sub(lambda found: f"`{found[1]}{env_option(self.env)}`", sentence)


def _rolled_back(cluster: ClusterStatus) -> str:
    if not cluster.rolled_back:
        return ""
    ways = f"repair the file, or let it say so, too: `reconciler rollout undo {cluster.name}`"
    return f"Rolled back: {cluster.name}: {cluster.rolled_back}; {ways}"


def _going_back(cluster: ClusterStatus) -> bool:
    return cluster.rollout is not None and cluster.rollout.phase is Phase.ROLLING_BACK
