"""Who may be hit, and when nobody may: every reason to refuse, each a sentence that says what to do. Pure.

Before: prepare. After: errors for a person. Nothing has been touched when one of these is raised.
"""

from collections.abc import Iterable, Sequence

from reconciler.chaos.faults import LEAST_SECONDS, MOST_SECONDS, Fault, Monkey
from reconciler.chaos.situation import Situation, in_order, name_of
from reconciler.errors import ChaosRefused, UsageError
from reconciler.state.faults import FaultSeen
from reconciler.state.instance import EngineState, Instance

_MANY = 8


def insist_on_range(fault: Fault) -> None:
    """Raises UsageError for a duration out of range."""
    if isinstance(fault, Monkey):
        return
    if not LEAST_SECONDS <= fault.seconds <= MOST_SECONDS:  # also refuses what is no number
        raise UsageError(
            f"{fault.kind} for {fault.seconds:g} s: a fault lasts from {LEAST_SECONDS:g} s to {MOST_SECONDS / 3600:g} h"
        )


def insist_on_quiet(fault: Fault, situation: Situation) -> None:
    """Raises ChaosRefused during a hold or an outage, unless the fault says `anyway`."""
    if situation.troubles and not fault.anyway:
        raise ChaosRefused(
            f"{fault.kind} is refused: the environment isn't healthy ({'; '.join(situation.troubles)}); "
            "wait until it is, or say --anyway"
        )


def insist_on_agreement(kind: str, victims: Iterable[Instance], active: Sequence[FaultSeen]) -> None:
    """Raises ChaosRefused where another fault contradicts this one."""
    hit = {name_of(one): one for one in victims}
    for fault in active:
        both = sorted(hit.keys() & set(fault.instances))
        if fault.kind != kind or not (both or kind == "split-brain"):
            continue
        if fault.leftover:
            raise ChaosRefused(
                f"{kind} is refused: what is left of fault {fault.id} ({fault.says}) is still in force; "
                f"`reconciler chaos heal {fault.id}` ends it"
            )
        whom = f"hits {listed(both)}" if kind != "split-brain" else "cuts the zones"
        raise ChaosRefused(
            f"{kind} is refused: fault {fault.id} ({fault.says}) {whom} already; wait until it has healed, or end it "
            f"with `reconciler chaos heal {fault.id}`"
        )


def insist_on_moving(victims: Iterable[Instance]) -> None:
    """Raises ChaosRefused for a freeze of what is paused by the engine."""
    paused = [name_of(one) for one in victims if one.state is EngineState.PAUSED]
    if paused:
        raise ChaosRefused(f"freeze is refused: {listed(paused)} is paused already (`docker unpause` ends that)")


def opted_in(kind: str, meant: Iterable[Instance], situation: Situation, *, spare: bool) -> tuple[Instance, ...]:
    """Those of the meant that may be hit. Raises ChaosRefused where others are among them, unless they are spared."""
    meant = tuple(meant)
    allowed = tuple(one for one in meant if one.cluster in situation.opted_in)
    others = in_order(one.cluster for one in meant if one.cluster not in situation.opted_in)
    if others and not spare:
        way = ", or spare them with --spare" if allowed else ""
        raise ChaosRefused(f"{kind} is refused: {not_opted_in(others, situation)}{way}")
    if others and not allowed:
        raise ChaosRefused(f"{kind} is refused: nobody is left to hit; {not_opted_in(others, situation)}")
    return allowed


def not_opted_in(clusters: Sequence[str], situation: Situation) -> str:
    """`web is not opted in: write … into specs/web.yaml`."""
    files = []
    for name in clusters:
        known = situation.cluster(name)
        files.append(known.file if known is not None and known.file else f"the spec of {name}")
    verb = "is" if len(clusters) == 1 else "are"
    return f"{', '.join(clusters)} {verb} not opted in: write `chaos: {{enabled: true}}` into {', '.join(files)}"


def listed(names: Sequence[str]) -> str:
    """Names in a sentence, the first few."""
    shown = ", ".join(names[:_MANY])
    return shown if len(names) <= _MANY else f"{shown} and {len(names) - _MANY} more"
