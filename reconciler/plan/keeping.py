"""Clusters without a spec in force: kept as they are, or put away; and what is left undone in suspended ones.

Before: world, which asked the guard. After: the plan. Nothing is ever created here.
"""

from reconciler.plan.actions import PublishName, PutInService, PutOutOfService, WithdrawName
from reconciler.plan.draft import Draft
from reconciler.plan.limits import Limits
from reconciler.plan.naming import keep_names
from reconciler.plan.plan import Plan, Wait
from reconciler.plan.verdicts import Judgement
from reconciler.spec.cluster import Stop
from reconciler.state.instance import EngineState
from reconciler.state.observed import Observed


def retire(name: str, observed: Observed, *, now: float, limits: Limits, stop: Stop) -> Plan:
    """End every instance of a cluster that has no spec any more."""
    draft = Draft(name, observed, now, limits)
    for instance in observed.instances.get(name, ()):
        if instance.state is not EngineState.REMOVING:
            draft.end(instance, "no spec wants it any more", stop)
    return draft.done()


def keep(
    name: str,
    observed: Observed,
    judgements: dict[str, Judgement],
    *,
    now: float,
    limits: Limits,
    held: Wait,
) -> Plan:
    """Leave a cluster as it is for want of a spec, but let its names tell the truth."""
    draft = Draft(name, observed, now, limits)
    instances = observed.instances.get(name, ())
    draft.add(keep_names(instances, judgements, observed))
    draft.wake_at += [at for i in instances if (at := judgements[i.id].changes_at) is not None]
    return draft.done(held)


def undone_waits(plan: Plan) -> tuple[Wait, ...]:
    """What would be done were the cluster not suspended, so that nobody takes it for finished."""
    told = (PublishName, WithdrawName, PutInService, PutOutOfService)  # of these the suspended get theirs, too
    count = sum(1 for action in plan.actions if not isinstance(action, told))
    if not count and not plan.waits:
        return ()
    what = f"be done: {count} action{'' if count == 1 else 's'}" if count else f"wait: {plan.waits[0].reason}"
    return (Wait(reason="Suspended", message=f"would {what}; `reconciler resume {plan.cluster}`"),)
