"""Words for what several pages show of a cluster: its traffic, its scale, its last runs as a task.

Before: ClusterStatus. After: pages. Pure.
"""

from collections.abc import Sequence

from reconciler.console.glyphs import UNICODE
from reconciler.console.notes import SAID_BY_THE_ROLLOUT
from reconciler.console.rollouts import scale_text
from reconciler.plan.status import ClusterStatus, RolloutStatus
from reconciler.state.event import Event


def traffic_of(cluster: ClusterStatus) -> str:
    """How many its names lead to."""
    if cluster.kind == "TaskSpec":
        return ""
    if not cluster.traffic:
        return "off: its file says so"
    if not cluster.current:
        return ""
    serving = sum(one.serving for one in cluster.instances)
    return f"{serving} of {cluster.current}" if serving else "none"


def scale_of(cluster: ClusterStatus) -> str:
    """Its size between its limits, the metric against its target, and why."""
    return scale_text(cluster.scale, UNICODE) if cluster.scale is not None else ""


def rollout_words(rollout: RolloutStatus) -> str:
    """Its strategy, and how far it is; each word once."""
    return ", ".join(dict.fromkeys((rollout.strategy, rollout.phase.value)))


def doing_of(cluster: ClusterStatus) -> tuple[str, ...]:
    """What is being done or waited for, without what its rollout's steps say already."""
    said = SAID_BY_THE_ROLLOUT if cluster.rollout is not None else ()
    return tuple(sentence for sentence in cluster.doing if not sentence.startswith(said))


def runs_of(events: Sequence[Event]) -> tuple[Event, ...]:
    """How the runs of a task ended, in the order given."""
    return tuple(event for event in events if event.kind == "task")
