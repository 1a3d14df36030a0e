"""The guard against mass deletion: absence of a spec removes instances only while it can be believed.

Before: the directory as it was read, and the listing. After: world, which retires the clusters that may go.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from reconciler.plan.limits import Limits
from reconciler.plan.plan import Wait

MASS_DELETION = "MassDeletion"


@dataclass(frozen=True, slots=True, kw_only=True)
class Deletions:
    """Clusters without a spec: those that may be retired, and those held, with the reason."""

    allowed: frozenset[str] = frozenset()
    held: Mapping[str, Wait] | None = None


def allow_deletions(
    absent: Mapping[str, int],
    total: int,
    *,
    untrusted: str | None,
    confirmed: Collection[str],
    recent: Mapping[str, int],
    limits: Limits,
    kept: Collection[str] = (),
) -> Deletions:
    """Decide which of the `absent` clusters (name to its number of instances) may lose them.

    `total` counts the environment's instances, `recent` those of clusters retired a moment ago unasked (they count as
    the same deletion, and what was begun goes on), `confirmed` the clusters that a person named. `kept` were held
    before: they stay held however long it is since, for time makes no accident a wish. `untrusted` says why the
    directory can't be believed.
    """
    if not absent:
        return Deletions()
    named = frozenset(name for name in absent if name in confirmed)
    asked = {name: count for name, count in absent.items() if name not in named}
    begun = frozenset(name for name in asked if name in recent)
    if untrusted is not None:
        wait = Wait(reason="DirectoryUntrusted", message=f"{untrusted}; nothing is removed because of it")
        return Deletions(allowed=named, held=dict.fromkeys(asked, wait))
    together = {**asked, **recent}
    losing = sum(together.values())
    everything = max(1, total + sum(count - absent.get(name, 0) for name, count in recent.items()))
    if asked and len(together) > 1 and losing > limits.delete_fraction * everything:
        held = asked.keys() - begun
        lost = f"{len(together)} clusters with {losing} of {everything} instances have lost their specs"
    else:
        held = asked.keys() & set(kept)
        lost = "its spec was lost together with others"
    message = f"{lost}; put the files back, or let it go on with `reconciler confirm`"
    wait = Wait(reason=MASS_DELETION, message=message)
    return Deletions(allowed=frozenset(absent.keys() - held), held=dict.fromkeys(held, wait))
