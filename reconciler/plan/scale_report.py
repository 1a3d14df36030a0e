"""What people read of a cluster's scale: its figures, and the condition `Scaling`.

Before: scaling. After: report.
"""

from reconciler.plan.scaling import IDLE
from reconciler.plan.status import Condition, ScaleStatus
from reconciler.spec.wanted import Wanted
from reconciler.state.observed import Observed


def scale_status(wanted: Wanted, observed: Observed) -> ScaleStatus | None:
    """None where the file doesn't ask for autoscaling, or nobody has decided of it yet."""
    auto, scale = wanted.spec.autoscale if wanted.spec else None, observed.scales.get(wanted.name)
    if auto is None or scale is None:
        return None
    return ScaleStatus(
        size=scale.size, min=auto.min, max=auto.max, metric=auto.metric, target=auto.target,
        value=scale.value, reason=scale.reason, hold=scale.hold,
    )  # fmt: skip


def scaling_condition(wanted: Wanted, observed: Observed) -> tuple[Condition, ...]:
    """True while the size follows the metric, even where it has come to its end; False while it can't."""
    scale = observed.scales.get(wanted.name)
    if scale is None or scale_status(wanted, observed) is None:
        return ()
    follows = scale.hold_reason not in IDLE
    return (
        Condition(
            type="Scaling", status="True" if follows else "False", reason=scale.hold_reason or "Following",
            message=scale.hold or scale.reason, observed_generation=wanted.generation,
        ),
    )  # fmt: skip
