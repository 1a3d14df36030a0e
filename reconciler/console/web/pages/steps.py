"""A rollout as steps that a person can follow: what is done, where it stands and why, what is still to come.

Before: RolloutStatus. After: the cluster's page. Pure. The steps depend on the strategy; where a rollout has failed the
step that it stood at says so, and the way back is the last one.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from reconciler.plan.status import Phase, RolloutStatus

StepState = Literal["done", "now", "todo", "failed"]
_BACK = (Phase.ROLLING_BACK, Phase.ROLLED_BACK)
_WORDS: dict[StepState, str] = {"done": "done", "now": "now", "todo": "to come", "failed": "failed"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """`text` says how far it is or why it waits, empty where the title is enough."""

    title: str
    state: StepState
    text: str = ""

    @property
    def word(self) -> str:
        """Its state in a word."""
        return _WORDS[self.state]


def steps(rollout: RolloutStatus) -> tuple[Step, ...]:
    """All steps of it, in order."""
    titles = _titles(rollout)
    at = len(titles) if rollout.phase is Phase.COMPLETE else _stands_at(rollout)
    text = _text(rollout)
    if rollout.phase in (*_BACK, Phase.FAILED):
        return (*_failed(titles[:at], titles[at], rollout), *_way_back(rollout))
    return tuple(
        Step(title=title, state="done" if place < at else "now" if place == at else "todo",
             text=text if place == at else "")
        for place, title in enumerate(titles)
    )  # fmt: skip


def _titles(rollout: RolloutStatus) -> tuple[str, ...]:
    revision, former = rollout.revision, rollout.former
    begun = f"Begun: {former} to {revision}" if former else f"Begun: {revision}"
    if not former:
        return (begun, "All instances stand", f"Done: {revision} runs")
    if rollout.strategy == "canary":
        return (begun, f"The canary of {revision} stands", "Judgment", "The others follow", f"Done: {revision} runs")
    if rollout.strategy == "red-black":
        stand, switched = f"The group {revision} stands beside {former}", f"Traffic goes to {revision}"
        judged = ("Judgment",) if rollout.awaits_promotion else ()
        return (begun, stand, *judged, switched, f"{former} is kept, then ends", f"Done: {revision} runs")
    return (begun, "Instances are replaced", f"Done: {revision} runs")


def _stands_at(rollout: RolloutStatus) -> int:
    if rollout.former and rollout.strategy == "canary":
        if rollout.phase is Phase.CANARY:
            return 2 if rollout.awaits_promotion else 1
        return 3 if rollout.updated > 1 or rollout.phase is Phase.PROGRESSING else 1
    if rollout.former and rollout.strategy == "red-black":
        if rollout.phase is Phase.SWITCHED:
            return 3
        return 2 if rollout.awaits_promotion else 1
    return 1


def _text(rollout: RolloutStatus) -> str:
    counted = f"{rollout.updated} of {rollout.wanted} are {rollout.revision}, {rollout.available} available"
    if rollout.phase is Phase.PAUSED:
        return f"paused: {counted}"
    if rollout.awaits_promotion:
        return f"waits for a person; {counted}"
    return f"{counted}; {rollout.message}" if rollout.message else counted


def _failed(before: Sequence[str], title: str, rollout: RolloutStatus) -> tuple[Step, ...]:
    done = tuple(Step(title=one, state="done") for one in before)
    return (*done, Step(title=title, state="failed", text=rollout.message or "failed"))


def _way_back(rollout: RolloutStatus) -> tuple[Step, ...]:
    if rollout.phase is Phase.FAILED:
        return (Step(title="It doesn't go back by itself", state="now", text="change the file, or take it back"),)
    former = rollout.former or "what was before"
    over = rollout.phase is Phase.ROLLED_BACK
    return (Step(title=f"Back to {former}", state="done" if over else "now"),)
