"""From a draft to a proposal: what the loop would do once the files are as the draft makes them.

Before: workshop's draft. After: whoever shows the proposal. The plan is the loop's own, of all files together.
"""

from pathlib import Path

from reconciler.changes.draft import Draft
from reconciler.changes.proposal import Proposal
from reconciler.changes.taking_up import Planner, good_texts
from reconciler.errors import EngineError, LoopNotRunning, SpecError
from reconciler.plan.plan import Plan
from reconciler.spec.policy import Policy


def proposal(draft: Draft, directory: Path, policy: Policy, plan: Planner) -> Proposal:
    """The draft with its plans. Raises SpecError where the loop refuses one of the files that it writes."""
    remarks = list(draft.remarks)
    plans: tuple[Plan, ...] | None = None
    try:
        found = {made.cluster: made for made in plan(good_texts(directory, policy, draft.files))}
        plans = tuple(found.get(name, Plan(cluster=name)) for name in draft.clusters)
    except SpecError as error:
        if any(Path(problem.file).name in draft.files for problem in error.problems):
            raise
        remarks.append(f"no plan can be shown: {error.problems[0]}")
    except (LoopNotRunning, EngineError) as error:
        remarks.append(f"no plan can be shown: {error}")
    return Proposal(
        says=draft.says, clusters=draft.clusters, base=draft.base, edits=draft.edits, plans=plans,
        remarks=tuple(remarks),
    )  # fmt: skip
