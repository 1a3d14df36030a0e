"""What reconcile decides for one cluster: actions, waits, and when to look again.

Before: reconcile. After: the loop hands the actions to engine.executor; `reconciler plan` prints the same value.
"""

from dataclasses import dataclass

from reconciler.plan.actions import Action
from reconciler.plan.status import TASK_FAILED

ROLLED_BACK = "RolledBack"
ROLLOUT_FAILED = "RolloutFailed"
ROLLOUT_PAUSED = "RolloutPaused"
CANARY_WAITING = "CanaryWaiting"
JUDGMENT_WAITING = "JudgmentWaiting"
SWITCHED = "Switched"

FOR_A_PERSON = frozenset({TASK_FAILED, ROLLED_BACK, ROLLOUT_PAUSED, CANARY_WAITING, JUDGMENT_WAITING})
"""Reasons of waits that only a person ends, or another file."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wait:
    """Something that would be done but for a reason: `reason` is one CamelCase word, `message` a sentence."""

    reason: str
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """Empty (no actions, no waits) when wanted equals observed. `requeue_after_seconds` is None
    when time changes nothing.
    """

    cluster: str
    actions: tuple[Action, ...] = ()
    waits: tuple[Wait, ...] = ()
    held: Wait | None = None
    requeue_after_seconds: float | None = None

    @property
    def quiet(self) -> bool:
        """Nothing to do and nothing waited for."""
        return not self.actions and not self.waits and self.held is None

    @property
    def at_rest(self) -> bool:
        """No time will change anything: quiet, or what is waited for is up to a person (a task that has failed for
        good, a rollout that has gone back, is paused or awaits its promotion or judgment).
        """
        return not self.actions and not self.held and all(wait.reason in FOR_A_PERSON for wait in self.waits)

    def __str__(self) -> str:
        lines = [f"{action.kind} {action.subject}: {action.cause}" for action in self.actions]
        lines += [f"wait {wait.reason}: {wait.message}" for wait in self.waits]
        if self.held:
            lines.append(f"held {self.held.reason}: {self.held.message}")
        return "\n".join(lines) or "nothing to do"
