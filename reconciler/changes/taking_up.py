"""What the loop makes of the watched directory's files as they are now, whatever else in it is broken.

Before: the loop's dry run, as a callable. After: ending and following, which judge by it. Its status alone can't tell:
it may still speak of the files as they were before.
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from reconciler.changes.ending import Taken, taken
from reconciler.changes.sources import read_sources, readable_texts
from reconciler.errors import SpecError
from reconciler.plan.plan import Plan
from reconciler.spec.directory import cluster_of
from reconciler.spec.policy import Policy

Planner = Callable[[Mapping[str, bytes]], tuple[Plan, ...]]
"""The loop's dry run with these files in the place of its directory's; raises what `Backend.plan` raises."""


def taken_up(plan: Planner, directory: Path, policy: Policy, clusters: Sequence[str]) -> Taken:
    """What becomes of these clusters."""
    plans = plans_now(plan, directory, policy, clusters)
    return Taken(at_rest=False, reasons={}) if plans is None else taken(plans, clusters)


def plans_now(plan: Planner, directory: Path, policy: Policy, clusters: Sequence[str]) -> tuple[Plan, ...] | None:
    """The plans of the files as they are; None where a file of these clusters is refused. Others' broken files hold up
    nobody whose own is good.
    """
    try:
        return plan(readable_texts(directory))
    except SpecError as error:
        if any(cluster_of(Path(problem.file).name) in clusters for problem in error.problems):
            return None
    try:
        return plan(good_texts(directory, policy, {}))
    except SpecError:
        return None


def good_texts(directory: Path, policy: Policy, changes: Mapping[str, bytes | None]) -> dict[str, bytes]:
    """What the directory says with these changes, without files that are no good and clusters that have two."""
    sources = read_sources([directory], policy)
    counts = Counter(cluster_of(name) for name in sources.named())
    found = {
        Path(file).name: text
        for file, text in sources.texts.items()
        if file in sources.parsed and counts[cluster_of(Path(file).name)] == 1
    }
    for name, content in changes.items():
        found.pop(name, None)
        if content is not None:
            found[name] = content
    return found
