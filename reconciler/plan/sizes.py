"""The sizes in force: of each cluster whose file asks for autoscaling, what scaling makes of it.

Before: world. After: in_force. Never here: how a size is found (scaling).
"""

from collections.abc import Mapping
from dataclasses import replace

from reconciler.plan.scaling import scale
from reconciler.plan.verdicts import Judgement
from reconciler.spec.wanted import Wanted, WantedWorld
from reconciler.state.observed import Observed
from reconciler.state.scales import Scale


def find_sizes(
    world: WantedWorld, observed: Observed, judgements: Mapping[str, Judgement], now: float
) -> dict[str, Scale]:
    """The scale of each cluster that has one; what is remembered of others is forgotten."""
    found: dict[str, Scale] = {}
    for name, wanted in world.clusters.items():
        if wanted.spec is not None and wanted.spec.autoscale is not None:
            scaled = _one(wanted, observed, judgements, now)
            if scaled is not None:
                found[name] = scaled
    return found


def resized(world: WantedWorld, scales: Mapping[str, Scale]) -> WantedWorld:
    """The same world with these sizes."""
    if not scales:
        return world
    return replace(world, clusters={name: _sized(w, scales.get(name)) for name, w in world.clusters.items()})


def _sized(wanted: Wanted, scaled: Scale | None) -> Wanted:
    spec = wanted.spec
    if spec is None or spec.autoscale is None or scaled is None or scaled.size == spec.size:
        return wanted
    return replace(wanted, spec=replace(spec, size=scaled.size))


def _one(wanted: Wanted, observed: Observed, judgements: Mapping[str, Judgement], now: float) -> Scale | None:
    """One cluster's scale; a mistake of ours in finding it leaves this one's size as it is, and no other's."""
    before, spec = observed.scales.get(wanted.name), wanted.spec
    if spec is None:
        return None
    try:
        return scale(wanted, spec, observed, judgements, before, now=now)
    except Exception as bug:  # noqa: BLE001  whatever it is, the other clusters are decided
        kept = before or Scale(size=spec.size, file_size=spec.size)
        hold = f"finding the size failed inside reconciler ({bug!r}): it stays as it is; please report this"
        return replace(kept, hold=hold, hold_reason="ReconcilerBug")
