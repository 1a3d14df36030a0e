"""A rollout as steps: one of them is where it stands, whatever the strategy and the phase."""

from dataclasses import replace

import pytest

from reconciler.console.web.pages.steps import steps
from reconciler.plan.status import Phase, RolloutStatus

ROLLING = RolloutStatus(
    phase=Phase.PROGRESSING, strategy="rolling", revision="v002", former="v001", updated=2, available=1, wanted=4,
    message="webapp-2 is starting",
)  # fmt: skip
STRATEGIES = ("rolling", "in-place", "canary", "red-black")


def stands(rollout: RolloutStatus) -> tuple[str, str]:
    (now,) = (step for step in steps(rollout) if step.state == "now")
    return now.title, now.text


def test_a_rolling_push_says_how_far_it_is_and_why() -> None:
    assert stands(ROLLING) == ("Instances are replaced", "2 of 4 are v002, 1 available; webapp-2 is starting")
    assert [step.state for step in steps(ROLLING)] == ["done", "now", "todo"]


def test_a_canary_that_waits_stands_at_the_judgment() -> None:
    waiting = replace(ROLLING, strategy="canary", phase=Phase.CANARY, awaits_promotion=True, message="")

    assert stands(waiting) == ("Judgment", "waits for a person; 2 of 4 are v002, 1 available")


def test_a_judged_group_stands_at_the_judgment_before_it_has_the_traffic() -> None:
    judged = replace(ROLLING, strategy="red-black", phase=Phase.JUDGING, awaits_promotion=True, message="")

    titles = [step.title for step in steps(judged)]
    assert stands(judged)[0] == "Judgment"
    assert titles.index("Judgment") == titles.index("Traffic goes to v002") - 1


def test_a_switched_group_keeps_the_former_one() -> None:
    switched = replace(ROLLING, strategy="red-black", phase=Phase.SWITCHED, message="v002 has the traffic")

    assert stands(switched)[0] == "v001 is kept, then ends"


@pytest.mark.parametrize("strategy", STRATEGIES)
@pytest.mark.parametrize("phase", [Phase.PROGRESSING, Phase.PAUSED])
def test_what_moves_stands_at_one_step(strategy: str, phase: Phase) -> None:
    states = [step.state for step in steps(replace(ROLLING, strategy=strategy, phase=phase))]

    assert states.count("now") == 1
    assert states == sorted(states, key=["done", "now", "todo"].index)


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_what_is_complete_has_no_step_left(strategy: str) -> None:
    assert {step.state for step in steps(replace(ROLLING, strategy=strategy, phase=Phase.COMPLETE))} == {"done"}


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_a_failed_one_says_at_which_step_and_leads_back(strategy: str) -> None:
    failed = replace(ROLLING, strategy=strategy, phase=Phase.ROLLED_BACK, message="exited with 1")

    *_, at, last = steps(failed)
    assert (at.state, at.text) == ("failed", "exited with 1")
    assert (last.title, last.state) == ("Back to v001", "done")
    assert steps(replace(failed, phase=Phase.ROLLING_BACK))[-1].state == "now"


def test_a_first_version_has_nothing_to_replace() -> None:
    first = replace(ROLLING, former="", strategy="canary")

    assert [step.title for step in steps(first)] == ["Begun: v002", "All instances stand", "Done: v002 runs"]
