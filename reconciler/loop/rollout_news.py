"""What of a rollout is told as an event: each once for each rollout; but pause and resume, whenever they come.

Before: each pass' conclusions. After: the chronicle; history keeps what was told, so that a restart tells nothing anew.
A cluster's first version is no rollout: nothing is told of it but its failure.
"""

from collections.abc import Iterator, Mapping

from reconciler.loop.chronicle import Chronicle
from reconciler.loop.history import History
from reconciler.plan.status import ClusterStatus, Phase, RolloutStatus
from reconciler.state.rollouts import RolloutState

BEGUN, CANARY, STANDS, PROMOTED, SWITCHED = "begun", "canary", "stands", "promoted", "switched"
DONE, FAILED, ROLLED_BACK, PAUSED = "done", "failed", "rolled back", "paused"


class RolloutNews:
    """Tells them. For the deciding thread."""

    def __init__(self, history: History, chronicle: Chronicle) -> None:
        self._history = history
        self._chronicle = chronicle

    def tell(self, rows: tuple[ClusterStatus, ...], rollouts: Mapping[str, RolloutState]) -> None:
        """What is new of each rollout; `rows` are the clusters as this pass left them."""
        for row in rows:
            state = rollouts.get(row.name)
            if state is not None and row.rollout is not None:
                self._of(row.name, state, row.rollout)

    def _of(self, cluster: str, state: RolloutState, status: RolloutStatus) -> None:
        told = self._history.told(cluster)
        stands = marks(state, status, told)
        if stands == told:
            return
        for mark, sentence in sentences(state, status):
            if mark in stands - told:
                failed = state.failed if mark == FAILED else ""
                self._chronicle.note("rollout", cluster, sentence, cluster=cluster, failed=failed)
        if PAUSED in told - stands:
            self._chronicle.note("rollout", cluster, "resumed", cluster=cluster)
        self._history.tell(cluster, stands)


def marks(state: RolloutState, status: RolloutStatus, told: frozenset[str]) -> frozenset[str]:
    """What holds of a rollout or has been told of it; pause alone passes."""
    canary = status.strategy == "canary"
    holds = {
        BEGUN: state.back is not None and not state.done,
        CANARY: canary and state.gate_since is not None and not state.promoted,
        STANDS: status.phase is Phase.JUDGING,
        PROMOTED: state.promoted and bool({CANARY, STANDS} & told),
        SWITCHED: state.switched_at is not None,
        DONE: state.done and BEGUN in told,
        FAILED: bool(state.failed),
        ROLLED_BACK: status.phase is Phase.ROLLED_BACK,
        PAUSED: status.phase is Phase.PAUSED,
    }
    return (told - {PAUSED}) | {mark for mark, true in holds.items() if true}


def sentences(state: RolloutState, status: RolloutStatus) -> Iterator[tuple[str, str]]:
    """How each of them is told, in the order in which they come."""
    to, back = state.to.revision, state.back.revision if state.back is not None else "nothing"
    yield BEGUN, f"begun: {back} to {to} ({status.strategy})"
    yield CANARY, f"the canary stands: {status.available} of {to} available"
    yield STANDS, f"the new group stands without traffic: {status.available} of {to} available"
    yield PROMOTED, f"promoted: {to} goes on"
    yield SWITCHED, f"switched: {to} has the traffic"
    yield DONE, f"done: {to} runs"
    yield FAILED, to  # the event's result says that it failed, and its message why
    yield ROLLED_BACK, f"rolled back: {back} runs, until the file wants another version than {to}"
    yield PAUSED, f"paused: {status.updated} of {status.wanted} are {to}"
